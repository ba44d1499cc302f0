import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMaps } from '@coco/ledger';
import { utf8 } from '@coco/primitives';
import { type Cluster, createCluster, request, type TestNode } from './testing/cluster.js';
import { bodyOf, readRequest } from './testing/members.js';

function maps(value: string): Uint8Array {
  return encodeMaps([{ table: 'app.values', puts: [{ key: utf8('k'), value: utf8(value) }], removes: [] }]);
}

let proposals = 0;
function propose(cluster: Cluster, node: TestNode, value: string): number {
  const role = node.worker.findLast((message) => message.type === 'role');
  const view = role?.type === 'role' ? role.view : 0;
  const proposal = ++proposals;
  const publicMaps = new Uint8Array(0);
  cluster.fromWorker(node, {
    type: 'propose',
    proposal,
    view,
    publicMaps,
    privateMaps: maps(value),
    items: 3,
  });
  return proposal;
}

function started(count = 3): Cluster {
  const cluster = createCluster(count);
  cluster.pass(600);
  return cluster;
}

const kinds = (node: TestNode): readonly string[] => node.worker.map(({ type }) => type);

test('the first primary writes the genesis at seqno 1 in view 2 and commits it at a signature (GOV-2)', () => {
  const cluster = started();
  const primary = cluster.primary();
  assert.deepEqual(kinds(primary).slice(0, 3), ['genesis', 'assigned', 'role']);
  for (const node of cluster.nodes) {
    assert.ok(node.replica.commit >= 2, `commit ${node.replica.commit}`);
    assert.equal(node.replica.txStatus({ view: 2, seqno: 1 }), 'Committed');
    assert.deepEqual(node.disk[0], primary.disk[0]);
  }
});

test('the genesis says in which view the service began, however late a primary was agreed on (GOV-2)', () => {
  const cluster = createCluster(3, { settings: { consensus: { preVote: false } } });
  for (const { id } of cluster.nodes) cluster.cut.add(id);
  cluster.pass(600);
  cluster.cut.clear();
  cluster.pass(600);
  const primary = cluster.primary();
  const { view } = primary.replica.status().consensus;
  assert.ok(view > 2);
  assert.equal(primary.replica.txStatus({ view, seqno: 1 }), 'Committed');
  const info = bodyOf(cluster.ask(primary, readRequest('/gov/service/info'), 0));
  assert.equal(info['creationTransactionId'], `${view}.1`);
});

test('a proposal gets its place at once, and backups apply it only when it is committed (TX-3)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const backups = cluster.nodes.filter((node) => node !== primary);
  for (const { id } of backups) cluster.cut.add(id);
  const proposal = propose(cluster, primary, 'a');
  const assigned = primary.worker.at(-1);
  assert.ok(assigned?.type === 'assigned' && assigned.proposal === proposal);
  assert.equal(primary.replica.txStatus(assigned.txId), 'Pending');
  assert.ok(backups.every((node) => !kinds(node).includes('apply')));
  cluster.cut.clear();
  cluster.pass(50);
  for (const node of backups) {
    const applied = node.worker.filter(({ type }) => type === 'apply').at(-1);
    assert.ok(applied?.type === 'apply' && applied.txId.seqno === assigned.txId.seqno);
    assert.deepEqual(applied.privateMaps, maps('a'));
    assert.equal(node.replica.txStatus(assigned.txId), 'Committed');
  }
  assert.ok(!kinds(primary).includes('apply'));
});

test('while the disk is busy batches gather under one signature (TX-2)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const before = primary.disk.length;
  primary.stuck = true;
  for (const value of ['a', 'b', 'c']) propose(cluster, primary, value);
  assert.equal(primary.disk.length, before + 4, 'one signature for the first, none yet for the rest');
  primary.stuck = false;
  cluster.step(primary, {
    type: 'persisted',
    upTo: { view: primary.replica.status().consensus.view, seqno: before + 4 },
  });
  assert.equal(primary.disk.length, before + 5);
  cluster.pass(50);
  assert.equal(
    cluster.nodes.every(({ replica }) => replica.commit === before + 5),
    true,
  );
});

test('a proposal of a former primary is refused, and what it had in flight becomes Invalid', () => {
  const cluster = started();
  const old = cluster.primary();
  cluster.cut.add(old.id);
  propose(cluster, old, 'lost');
  const lost = old.worker.findLast(({ type }) => type === 'assigned');
  assert.ok(lost?.type === 'assigned');
  cluster.pass(800);
  assert.notEqual(cluster.primary(), old);
  propose(cluster, cluster.primary(), 'kept');
  cluster.cut.clear();
  cluster.pass(400);
  assert.equal(old.replica.txStatus(lost.txId), 'Invalid');
  assert.ok(old.worker.some((message) => message.type === 'rollback' && message.seqno < lost.txId.seqno));
  const refused = propose(cluster, old, 'late');
  assert.ok(old.worker.some((message) => message.type === 'refused' && message.proposal === refused));
  assert.deepEqual(
    new Set(cluster.nodes.map(({ ledger }) => Buffer.from(ledger.root()).toString('hex'))).size,
    1,
  );
});

test('a new primary gives its worker everything in its log before it may execute', () => {
  const cluster = started();
  const old = cluster.primary();
  propose(cluster, old, 'first');
  cluster.cut.add(old.id);
  cluster.pass(800);
  const primary = cluster.primary();
  const seen = kinds(primary);
  assert.ok(seen.lastIndexOf('apply') < seen.lastIndexOf('role'), seen.join(' '));
  assert.ok(primary.worker.findLast(({ type }) => type === 'role'));
});

test('a backup forwards and holds the answer until it has committed what the answer depends on (TX-3)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const backup = cluster.nodes.find((node) => node !== primary) as TestNode;
  cluster.step(backup, { type: 'request', token: 77, request: request('write'), nowMs: 1 });
  const local = backup.worker.at(-1);
  assert.ok(local?.type === 'request');
  cluster.fromWorker(backup, { type: 'forward', id: local.id });
  const remote = primary.worker.at(-1);
  assert.ok(remote?.type === 'request' && Buffer.from(remote.request.body).toString() === 'write');
  const txId = { view: 2, seqno: backup.replica.commit + 1 };
  const response = { status: 200, headers: {}, body: utf8('done'), txId };
  cluster.fromWorker(primary, { type: 'response', id: remote.id, response });
  assert.equal(backup.replies.length, 0);
  propose(cluster, primary, 'the write');
  cluster.pass(50);
  assert.deepEqual(backup.replies, [{ token: 77, response }]);
});

test('a request is answered once: without a primary by COCO_REPLICA_NO_PRIMARY, beyond the limit by COCO_REPLICA_BUSY', () => {
  const cluster = createCluster();
  const node = cluster.nodes[0] as TestNode;
  for (const { id } of cluster.nodes) cluster.cut.add(id);
  for (let token = 1; token <= 11; token++) {
    cluster.step(node, { type: 'request', token, request: request('x'), nowMs: 0 });
  }
  assert.match(Buffer.from(node.replies[0]?.response.body ?? []).toString(), /COCO_REPLICA_BUSY/);
  for (const message of node.worker) {
    if (message.type === 'request') cluster.fromWorker(node, { type: 'forward', id: message.id });
  }
  cluster.pass(1200);
  assert.equal(node.replies.length, 11);
  assert.match(Buffer.from(node.replies[1]?.response.body ?? []).toString(), /COCO_REPLICA_NO_PRIMARY/);
});

test('a node restarts from its entries and goes on; the unsigned tail is dropped', () => {
  const cluster = started();
  const primary = cluster.primary();
  for (const value of ['a', 'b']) propose(cluster, primary, value);
  cluster.pass(50);
  const backup = cluster.nodes.find((node) => node !== primary) as TestNode;
  backup.up = false;
  propose(cluster, primary, 'while away');
  cluster.pass(50);
  cluster.restart(backup);
  assert.equal(backup.worker.filter(({ type }) => type === 'apply').length, 2);
  cluster.pass(100);
  assert.equal(backup.replica.commit, primary.replica.commit);
  assert.deepEqual(backup.ledger.root(), primary.ledger.root());
  assert.equal(backup.worker.filter(({ type }) => type === 'apply').length, 3);
});

test('proposals wait when too much is uncommitted, and go on when it is committed', () => {
  const cluster = started();
  const primary = cluster.primary();
  for (const node of cluster.nodes) if (node !== primary) cluster.cut.add(node.id);
  let taken = 0;
  for (let i = 0; i < 60; i++) {
    const proposal = propose(cluster, primary, 'x');
    const last = primary.worker.at(-1);
    if (last?.type !== 'assigned' || last.proposal !== proposal) break;
    taken++;
  }
  assert.ok(taken >= 19 && taken < 60, `${taken} taken`);
  cluster.cut.clear();
  cluster.pass(60);
  const last = primary.worker.findLast(({ type }) => type === 'assigned');
  assert.ok(last?.type === 'assigned' && last.proposal === proposals);
});

test('an entry that does not authenticate is refused at the door, before consensus hears of it (CONF-1)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const backup = cluster.nodes.find((node) => node !== primary) as TestNode;
  cluster.cut.add(backup.id);
  propose(cluster, primary, 'a');
  cluster.cut.clear();
  const honest = primary.disk[primary.disk.length - 2] as Uint8Array;
  const forged = honest.slice();
  forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
  primary.disk[primary.disk.length - 2] = forged;
  const before = backup.replica.status().consensus.last.seqno;
  assert.throws(() => cluster.pass(30), { code: 'COCO_LEDGER_ENTRY_UNAUTHENTIC' });
  assert.equal(backup.replica.status().consensus.last.seqno, before);
});
