import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fromUtf8, utf8 } from '@coco/primitives';
import { createStore } from './store.js';
import type { Reader, Store } from './types.js';

const put = (store: Store, seqno: number, rows: Record<string, string>, table = 't') =>
  store.apply(
    [
      {
        table,
        puts: Object.entries(rows).map(([key, value]) => ({ key: utf8(key), value: utf8(value) })),
        removes: [],
      },
    ],
    seqno,
  );
const text = (reader: Reader, key: string, table = 't') => {
  const value = reader.get(table, utf8(key));
  return value && fromUtf8(value);
};
const keys = (reader: Reader, options = {}, table = 't') =>
  [...reader.range(table, options)].map(({ key }) => fromUtf8(key));

test('write skew, which snapshot isolation allows, is a conflict', () => {
  const store = createStore();
  put(store, 1, { alice: 'on call', bob: 'on call' });
  const first = store.begin();
  const second = store.begin();
  for (const transaction of [first, second]) {
    transaction.get('t', utf8('alice'));
    transaction.get('t', utf8('bob'));
  }
  first.remove('t', utf8('alice'));
  second.remove('t', utf8('bob'));
  assert.equal(store.commit(first, 2).outcome, 'committed');
  assert.deepEqual(store.commit(second, 3), { outcome: 'conflict', table: 't', key: utf8('alice'), by: 2 });
  assert.equal(text(store.read(2), 'bob'), 'on call');
});

test('a phantom, a new row in a range that was read, is a conflict; one outside of it is not', () => {
  const store = createStore();
  put(store, 1, { b1: 'x', b2: 'x', c: 'x' });
  const inside = store.begin();
  const outside = store.begin();
  for (const transaction of [inside, outside]) keys(transaction, { from: utf8('b'), to: utf8('c') });
  inside.put('t', utf8('sum'), utf8('2'));
  outside.put('t', utf8('sum'), utf8('2'));
  put(store, 2, { a: 'new', c: 'changed', c1: 'new' });
  assert.equal(store.check(outside).outcome, 'committed');
  put(store, 3, { b3: 'new' });
  assert.deepEqual(store.commit(inside, 4), { outcome: 'conflict', table: 't', key: utf8('b3'), by: 3 });
});

test('a scan that stops early depends only on what it has passed', () => {
  const store = createStore();
  put(store, 1, { '1': 'x', '3': 'x', '5': 'x' });
  const newest = () => {
    const transaction = store.begin(1);
    assert.deepEqual(keys(transaction, { reverse: true, rowsMax: 1 }), ['5']);
    return transaction;
  };
  put(store, 2, { '4': 'x' });
  assert.equal(store.check(newest()).outcome, 'committed');
  put(store, 3, { '6': 'x' });
  assert.equal(store.check(newest()).outcome, 'conflict');
  const oldest = store.begin(3);
  assert.deepEqual(keys(oldest, { rowsMax: 2 }), ['1', '3']);
  put(store, 4, { '4': 'y' });
  assert.equal(store.check(oldest).outcome, 'committed');
  put(store, 5, { '2': 'x' });
  assert.equal(store.check(oldest).outcome, 'conflict');
});

test('reading a row that is not there conflicts with its arrival', () => {
  const store = createStore();
  const transaction = store.begin();
  assert.equal(transaction.has('t', utf8('k')), false);
  put(store, 1, { k: 'v' });
  assert.equal(store.check(transaction).outcome, 'conflict');
});

test('writes that read nothing never conflict, nor do reads of own writes', () => {
  const store = createStore();
  const transaction = store.begin();
  transaction.put('t', utf8('k'), utf8('mine'));
  assert.equal(text(transaction, 'k'), 'mine');
  put(store, 1, { k: 'theirs' });
  assert.equal(store.commit(transaction, 2).outcome, 'committed');
  assert.equal(text(store.read(2), 'k'), 'mine');
});

test('what was read stays read when the changes made after it are undone', () => {
  const store = createStore();
  const transaction = store.begin();
  const savepoint = transaction.savepoint();
  transaction.get('t', utf8('k'));
  transaction.put('t', utf8('l'), utf8('v'));
  transaction.rollbackTo(savepoint);
  assert.deepEqual(transaction.writeSet(), []);
  put(store, 1, { k: 'v' });
  assert.equal(store.check(transaction).outcome, 'conflict');
});

test('clear removes every row, and conflicts with a row that arrives', () => {
  const store = createStore();
  put(store, 1, { a: '1', b: '2' });
  const transaction = store.begin();
  transaction.put('t', utf8('c'), utf8('3'));
  transaction.clear('t');
  assert.deepEqual(keys(transaction), []);
  assert.deepEqual(transaction.writeSet(), [{ table: 't', puts: [], removes: ['a', 'b', 'c'].map(utf8) }]);
  put(store, 2, { d: '4' });
  assert.equal(store.commit(transaction, 3).outcome, 'conflict');
});

test('a reader sees its version while later versions are written, also in the middle of a scan', () => {
  const store = createStore();
  put(store, 1, { a: '1', c: '1', e: '1' });
  const reader = store.read(1);
  const seen: (string | undefined)[] = [];
  let seqno = 2;
  for (const { key } of reader.range('t')) {
    seen.push(fromUtf8(key));
    put(store, seqno++, { [`b${seqno}`]: 'new', [`d${seqno}`]: 'new' });
    store.apply([{ table: 't', puts: [], removes: [utf8('e')] }], seqno++);
  }
  assert.deepEqual(seen, ['a', 'c', 'e']);
  assert.equal(text(reader, 'e'), '1');
  assert.equal(text(store.read(store.head), 'e'), undefined);
});

test('a scan in a transaction sees changes that lie ahead of it', () => {
  const store = createStore();
  put(store, 1, { a: '1', b: '1', c: '1' });
  const transaction = store.begin();
  const seen: (string | undefined)[] = [];
  for (const { key } of transaction.range('t')) {
    seen.push(fromUtf8(key));
    transaction.remove('t', utf8('b'));
    transaction.put('t', utf8('d'), utf8('own'));
    transaction.put('t', utf8('A'), utf8('behind'));
  }
  assert.deepEqual(seen, ['a', 'c', 'd']);
});

test('only versions between compacted and head can be read (COCO_KV_VERSION)', () => {
  const store = createStore();
  put(store, 3, { k: '3' });
  put(store, 6, { k: '6' });
  store.advance(8);
  const old = store.read(4);
  store.compact(5);
  for (const at of [0, 4, 9, -1, 5.5, Number.NaN]) {
    assert.throws(() => store.read(at), { code: 'COCO_KV_VERSION' }, `${at}`);
    assert.throws(() => store.begin(at), { code: 'COCO_KV_VERSION' }, `${at}`);
  }
  assert.throws(() => text(old, 'k'), { code: 'COCO_KV_VERSION' });
  assert.equal(text(store.read(5), 'k'), '3');
  assert.equal(text(store.read(8), 'k'), '6');
});

test('readers and transactions of a version that was rolled back never read its successor', () => {
  const store = createStore();
  put(store, 1, { k: '1' });
  put(store, 2, { k: '2' });
  const [kept, gone, transaction] = [store.read(1), store.read(2), store.begin(2)];
  const scan = gone.range('t')[Symbol.iterator]();
  scan.next();
  store.rollback(1);
  put(store, 2, { k: 'another 2' });
  assert.equal(text(kept, 'k'), '1');
  assert.throws(() => text(gone, 'k'), { code: 'COCO_KV_VERSION' });
  assert.throws(() => scan.next(), { code: 'COCO_KV_VERSION' });
  assert.throws(() => store.commit(transaction, 3), { code: 'COCO_KV_VERSION' });
  assert.equal(store.head, 2);
});

test('rollback gives back removed rows and takes away new ones', () => {
  const store = createStore();
  put(store, 1, { a: '1', b: '1' });
  const transaction = store.begin();
  transaction.remove('t', utf8('a'));
  transaction.put('t', utf8('c'), utf8('2'));
  transaction.put('u', utf8('x'), utf8('2'));
  store.commit(transaction, 2);
  assert.deepEqual(store.tables(), ['t', 'u']);
  store.rollback(1);
  assert.deepEqual(keys(store.read(1)), ['a', 'b']);
  assert.deepEqual(store.tables(), ['t']);
});

test('names that mean something to JavaScript are ordinary tables and keys', () => {
  const store = createStore();
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const transaction = store.begin();
  for (const name of names) transaction.put(name, utf8(name), utf8(`value of ${name}`));
  store.commit(transaction, 1);
  assert.deepEqual(store.tables(), [...names].sort());
  for (const name of names) assert.equal(text(store.read(1), name, name), `value of ${name}`);
  assert.equal(Object.hasOwn(Object.prototype, 'value of __proto__'), false);
});

test('keys, values and names of tables have limits (COCO_KV_LIMIT, COCO_KV_TABLE)', () => {
  const store = createStore({ keyBytesMax: 4, valueBytesMax: 5, tableNameBytesMax: 6 });
  const transaction = store.begin();
  const key = utf8('1234');
  transaction.put('sixsix', key, utf8('12345'));
  const limited: [string, () => void][] = [
    ['keyBytesMax', () => transaction.put('t', utf8('12345'), key)],
    ['keyBytesMax', () => transaction.remove('t', utf8('12345'))],
    ['valueBytesMax', () => transaction.put('t', key, utf8('123456'))],
    ['tableNameBytesMax', () => transaction.put('seven77', key, key)],
    ['tableNameBytesMax', () => transaction.put('ééé€', key, key)],
  ];
  for (const [limit, act] of limited) {
    assert.throws(act, (error: { code: string; facts: { limit: string } }) => {
      return error.code === 'COCO_KV_LIMIT' && error.facts.limit === limit;
    });
  }
  assert.throws(() => transaction.put('', key, key), { code: 'COCO_KV_TABLE' });
  assert.throws(() => transaction.put('\ud800', key, key), { code: 'COCO_KV_TABLE' });
  assert.equal(transaction.writeSet().length, 1);
});

test('long keys are ordered and found like short ones', () => {
  const store = createStore();
  const long = [0x00, 0x7f, 0x80, 0xff].map((last) => {
    const key = new Uint8Array(5000).fill(0xff);
    key[4999] = last;
    return key;
  });
  const transaction = store.begin();
  for (const key of long.toReversed()) transaction.put('t', key, key);
  store.commit(transaction, 1);
  assert.deepEqual(
    [...store.read(1).range('t')].map(({ key }) => key),
    long,
  );
  for (const key of long) assert.deepEqual(store.read(1).get('t', key), key);
});

test('a transaction is committed once, only to the store that began it', () => {
  const store = createStore();
  const transaction = store.begin();
  transaction.put('t', utf8('k'), utf8('v'));
  assert.throws(() => createStore().commit(transaction, 1), { name: 'AssertionError' });
  store.commit(transaction, 1);
  assert.throws(() => store.commit(transaction, 2), { name: 'AssertionError' });
  assert.throws(() => transaction.put('t', utf8('k'), utf8('w')), { name: 'AssertionError' });
});

test('versions only go up, and compacted ones are not rolled back', () => {
  const store = createStore();
  put(store, 5, { k: 'v' });
  store.compact(5);
  assert.throws(() => put(store, 5, { k: 'w' }), { name: 'AssertionError' });
  assert.throws(() => store.advance(4), { name: 'AssertionError' });
  assert.throws(() => store.rollback(4), { name: 'AssertionError' });
  assert.throws(() => store.compact(6), { name: 'AssertionError' });
});

test('memory does not grow with the number of versions once they are compacted', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const store = createStore();
  const round = (from: number) => {
    for (let seqno = from; seqno < from + 20_000; seqno++) {
      // One hot row, one row that stays for a moment, one that is scanned, in an entry of 4 KB that must not stay.
      const entry = new Uint8Array(4096);
      const puts = [utf8('hot'), utf8(`row ${seqno}`), utf8(`x ${seqno}`)].map((key) => ({
        key,
        value: entry.subarray(0, 64),
      }));
      store.apply([{ table: 't', puts, removes: [`row ${seqno - 1}`, `x ${seqno - 7}`].map(utf8) }], seqno);
      for (const _ of store.read(seqno).range('t', { rowsMax: 1 }));
      if (seqno % 50 === 0) {
        store.rollback(seqno - 1);
        store.advance(seqno);
      }
      store.compact(Math.max(0, seqno - 30));
    }
    collect();
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  };
  round(1);
  const before = round(20_001);
  const grown = round(40_001) - before;
  assert.ok(grown < 2_000_000, `grown by ${grown} bytes`);
  assert.ok([...store.read(store.head).range('t')].length < 3000);
});
