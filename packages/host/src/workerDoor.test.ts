/**
 * ARC-3: the manager checks every message of the worker: whether it was asked, whether the writes are the worker's to
 * make, and whether every other node could take them over.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromWorker, ToWorker } from '@coco/adapter';
import type { TableChanges } from '@coco/kv';
import { decodeMaps, encodeMaps } from '@coco/ledger';
import { ByteWriter, concatBytes, seededRandom, utf8 } from '@coco/primitives';
import { createWorkerDoor, type WorkerDoor } from './workerDoor.js';

const none = new Uint8Array(0);
const itemsMax = 10;
const open = (): WorkerDoor => createWorkerDoor(itemsMax, () => 0);

const request = (id: number): ToWorker => ({
  type: 'request',
  id,
  request: { method: 'GET', path: '/', query: '', headers: {}, body: none, caller: { kind: 'anonymous' } },
  nowMs: 0,
});
const response = (id: number, more: object = {}): FromWorker => ({
  type: 'response',
  id,
  response: { status: 200, headers: {}, body: none, ...more },
});
type Proposal = Extract<FromWorker, { readonly type: 'propose' }>;
const proposal = (more: Partial<Proposal> = {}): Proposal => ({
  type: 'propose',
  proposal: 1,
  view: 2,
  items: 1,
  publicMaps: none,
  privateMaps: none,
  ...more,
});
const table = (name: string, ...keys: readonly string[]): TableChanges => ({
  table: name,
  puts: keys.map((key) => ({ key: utf8(key), value: utf8('v') })),
  removes: [],
});

const assigned = (number: number, seqno = 5): ToWorker => ({
  type: 'assigned',
  proposal: number,
  txId: { view: 2, seqno },
});

function refuses(door: WorkerDoor, message: FromWorker, what: RegExp): void {
  assert.throws(() => door.admits(message), { code: 'COCO_HOST_WORKER_PROTOCOL', message: what });
}

test('what was asked is answered once, and nothing else is answered', () => {
  const door = open();
  refuses(door, response(1), /not asked/);
  refuses(door, { type: 'forward', id: 1 }, /not asked/);
  door.told(request(1));
  door.told(request(2));
  assert.ok(door.admits(response(2)));
  assert.ok(door.admits({ type: 'forward', id: 1 }));
  // A backup's worker that forwards again and again would have a client's transaction executed again and again.
  refuses(door, { type: 'forward', id: 1 }, /not asked/);
  refuses(door, response(2), /not asked/);
  door.told(request(1));
  assert.ok(door.admits(response(1)));
});

test('an answer names a transaction of this worker, or none', () => {
  const door = open();
  for (const id of [1, 2, 3]) door.told(request(id));
  refuses(door, response(1, { txId: { view: 2, seqno: 5 } }), /did not make/);
  door.told(assigned(1, 5));
  assert.ok(door.admits(response(2, { txId: { view: 2, seqno: 5 } })));
  refuses(door, response(3, { txId: { view: 3, seqno: 5 } }), /did not make/);
});

test('an answer does not speak for the node, and does not say where it ends', () => {
  for (const name of ['x-ms-ccf-transaction-id', 'transfer-encoding', 'content-length', 'connection']) {
    const door = open();
    door.told(request(1));
    refuses(door, response(1, { headers: { [name]: '1' } }), RegExp(name));
  }
});

test('one proposal waits at a time, under a number of its own, with no more transactions than a batch has', () => {
  const door = open();
  assert.ok(door.admits(proposal({ proposal: 4, items: itemsMax })));
  refuses(door, proposal({ proposal: 5 }), /another proposal waited/);
  door.told(assigned(4));
  refuses(door, proposal({ proposal: 4 }), /a number that it had used/);
  refuses(door, proposal({ proposal: 5, items: itemsMax + 1 }), /more transactions/);
  refuses(door, proposal({ proposal: 5, items: 0 }), /more transactions/);
  assert.ok(door.admits(proposal({ proposal: 5 })));
  door.told({ type: 'refused', proposal: 5, retry: true });
  assert.ok(door.admits(proposal({ proposal: 6 })));
});

test('the genesis is proposed when it is asked for', () => {
  const door = open();
  refuses(door, proposal({ proposal: 0, items: 0 }), /number/);
  door.told({ type: 'genesis', proposal: 0, genesis: {}, nowMs: 0 });
  refuses(door, proposal({ proposal: 0, items: 3 }), /the genesis/);
  assert.ok(door.admits(proposal({ proposal: 0, items: 0 })));
  door.told(assigned(0));
  refuses(door, proposal({ proposal: 0, items: 0 }), /number/);
});

test('a worker writes application tables, each in its domain', () => {
  const publicMaps = (name: string): Proposal => proposal({ publicMaps: encodeMaps([table(name, 'k')]) });
  const privateMaps = (name: string): Proposal => proposal({ privateMaps: encodeMaps([table(name, 'k')]) });
  assert.ok(open().admits(publicMaps('public:eth.blocks')));
  assert.ok(open().admits(privateMaps('eth.accounts')));
  const governed = [
    'public:ccf.gov.members.certs',
    'public:ccf.internal.signatures',
    'public:coco.nodes.leases',
  ];
  for (const name of governed) refuses(open(), publicMaps(name), /governance/);
  for (const name of ['ccf.internal.secrets', 'coco.x']) refuses(open(), privateMaps(name), /governance/);
  for (const name of governed) refuses(open(), privateMaps(name), /wrong domain/);
  refuses(open(), publicMaps('eth.accounts'), /wrong domain/);
});

test('what no other node could take over does not get into the ledger', () => {
  const encoded = (one: TableChanges): Uint8Array => encodeMaps([one]);
  const a = encoded(table('a', 'k'));
  const bad: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['bytes that are no domain', utf8('anything at all'), /malformed/],
    ['a domain that is cut short', a.subarray(0, a.length - 1), /malformed/],
    ['a table twice', concatBytes(a, a), /ascend by name/],
    ['tables in another order', concatBytes(encoded(table('b', 'k')), a), /ascend by name/],
    ['a long name', encoded(table('x'.repeat(257), 'k')), /name of a table/],
    ['a long key', encoded(table('a', 'k'.repeat(8193))), /too long/],
    ['rows in another order', swapped(encoded(table('a', 'k', 'l'))), /rows do not ascend/],
    ['a row twice', doubled(encoded(table('a', 'k', 'l'))), /rows do not ascend/],
    ['a row set and removed', setAndRemoved(), /set and removed/],
    ['an empty table', emptyTable(), /without writing/],
    ['what was read besides', withRead(), /more than rows/],
  ];
  for (const [what, privateMaps, expected] of bad)
    assert.throws(() => open().admits(proposal({ privateMaps })), { message: expected }, what);
});

test('whatever stands in place of a domain, it is taken over or refused with a code', () => {
  const random = seededRandom(5);
  const domain = encodeMaps([table('a', 'k', 'l'), table('b', 'm')]);
  let admitted = 0;
  for (let i = 0; i < 20_000; i++) {
    const privateMaps = i % 4 === 0 ? new Uint8Array(random.integer(200)) : domain.slice();
    const changes = i % 4 === 0 ? privateMaps.length : 1 + random.integer(3);
    for (let change = 0; change < changes; change++)
      if (privateMaps.length > 0) privateMaps[random.integer(privateMaps.length)] = random.integer(256);
    try {
      admitted += open().admits(proposal({ privateMaps })) ? 1 : 0;
    } catch (error) {
      assert.equal((error as { readonly code?: string }).code, 'COCO_HOST_WORKER_PROTOCOL', String(error));
      continue;
    }
    // It holds these rows and nothing else; a version that was read, which every table names, means nothing to anybody.
    const again = encodeMaps(decodeMaps(privateMaps));
    assert.equal(again.length, privateMaps.length);
  }
  assert.ok(admitted > 100);
});

const swapped = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => (byte === 107 ? 109 : byte));
const doubled = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => (byte === 107 ? 108 : byte));
const setAndRemoved = (): Uint8Array =>
  encodeMaps([{ table: 'a', puts: [{ key: utf8('k'), value: none }], removes: [utf8('k')] }]);
const emptyTable = (): Uint8Array => new ByteWriter().sized64(utf8('a')).u64(0).u64(0).u64(0).u64(0).finish();
const withRead = (): Uint8Array =>
  new ByteWriter()
    .sized64(utf8('a'))
    .u64(0)
    .u64(1)
    .sized64(utf8('r'))
    .u64(0)
    .u64(1)
    .sized64(utf8('k'))
    .sized64(utf8('v'))
    .u64(0)
    .finish();

test('parts of a snapshot come as they are asked for', () => {
  const door = open();
  const part = (last: boolean): FromWorker => ({
    type: 'snapshotPart',
    id: 7,
    publicTables: none,
    privateTables: none,
    last,
  });
  refuses(door, part(false), /nobody had asked/);
  refuses(door, { type: 'snapshotFailed', id: 7, reason: '' }, /nobody had asked/);
  door.told({ type: 'snapshot', id: 7, seqno: 3 });
  assert.ok(door.admits(part(false)));
  refuses(door, part(false), /nobody had asked/);
  door.told({ type: 'snapshotNext', id: 7 });
  assert.ok(door.admits(part(true)));
  refuses(door, part(true), /nobody had asked/);
});

test('nobody reads more troubles than a few every second', () => {
  let nowMs = 0;
  const door = createWorkerDoor(itemsMax, () => nowMs);
  const tell = (count: number): number =>
    Array.from({ length: count }, () => door.admits({ type: 'trouble', message: 'x' })).filter(Boolean)
      .length;
  assert.equal(tell(10_000), 50);
  nowMs += 1000;
  assert.equal(tell(10_000), 5);
});
