/**
 * ARC-3: the manager checks of every message of the worker whether it was asked for, and whether the worker may say it then.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromWorker, ToWorker } from '@coco/adapter';
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

test('only what the worker was given can it have executed again, and once', () => {
  const door = open();
  const found = (view: number, seqno: number): FromWorker => ({
    type: 'reexecuted',
    txId: { view, seqno },
    outcome: 'equal',
  });
  refuses(door, found(2, 5), /executing again what it was not given/);
  door.told({ type: 'apply', txId: { view: 2, seqno: 5 }, publicMaps: none, privateMaps: none });
  refuses(door, found(3, 5), /executing again what it was not given/);
  assert.ok(door.admits(found(2, 5)));
  refuses(door, found(2, 5), /or twice/);
});
