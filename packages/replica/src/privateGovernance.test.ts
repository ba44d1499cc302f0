import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDataRow } from '@coco/governance';
import { encodeMaps, firstTable, openSnapshot, snapshotFile } from '@coco/ledger';
import { fromUtf8, utf8 } from '@coco/primitives';
import { assertEqual, backupOf, memberOf, started } from './deciding.test.js';
import { divideMaps } from './dividedMaps.js';
import { restoreSnapshot } from './restoreSnapshot.js';
import type { Cluster, TestNode } from './testing/cluster.js';
import { addNodeAction, ballotRequest, bodyOf, proposalRequest } from './testing/members.js';
import { tupleOf } from './testing/service.js';

const changes = (table: string) => ({ table, puts: [{ key: utf8('k'), value: utf8('v') }], removes: [] });
const nothing = new Uint8Array(0);

test('ARC-3: private tables of governance are the manager’s, all other private tables the worker’s', () => {
  const own = divideMaps({
    publicMaps: encodeMaps([changes('public:coco.settings')]),
    privateMaps: encodeMaps([changes('coco.data')]),
  });
  assert.deepEqual(
    own.governance.map(({ table }) => table),
    ['coco.data', 'public:coco.settings'],
  );
  assert.deepEqual(own.application, { publicMaps: nothing, privateMaps: nothing });
  const maps = encodeMaps([changes('accounts'), changes('codes')]);
  const others = divideMaps({ publicMaps: nothing, privateMaps: maps });
  assert.deepEqual(others.governance, []);
  assert.equal(others.application.privateMaps, maps, 'passed on as it came');
  assert.equal(firstTable(maps), 'accounts');
  assert.throws(() => firstTable(maps.subarray(0, 10)), { code: 'COCO_LEDGER_MAPS_MALFORMED' });
});

const digest = 'd1'.repeat(32);

function snapshotOf(cluster: Cluster): Uint8Array {
  cluster.step(cluster.primary(), { type: 'makeSnapshot' });
  cluster.pass(300);
  const made = [...cluster.primary().snapshots.values()].at(-1);
  assert.ok(made?.receipt !== undefined);
  return snapshotFile(made.bytes, made.receipt);
}

/** A node of the first member, which takes part when this returns. */
function joined(cluster: Cluster): TestNode {
  const file = snapshotOf(cluster);
  const [first, second] = [memberOf(cluster, 0), memberOf(cluster, 1)];
  const identity = cluster.newIdentity();
  const made = cluster.ask(
    cluster.primary(),
    proposalRequest(first, [addNodeAction(first, tupleOf(identity))]),
  );
  for (const member of [first, second]) {
    cluster.ask(cluster.primary(), ballotRequest(member, String(bodyOf(made).proposalId)));
  }
  const node = cluster.join(identity, file);
  assert.equal(cluster.admit(cluster.primary(), identity), 200);
  cluster.pass(140);
  return node;
}

function ask(cluster: Cluster, through: TestNode, from: TestNode, what: string, more: object) {
  return cluster.ask(through, {
    method: 'POST',
    path: `/gov/coco/data:${what}`,
    query: '',
    headers: {},
    body: utf8(JSON.stringify({ digest, ...more })),
    caller: { kind: 'node', id: from.id },
  });
}

test('CONF-6: what a node records is sealed in the ledger, and survives restart and snapshot on all nodes', () => {
  const cluster = started();
  const node = joined(cluster);
  const { id: by } = memberOf(cluster, 0);
  const answer = ask(cluster, backupOf(cluster), node, 'record', { parties: [by], by, size: 7 });
  assert.equal(answer?.status, 200, fromUtf8(answer?.body ?? nothing));
  cluster.pass(100);
  assertEqual(cluster.nodes);
  const { disk, ledger } = cluster.primary();
  const at = disk.findIndex((bytes) => firstTable(ledger.open(bytes).privateMaps) === 'coco.data');
  const bytes = Buffer.from(disk[at] ?? nothing);
  assert.ok(bytes.length > 0 && !bytes.includes(digest) && !bytes.includes(by), 'in clear nowhere');
  for (const { worker } of cluster.nodes) {
    const told = worker.filter((message) => message.type === 'apply' && message.txId.seqno === at + 1);
    assert.deepEqual(told, [], 'the worker has no part in it');
  }
  for (const one of cluster.nodes) cluster.restart(one);
  cluster.pass(600);
  const found = ask(cluster, cluster.primary(), node, 'find', {});
  assert.equal(bodyOf(found).recorded, true);
  const opened = openSnapshot(snapshotOf(cluster), {
    secrets: [{ fromSeqno: 1, key: new Uint8Array(32).fill(9) }],
  });
  const { governanceStore, restore } = restoreSnapshot(opened);
  assert.equal(readDataRow(governanceStore.read(governanceStore.head), digest)?.size, 7);
  for (const message of restore) {
    if (message.type === 'restore') assert.ok(!Buffer.from(message.tables).includes('coco.data'));
  }
});
