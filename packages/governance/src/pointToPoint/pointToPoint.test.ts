import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '@coco/adapter';
import { utf8 } from '@coco/primitives';
import { readNetwork } from '../network.js';
import { governanceTables } from '../tables.js';
import { createWorld, type World } from '../testing/world.js';
import { dataEnd, dataNodes, isDataParty } from './dataAccess.js';
import { type DataRow, dataBytesMax, dataDigest, dataRows, parseDataFields, readDataRow } from './dataRow.js';

const digest = 'd1'.repeat(32);
const missing = 'd2'.repeat(32);

/** The node of the first member, and parties: that member and the participant. */
function worldOf() {
  const world = createWorld();
  const [first, second] = world.members;
  const by = first?.id ?? '';
  const parties = [by, world.participant.id].toSorted();
  const caller: Caller = { kind: 'node', id: world.node.key.publicKey.fingerprint };
  const send = (what: string, body: unknown, from: Caller = caller) =>
    world.send({
      method: 'POST',
      path: `/gov/coco/data:${what}`,
      query: '',
      body: utf8(JSON.stringify(body)),
      caller: from,
    });
  const row = { digest, parties, by, size: 5 };
  return { world, by, parties, caller, send, row, stranger: second?.id ?? '' };
}

const read = (world: World): DataRow | undefined => readDataRow(world.store.read(world.store.head), digest);

test('CONF-6: a node of a party has it recorded, in a private table, and it stays when it is purged', () => {
  const { world, by, parties, send, row } = worldOf();
  assert.equal(governanceTables.pointToPoint.startsWith('public:'), false);
  assert.deepEqual(send('find', { digest }).json, { digest, recorded: false });
  const recorded = send('record', { ...row, expires_at: world.nowMs + 1000, expires_at_seqno: 99 });
  assert.deepEqual([recorded.status, recorded.writes], [200, true]);
  const expected = {
    parties,
    by,
    size: 5,
    recordedAtMs: world.nowMs,
    expiresAtMs: world.nowMs + 1000,
    expiresAtSeqno: 99,
  };
  assert.deepEqual(read(world), expected);
  assert.deepEqual([...dataRows(world.store.read(world.store.head))], [[digest, expected]]);
  assert.deepEqual(send('find', { digest }).json, { digest, recorded: true });
  assert.equal(send('record', row).status, 409, 'once');
  assert.equal(send('purge', { digest, by: world.participant.id }).status, 200);
  const purged = { by: world.participant.id, atMs: world.nowMs };
  assert.deepEqual(read(world), { ...expected, purged });
  assert.deepEqual(
    [send('purge', { digest, by }).status, send('purge', { digest, by }).writes],
    [200, false],
  );
});

test('CONF-6: nobody but a node of a party that takes part writes or learns anything', () => {
  const { world, by, send, row, stranger } = worldOf();
  const others: readonly Caller[] = [
    { kind: 'member', id: by },
    { kind: 'participant', id: world.participant.id },
    { kind: 'anonymous' },
    { kind: 'node', id: 'ab'.repeat(32) },
  ];
  for (const from of others) {
    for (const what of ['record', 'purge', 'find']) assert.equal(send(what, row, from).status, 403);
  }
  const foreign = { ...row, parties: [stranger, world.participant.id].toSorted(), by: stranger };
  assert.equal(send('record', foreign).status, 403, 'the node is of no party');
  assert.equal(send('record', row).status, 200);
  assert.equal(send('purge', { digest, by: stranger }).status, 404);
  assert.equal(send('purge', { digest: missing, by }).status, 404);
  assert.equal(read(world)?.purged, undefined);
  // A row between others, as far as this node goes.
  const transaction = world.store.begin();
  const value = { version: 1, ...foreign, recorded_at: 1 };
  transaction.put(governanceTables.pointToPoint, utf8(missing), utf8(JSON.stringify(value)));
  world.store.commit(transaction, world.store.head + 1);
  assert.deepEqual(send('find', { digest: missing }).json, { digest: missing, recorded: false });
  assert.equal(
    send('purge', { digest: missing, by: stranger }).text,
    send('purge', { digest: 'd3'.repeat(32), by: stranger }).text,
  );
});

test('requests that are over a limit, malformed, or would have expired already change nothing', () => {
  const { world, by, send, row, parties } = worldOf();
  const wrong: readonly unknown[] = [
    null,
    [],
    { ...row, digest: digest.toUpperCase() },
    { ...row, digest: 'd1' },
    { ...row, parties: [] },
    { ...row, parties: parties.toReversed() },
    { ...row, parties: [by, by] },
    { ...row, parties: [...parties, 'ff'.repeat(32)] },
    { ...row, by: 'ff'.repeat(32) },
    { ...row, size: dataBytesMax + 1 },
    { ...row, size: -1 },
    { ...row, size: '5' },
    { ...row, expires_at: 'tomorrow' },
    { ...row, expires_at: world.nowMs },
    { ...row, expires_at_seqno: 1 },
  ];
  for (const body of wrong) assert.equal(send('record', body).status, 400, JSON.stringify(body));
  assert.equal(send('record', { ...row, more: 'x'.repeat(20_000) }).status, 413);
  assert.equal(read(world), undefined);
  const many = Array.from({ length: 65 }, (_, at) => at.toString(16).padStart(64, '0'));
  assert.equal(parseDataFields({ parties: many, by: many[0], size: 1 }), undefined);
  assert.notEqual(parseDataFields({ parties: many.slice(1), by: many[1], size: 1 }), undefined);
});

test('CONF-6: the digest does not show whether a guess is right, nor that the same was sent twice', () => {
  const body = utf8('price: 42');
  const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  assert.notEqual(dataDigest(one, body), dataDigest(other, body));
  assert.equal(dataDigest(one, body), dataDigest(one, body));
  assert.throws(() => dataDigest(one.subarray(1), body));
});

test('CONF-6: it is for the parties and for their nodes that take part, until it ends', () => {
  const { world, parties, by, stranger } = worldOf();
  const row: DataRow = { parties, by, size: 1, recordedAtMs: 1 };
  assert.ok(isDataParty(row, { kind: 'member', id: by }));
  assert.ok(!isDataParty(row, { kind: 'member', id: stranger }));
  assert.ok(!isDataParty(row, { kind: 'node', id: by }));
  assert.ok(!isDataParty(row, { kind: 'anonymous' }));
  const network = readNetwork(world.store.read(world.store.head));
  assert.equal(dataNodes(network, row).length, 1);
  assert.equal(dataNodes(network, { parties: [stranger] }).length, 0);
  const out = { nodes: network.nodes.map((node) => ({ ...node, status: 'Retired' as const })) };
  assert.equal(dataNodes(out, row).length, 0);
  const at = (nowMs: number, committed: number) => ({ nowMs, committed });
  assert.equal(dataEnd(row, at(Number.MAX_SAFE_INTEGER, 1e9)), undefined);
  assert.equal(dataEnd({ ...row, expiresAtMs: 10 }, at(9, 1)), undefined);
  assert.equal(dataEnd({ ...row, expiresAtMs: 10 }, at(10, 1)), 'expired');
  assert.equal(dataEnd({ ...row, expiresAtSeqno: 7 }, at(1, 6)), undefined);
  assert.equal(dataEnd({ ...row, expiresAtSeqno: 7, expiresAtMs: 10 }, at(1, 7)), 'expired');
  assert.equal(dataEnd({ ...row, purged: { by, atMs: 1 } }, at(1, 1)), 'purged');
});
