import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from '@coco/kv';
import { concatBytes, fromUtf8, utf8 } from '@coco/primitives';
import { decodePartyRecord, encodePartyRecord, partiesMax, recordBodyBytesMax } from './partyRecordRow.js';
import { type PartyRecordsOptions, partyRecords, partyRecordsReader } from './partyRecords.js';
import type { Caller } from './types.js';

const id = (digits: string): string => digits.repeat(32);
const member = (digits: string): Caller => ({ kind: 'member', id: id(digits) });
const participant = (digits: string): Caller => ({ kind: 'participant', id: id(digits) });
const [buyer, seller, stranger] = [member('0a'), participant('0b'), member('0c')];
const parties = [id('0b'), id('0a')];
const key = utf8('order/7');
const body = utf8('price: 42');

function records(options?: PartyRecordsOptions) {
  const store = createStore();
  const transaction = store.begin();
  return { store, transaction, records: partyRecords(transaction, 'orders', options) };
}

test('CONF-5: a record is for its parties, and for all others as if it were not there', () => {
  const { records: orders } = records();
  orders.put(key, body, { parties });
  for (const caller of [buyer, seller]) {
    assert.deepEqual(orders.get(key, caller), { key, body, parties: [id('0a'), id('0b')] });
  }
  const others: readonly Caller[] = [
    stranger,
    participant('0c'),
    { kind: 'anonymous' },
    // The id of a party, but none that an actor has shown.
    { kind: 'node', id: id('0a') },
  ];
  for (const caller of others) {
    assert.equal(orders.get(key, caller), undefined);
    assert.equal(orders.get(utf8('order/8'), caller), undefined);
    assert.equal(orders.remove(key, caller), orders.remove(utf8('order/8'), caller));
    assert.equal(orders.addParties(key, [id('0c')], caller), false);
    assert.deepEqual(orders.list({}, caller), []);
  }
  assert.notEqual(orders.get(key, buyer), undefined, 'nothing of that changed it');
});

test('CONF-5: a list has what its reader may read, in order, and as much of it as was asked for', () => {
  const { store, transaction, records: orders } = records();
  for (let at = 0; at < 10; at++) {
    orders.put(utf8(`order/${at}`), utf8(String(at)), { parties: [at % 2 === 0 ? id('0a') : id('0b')] });
  }
  store.commit(transaction, 1);
  const reader = partyRecordsReader(store.read(1), 'orders');
  const listed = (range: Parameters<typeof reader.list>[0], caller: Caller): string =>
    reader
      .list(range, caller)
      .map((record) => fromUtf8(record.body))
      .join();
  assert.equal(listed({}, buyer), '0,2,4,6,8');
  assert.equal(listed({ rowsMax: 2 }, seller), '1,3');
  assert.equal(listed({ from: utf8('order/3'), to: utf8('order/8') }, buyer), '4,6');
  assert.equal(listed({ reverse: true, rowsMax: 2 }, buyer), '8,6');
  assert.equal(listed({}, stranger), '');
});

test('CONF-5: policies are expressible per party, by role, and by code of the adapter', () => {
  const asked: string[] = [];
  const { records: orders } = records({
    predicates: {
      customs: (caller, record) => {
        asked.push(caller.id);
        return caller.id === id('0d') && fromUtf8(record.body) === 'price: 42';
      },
    },
  });
  const may = (caller: Caller): boolean => orders.get(key, caller) !== undefined;
  orders.put(key, body, { parties, policy: { read: ['party', 'member'] } });
  assert.ok(may(seller) && may(stranger) && !may(participant('0c')));
  assert.ok(!orders.remove(key, stranger), 'who may read may not remove');
  orders.put(key, body, { parties, policy: { read: ['participant'], remove: [] } });
  assert.ok(may(participant('0c')) && !may(buyer), 'parties have what the policy gives them, and no more');
  assert.ok(!orders.remove(key, buyer) && !orders.remove(key, seller), 'no rule lets nobody');
  orders.put(key, body, { parties, policy: { read: [{ predicate: 'customs' }] } });
  assert.ok(may(participant('0d')) && !may(participant('0e')) && !may({ kind: 'node', id: id('0d') }));
  assert.deepEqual(asked, [id('0d'), id('0e')], 'who is no actor is not even asked about');
  for (const predicate of ['unknown', 'constructor', '__proto__']) {
    orders.put(key, body, { parties, policy: { read: [{ predicate }] } });
    assert.ok(!may(buyer), 'a predicate that is not there lets nobody');
  }
});

test('CONF-5: parties can be added by whom the record lets, and a record removed', () => {
  const { records: orders } = records();
  orders.put(key, body, { parties });
  assert.ok(orders.addParties(key, [id('0c'), id('0a')], seller));
  assert.deepEqual(orders.get(key, stranger)?.parties, [id('0a'), id('0b'), id('0c')]);
  assert.ok(orders.remove(key, stranger));
  assert.equal(orders.get(key, buyer), undefined);
  assert.ok(!orders.remove(key, buyer));
});

test('what is over a limit, or names nobody, is not written', () => {
  const { transaction, records: orders } = records();
  const ids = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => at.toString(16).padStart(64, '0'));
  const refused = { code: 'COCO_ADAPTER_PARTIES' };
  const wrong: readonly (readonly string[])[] = [[], ids(partiesMax + 1), ['ab'], [id('0A')], [id('zz')]];
  for (const bad of wrong) assert.throws(() => orders.put(key, body, { parties: bad }), refused);
  const tooLong = new Uint8Array(recordBodyBytesMax + 1);
  assert.throws(() => orders.put(key, tooLong, { parties }), refused);
  const manyRules = Array.from({ length: 17 }, () => 'party' as const);
  assert.throws(() => orders.put(key, body, { parties, policy: { read: manyRules } }), refused);
  assert.throws(
    () => orders.put(key, body, { parties, policy: { read: [{ predicate: 'two words' }] } }),
    refused,
  );
  assert.deepEqual(transaction.writeSet(), []);
  orders.put(key, body, { parties: ids(partiesMax) });
  assert.throws(() => orders.addParties(key, [id('0c')], { kind: 'member', id: ids(1)[0] ?? '' }), refused);
  assert.throws(() => partyRecords(transaction, 'public:orders'));
});

test('a row that is not exactly a record is nobody’s', () => {
  const policy = { read: ['party'], share: [], remove: [{ predicate: 'p' }] } as const;
  const row = encodePartyRecord({ parties, policy, body: new Uint8Array(0) });
  assert.deepEqual(decodePartyRecord(row), {
    parties: [id('0a'), id('0b')],
    policy,
    body: new Uint8Array(0),
  });
  for (let length = 0; length < row.length; length++) {
    assert.equal(decodePartyRecord(row.subarray(0, length)), undefined, `cut off after ${length}`);
  }
  const changed = (at: number, value: number): Uint8Array => {
    const copy = row.slice();
    copy[at] = value;
    return copy;
  };
  const wrong = [
    changed(0, 2),
    changed(1, 0),
    changed(1, 65),
    changed(2, 0xff),
    changed(66, 17),
    changed(67, 4),
  ];
  for (const bytes of wrong) assert.equal(decodePartyRecord(bytes), undefined);
  assert.equal(decodePartyRecord(concatBytes(row, utf8('more')))?.body.length, 4);
});
