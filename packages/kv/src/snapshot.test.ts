import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8, utf8 } from '@coco/primitives';
import { restoreStore } from './restore.js';
import { createStore } from './store.js';
import type { Store, StoreSnapshot, VersionedRow } from './types.js';

const row = (key: string, value: string) => ({ key: utf8(key), value: utf8(value) });
const text = ({ table, key, value, seqno }: VersionedRow) =>
  `${table}/${fromUtf8(key)}=${fromUtf8(value)}@${seqno}`;

function put(store: Store, table: string, ...rows: ReturnType<typeof row>[]): void {
  store.apply([{ table, puts: rows, removes: [] }], store.head + 1);
}

function all(snapshot: StoreSnapshot, rowsMax = 2): string[] {
  const rows: string[] = [];
  for (let part = snapshot.next(rowsMax); part !== undefined; part = snapshot.next(rowsMax)) {
    assert.ok(part.length <= rowsMax);
    rows.push(...part.map(text));
  }
  return rows;
}

test('a snapshot gives every row of its version with its writer, whatever is written and compacted meanwhile', () => {
  const store = createStore();
  put(store, 'b', row('z', '1'), row('y', '1'));
  put(store, 'a', row('k', '2'));
  put(store, 'b', row('y', '3'), row('x', '3'));
  const snapshot = store.snapshot(3);
  assert.deepEqual(snapshot.next(1)?.map(text), []);
  put(store, 'a', row('j', '4'), row('k', '4'));
  store.apply([{ table: 'b', puts: [], removes: [utf8('x'), utf8('z')] }], 5);
  store.compact(5);
  assert.equal(store.compacted, 3);
  assert.deepEqual(all(snapshot), ['a/k=2@2', 'b/x=3@3', 'b/y=3@3', 'b/z=1@1']);
  assert.equal(store.compacted, 5);
  assert.throws(() => snapshot.next(1), { code: 'COCO_KV_VERSION' });
});

test('two snapshots hold the older of their versions, and letting go of one twice changes nothing', () => {
  const store = createStore();
  for (let i = 1; i <= 4; i++) put(store, 'a', row('k', String(i)));
  const [first, second] = [store.snapshot(1), store.snapshot(2)];
  store.compact(4);
  assert.equal(store.compacted, 1);
  first.end();
  first.end();
  assert.equal(store.compacted, 2);
  assert.deepEqual(all(second), ['a/k=2@2']);
  assert.equal(store.compacted, 4);
  assert.throws(() => store.snapshot(3), { code: 'COCO_KV_VERSION' });
});

test('a part ends with the row that makes it too long', () => {
  const store = createStore();
  put(store, 'a', row('a', 'x'.repeat(100)), row('b', 'x'), row('c', 'x'));
  const [...scanned] = store.read(1).range('a');
  assert.equal(scanned.length, 3);
  const snapshot = store.snapshot(1);
  const sizes = [snapshot.next(9, 50), snapshot.next(9, 50), snapshot.next(9, 50)];
  assert.deepEqual(
    sizes.map((part) => part?.length),
    [1, 2, undefined],
  );
});

test('what a snapshot holds is checked against the limits of the store that it becomes', () => {
  const restore = restoreStore({ keyBytesMax: 2 });
  assert.throws(() => restore.add([{ table: 'a', ...row('abc', ''), seqno: 1 }]), { code: 'COCO_KV_LIMIT' });
  assert.throws(() => restore.add([{ table: '', ...row('a', ''), seqno: 1 }]), { code: 'COCO_KV_TABLE' });
});

test('a restored store shares no memory with the rows that it was made of', () => {
  const value = utf8('value');
  const restore = restoreStore();
  restore.add([{ table: 'a', key: utf8('k'), value, seqno: 3 }]);
  value.fill(0);
  const store = restore.finish(7);
  assert.equal(fromUtf8(store.read(7).get('a', utf8('k')) ?? value), 'value');
  assert.throws(() => store.read(6), { code: 'COCO_KV_VERSION' });
  const transaction = store.begin();
  assert.equal(transaction.get('a', utf8('k'))?.length, 5);
  transaction.put('a', utf8('k'), utf8('w'));
  assert.equal(store.commit(transaction, 8).outcome, 'committed');
});
