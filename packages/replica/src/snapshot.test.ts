import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionedRow } from '@coco/kv';
import { describeEntry, encodeMaps, encodeSnapshotTables, snapshotFile, verifySnapshot } from '@coco/ledger';
import { fromUtf8, utf8 } from '@coco/primitives';
import {
  type Cluster,
  type ClusterOptions,
  createCluster,
  type TestNode,
  type TestSnapshot,
} from './testing/cluster.js';
import { addNodeAction, ballotRequest, bodyOf, proposalRequest, type TestMember } from './testing/members.js';
import { tupleOf } from './testing/service.js';

function started(options: ClusterOptions = {}): Cluster {
  const cluster = createCluster(3, options);
  cluster.pass(600);
  return cluster;
}

let proposals = 1000;

/** The worker of the primary writes a row, in clear or not. */
function write(cluster: Cluster, key: string, value: string): void {
  const primary = cluster.primary();
  const role = primary.worker.findLast((message) => message.type === 'role');
  const view = role?.type === 'role' ? role.view : 0;
  const encode = (table: string): Uint8Array =>
    encodeMaps([{ table, puts: [{ key: utf8(key), value: utf8(value) }], removes: [] }]);
  const maps = { publicMaps: encode('public:app.keys'), privateMaps: encode('app.values') };
  cluster.fromWorker(primary, { type: 'propose', proposal: ++proposals, view, ...maps, items: 1 });
  cluster.pass(20);
}

function fill(cluster: Cluster, from: number, to: number): void {
  for (let i = from; i < to; i++) write(cluster, `k${i}`, `v${i}`);
}

function makeSnapshot(cluster: Cluster): { readonly seqno: number; readonly snapshot: TestSnapshot } {
  const primary = cluster.primary();
  cluster.step(primary, { type: 'makeSnapshot' });
  cluster.pass(300);
  const [seqno, snapshot] = [...primary.snapshots].at(-1) ?? [];
  assert.ok(seqno !== undefined && snapshot?.receipt !== undefined, primary.replica.status().snapshotTrouble);
  return { seqno, snapshot };
}

const fileOf = ({ bytes, receipt }: TestSnapshot): Uint8Array => {
  assert.ok(receipt !== undefined, 'the snapshot has its receipt');
  return snapshotFile(bytes, receipt);
};

/** A new node, by vote, from a snapshot; a member of the network when this returns. */
function join(cluster: Cluster, file: Uint8Array): TestNode {
  const primary = cluster.primary();
  const [first, second] = cluster.members as readonly [TestMember, TestMember];
  const identity = cluster.newIdentity();
  const made = cluster.ask(primary, proposalRequest(first, [addNodeAction(first, tupleOf(identity))]));
  const proposalId = String(bodyOf(made).proposalId);
  for (const member of [first, second]) cluster.ask(primary, ballotRequest(member, proposalId));
  const node = cluster.join(identity, file);
  assert.equal(cluster.admit(primary, identity), 200);
  cluster.pass(140);
  return node;
}

function rowsOf({ standIn }: TestNode): readonly string[] {
  const snapshot = standIn.store.snapshot(standIn.store.head);
  const rows: VersionedRow[] = [];
  for (let part = snapshot.next(1000); part !== undefined; part = snapshot.next(1000)) rows.push(...part);
  return rows.map(({ table, key, value, seqno }) => `${table} ${fromUtf8(key)} ${fromUtf8(value)} ${seqno}`);
}

function assertEqual(nodes: readonly TestNode[]): void {
  const [first] = nodes as readonly [TestNode, ...TestNode[]];
  for (const node of nodes) {
    assert.deepEqual(node.replica.status().committed, first.replica.status().committed);
    assert.deepEqual(node.ledger.root(), first.ledger.root());
    assert.deepEqual(rowsOf(node), rowsOf(first));
    assert.deepEqual({ ...node.network?.committed, seqno: 0 }, { ...first.network?.committed, seqno: 0 });
  }
}

test('a snapshot is made after so many entries, and its receipt proves it (TX-4)', () => {
  const cluster = started({ settings: { snapshotEntries: 12 } });
  fill(cluster, 0, 12);
  cluster.pass(300);
  const [seqno, snapshot] = [...cluster.primary().snapshots][0] ?? [];
  assert.ok(seqno !== undefined && snapshot?.evidenceSeqno !== undefined);
  const { serviceCertificate } = cluster.primary().identity;
  const verdict = verifySnapshot(fileOf(snapshot), serviceCertificate);
  assert.ok(verdict.valid, JSON.stringify(verdict));
  assert.equal(verdict.seqno, seqno);
  assert.equal(verdict.evidence.seqno, snapshot.evidenceSeqno);
  const made = cluster.primary().snapshots.size;
  cluster.pass(300);
  assert.equal(cluster.primary().snapshots.size, made, 'nothing more is made while nothing happens');
  for (const node of cluster.nodes) if (node !== cluster.primary()) assert.equal(node.snapshots.size, 0);
});

test('a fresh node starts from a snapshot, catches up, and equals the others (NET-2)', () => {
  const cluster = started();
  fill(cluster, 0, 7);
  const { seqno, snapshot } = makeSnapshot(cluster);
  fill(cluster, 5, 10);
  const node = join(cluster, fileOf(snapshot));
  fill(cluster, 10, 12);
  cluster.pass(100);
  assertEqual(cluster.nodes);
  assert.equal(
    node.disk.findIndex((bytes) => bytes !== undefined),
    seqno,
    'it has nothing from before the snapshot',
  );
  const restored = node.worker.filter(({ type }) => type === 'restore');
  assert.ok(restored.length > 0 && node.worker[0]?.type === 'restore', 'the worker began with the snapshot');
});

test('a node that came from a snapshot can lead, make the next one, and give it to others (NET-2)', () => {
  const cluster = started();
  fill(cluster, 0, 5);
  const node = join(cluster, fileOf(makeSnapshot(cluster).snapshot));
  cluster.step(cluster.primary(), { type: 'transferLeadership', to: node.id });
  cluster.pass(200);
  assert.equal(cluster.primary(), node);
  fill(cluster, 3, 8);
  const another = join(cluster, fileOf(makeSnapshot(cluster).snapshot));
  fill(cluster, 8, 9);
  cluster.pass(100);
  assertEqual(cluster.nodes);
  assert.equal(another.network?.committed.nodes.length, 5);
});

test('a node that came from a snapshot restarts from it and the entries after it', () => {
  const cluster = started();
  fill(cluster, 0, 5);
  const node = join(cluster, fileOf(makeSnapshot(cluster).snapshot));
  fill(cluster, 4, 8);
  node.up = false;
  fill(cluster, 8, 10);
  cluster.restart(node);
  cluster.pass(100);
  assertEqual(cluster.nodes);
});

test('a node that the primary could not help to catch up is not admitted (NET-2)', () => {
  const cluster = started();
  fill(cluster, 0, 5);
  const { seqno, snapshot } = makeSnapshot(cluster);
  const node = join(cluster, fileOf(snapshot));
  cluster.step(cluster.primary(), { type: 'transferLeadership', to: node.id });
  cluster.pass(200);
  assert.equal(cluster.primary(), node);
  const admit = (last: number): unknown => {
    const certificatePem = node.identity.nodeCertificate.pem;
    const attestation = cluster.proof(node.identity, 'join');
    cluster.step(node, { type: 'admit', token: 5, nodeId: node.id, certificatePem, attestation, last });
    return node.replies.at(-1)?.response.status;
  };
  assert.deepEqual([admit(seqno - 1), admit(seqno)], [400, 200]);
});

test('batches go on while a snapshot is gathered, and are not in it', () => {
  const cluster = started();
  fill(cluster, 0, 20);
  const primary = cluster.primary();
  cluster.step(primary, { type: 'makeSnapshot' });
  const parts = (): number => primary.worker.filter(({ type }) => type === 'snapshotNext').length;
  cluster.pass(20);
  assert.ok(parts() > 0 && primary.snapshots.size === 0, 'it is under way');
  const before = primary.replica.commit;
  write(cluster, 'k0', 'later');
  assert.ok(primary.replica.commit > before && primary.snapshots.size === 0, 'and the batch is committed');
  cluster.pass(400);
  const snapshot = [...primary.snapshots.values()][0] as TestSnapshot;
  const fresh = cluster.join(cluster.newIdentity(), fileOf(snapshot));
  assert.ok(rowsOf(fresh).some((row) => row.startsWith('app.values k0 v0 ')));
  assert.ok(rowsOf(primary).some((row) => row.startsWith('app.values k0 later ')));
});

test('a primary that is no longer one gives its snapshot up, and the next makes its own', () => {
  const cluster = started({ settings: { snapshotEntries: 120 } });
  const old = cluster.primary();
  for (let i = 0; i < 100 && !old.worker.some(({ type }) => type === 'snapshot'); i++)
    write(cluster, `k${i}`, 'v');
  assert.equal(old.snapshots.size, 0, 'it is under way');
  cluster.cut.add(old.id);
  cluster.pass(800);
  assert.ok(
    old.worker.some(({ type }) => type === 'snapshotEnd'),
    'the worker need not hold it any longer',
  );
  cluster.pass(500);
  assert.equal(old.snapshots.size, 0);
  const [made] = [...cluster.primary().snapshots.values()];
  assert.ok(made?.receipt !== undefined);
});

test('a snapshot whose evidence is rolled back is forgotten', () => {
  const cluster = started();
  fill(cluster, 0, 2);
  const old = cluster.primary();
  cluster.step(old, { type: 'makeSnapshot' });
  cluster.pass(10);
  cluster.cut.add(old.id);
  for (let i = 0; i < 50 && old.snapshots.size === 0; i++) {
    cluster.step(old, { type: 'elapsed', ms: 1, nowMs: 1_000_000 });
  }
  assert.equal(old.snapshots.size, 1, 'it is written, and its evidence is nowhere else');
  cluster.pass(800);
  write(cluster, 'k3', 'v3');
  cluster.cut.clear();
  cluster.pass(300);
  assert.equal(old.snapshots.size, 0);
  assert.equal(old.discarded.length, 1);
  assertEqual(cluster.nodes);
});

test('tables of governance from a worker are in no snapshot: the node stops (ARC-3)', () => {
  const cluster = started();
  fill(cluster, 0, 3);
  const primary = cluster.primary();
  cluster.step(primary, { type: 'makeSnapshot' });
  cluster.pass(10);
  const asked = primary.worker.findLast((message) => message.type === 'snapshot');
  assert.ok(asked?.type === 'snapshot');
  const row = { table: 'public:ccf.gov.members.info', key: utf8('k'), value: utf8('v'), seqno: 1 };
  assert.throws(
    () =>
      cluster.fromWorker(primary, {
        type: 'snapshotPart',
        id: asked.id,
        ...encodeSnapshotTables([row]),
        last: true,
      }),
    { code: 'COCO_REPLICA_WORKER' },
  );
});

test('a snapshot that the worker cannot make is given up, and said', () => {
  const cluster = started();
  fill(cluster, 0, 3);
  const primary = cluster.primary();
  cluster.step(primary, { type: 'makeSnapshot' });
  cluster.pass(10);
  const asked = primary.worker.findLast((message) => message.type === 'snapshot');
  assert.ok(asked?.type === 'snapshot');
  cluster.fromWorker(primary, { type: 'snapshotFailed', id: asked.id, reason: 'gone' });
  cluster.pass(100);
  assert.equal(primary.replica.status().snapshotTrouble, 'gone');
  assert.equal(primary.snapshots.size, 0);
  makeSnapshot(cluster);
  assert.equal(primary.replica.status().snapshotTrouble, undefined);
});

test('an action that was voted for triggers a snapshot, or the end of a chunk (GOV-1)', () => {
  const cluster = started();
  const [first, second] = cluster.members as readonly [TestMember, TestMember];
  const decide = (name: string): void => {
    const made = cluster.ask(cluster.primary(), proposalRequest(first, [{ name, args: {} }]));
    const proposalId = String(bodyOf(made).proposalId);
    const votes = [first, second].map((member) =>
      cluster.ask(cluster.primary(), ballotRequest(member, proposalId)),
    );
    assert.equal(bodyOf(votes[1]).proposalState, 'Accepted', JSON.stringify(votes.map(bodyOf)));
    cluster.pass(200);
  };
  const chunks = (): number =>
    cluster.primary().disk.filter((bytes) => describeEntry(bytes).endsChunk === true).length;
  decide('trigger_ledger_chunk');
  assert.equal(chunks(), 1);
  assert.equal(cluster.primary().snapshots.size, 0);
  decide('trigger_snapshot');
  assert.equal(chunks(), 2);
  const [snapshot] = [...cluster.primary().snapshots.values()];
  assert.ok(snapshot?.receipt !== undefined);
});

test('only the primary makes snapshots', () => {
  const cluster = started();
  const backup = cluster.nodes.find((node) => node !== cluster.primary()) as TestNode;
  cluster.step(backup, { type: 'makeSnapshot' });
  cluster.pass(100);
  for (const { snapshots, worker } of cluster.nodes) {
    assert.ok(snapshots.size === 0 && worker.every(({ type }) => type !== 'snapshot'));
  }
});
