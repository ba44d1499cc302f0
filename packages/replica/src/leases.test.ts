/**
 * Nodes take part for as long as they prove what they run (MIT-2, MIT-4): the primary takes them in, and out, by evidence.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeId } from '@coco/attestation';
import { isQuarantined, type NodeView } from '@coco/governance';
import { assertEqual, backupOf, decide, memberOf, started } from './deciding.test.js';
import { type Cluster, type ClusterOptions, statusIn, type TestNode } from './testing/cluster.js';
import { addNodeAction, type TestAction } from './testing/members.js';
import { tupleOf } from './testing/service.js';

const evilTree = 'ee'.repeat(32);
const goodTree = 'ab'.repeat(32);
const codeOf = (tree: string): string => codeId('virtual', { tree });

function seen(at: TestNode, node: TestNode): NodeView | undefined {
  return at.network?.committed.nodes.find(({ nodeId }) => nodeId === node.id);
}

const setRow = (table: string, key: string | undefined, value?: unknown): TestAction => ({
  name: 'set_row',
  args: { table, key, value },
});

/** A cluster whose leases last ten seconds, and whose nodes have one. */
function leased(count = 3, options: ClusterOptions = {}): Cluster {
  const genesis = { settings: { lease_seconds: 10 }, ...options.genesis };
  const cluster = started(count, { ...options, genesis });
  renewAll(cluster);
  return cluster;
}

function renewAll(cluster: Cluster, nodes = cluster.nodes): void {
  for (const { identity } of nodes) assert.equal(cluster.renew(cluster.primary(), identity), 200);
}

const configured = ({ replica }: TestNode): number =>
  replica.status().consensus.configurations.at(-1)?.nodes.length ?? 0;

test('MIT-2: nodes of the genesis get their leases from the first primary, on the ledger', () => {
  const cluster = leased();
  const { nodes } = cluster;
  for (const node of nodes) {
    const view = seen(backupOf(cluster), node);
    assert.equal(view?.lease?.state, 'held');
    assert.equal(view.lease.expiresAtMs - view.lease.grantedAtMs, 10_000);
    assert.equal(view.evidence?.codeId, codeOf(goodTree));
  }
  assertEqual(nodes);
  assert.equal(
    cluster.renew(backupOf(cluster), backupOf(cluster).identity),
    'COCO_REPLICA_NOT_PRIMARY',
    'only the primary grants leases',
  );
});

test('MIT-2: a node that does not renew leaves the configuration, and comes back under its id by renewing', () => {
  const cluster = leased();
  const primary = cluster.primary();
  const lazy = backupOf(cluster);
  const others = cluster.nodes.filter((node) => node !== lazy);
  cluster.pass(5_000);
  renewAll(cluster, others);
  cluster.pass(4_000);
  assert.equal(seen(primary, lazy)?.status, 'Trusted');
  cluster.pass(3_000);
  const out = seen(primary, lazy);
  assert.equal(out?.status, 'Retired');
  assert.ok(isQuarantined(out));
  assert.equal(out.lease?.reason?.code, 'COCO_LEASE_LAPSED');
  assert.equal(configured(primary), 2);
  assert.equal(cluster.renew(primary, lazy.identity), 200);
  assert.equal(seen(primary, lazy)?.status, 'Trusted');
  assert.equal(seen(primary, lazy)?.lease?.state, 'held');
  assert.equal(configured(primary), 3);
});

test('MIT-2: a node that was removed by vote cannot come back by renewing', () => {
  const cluster = leased();
  const gone = backupOf(cluster);
  decide(cluster, cluster.primary(), [{ name: 'remove_node', args: { node_id: gone.id } }]);
  cluster.pass(100);
  assert.equal(cluster.renew(cluster.primary(), gone.identity), 'COCO_LEASE_REMOVED');
});

test('SEC-1: the primary takes in only what the manifests accept, and says why it does not', () => {
  const cluster = started(3, {
    genesis: {
      teeManifest: { virtual: {} },
      codeManifest: { [codeOf(goodTree)]: { component: 'coco', description: '' } },
    },
  });
  const primary = cluster.primary();
  const identity = cluster.newIdentity();
  decide(cluster, primary, [addNodeAction(memberOf(cluster, 0), tupleOf(identity))]);
  const before = primary.ledger.last;
  assert.equal(cluster.admit(primary, identity, { tree: evilTree }), 'COCO_ATTESTATION_CODE');
  assert.equal(cluster.admit(primary, identity, { network: evilTree }), 'COCO_ATTESTATION_NETWORK');
  assert.equal(cluster.admit(primary, identity, { purpose: 'session' }), 'COCO_ATTESTATION_PURPOSE');
  assert.deepEqual(primary.ledger.last, before, 'nothing was written');
  assert.equal(cluster.admit(primary, identity), 200);
  assert.equal(statusIn(primary.network?.committed, identity.nodeId), 'Trusted');
});

test('MIT-4: code that is distrusted by one vote leaves with its nodes, as soon as that is decided', () => {
  const code = (tree: string) => [codeOf(tree), { component: 'coco', description: '' }] as const;
  const cluster = started(5, {
    genesis: {
      teeManifest: { virtual: {} },
      codeManifest: Object.fromEntries([code(goodTree), code(evilTree)]),
    },
  });
  const primary = cluster.primary();
  const bad = cluster.nodes.filter((node) => node !== primary).slice(0, 3);
  const good = cluster.nodes.filter((node) => !bad.includes(node));
  renewAll(cluster, good);
  for (const { identity } of bad) {
    assert.equal(cluster.renew(primary, identity, { tree: evilTree }), 200);
  }
  decide(cluster, primary, [setRow('coco.code_manifest', codeOf(evilTree))]);
  cluster.pass(400);
  for (const node of bad) {
    const view = seen(primary, node);
    assert.deepEqual([view?.status, view?.lease?.state], ['Retired', 'distrusted']);
    assert.equal(view?.lease?.reason?.code, 'COCO_ATTESTATION_CODE');
    assert.equal(cluster.renew(primary, node.identity, { tree: evilTree }), 'COCO_ATTESTATION_CODE');
  }
  assert.equal(configured(primary), 2);
  assertEqual(good);
  const [repaired] = bad as [TestNode];
  assert.equal(cluster.renew(primary, repaired.identity), 200, 'with other code it may come back');
});

test('MIT-4: a proposal that would leave no node whose evidence is accepted fails, and says why', () => {
  const cluster = leased();
  const primary = cluster.primary();
  const failing = (action: TestAction): void => {
    assert.throws(() => decide(cluster, primary, [action]), /Failed/);
  };
  failing(setRow('coco.tee_manifest', 'virtual', { code: 'listed' }));
  failing(setRow('coco.tee_manifest', 'virtual'));
  failing(setRow('coco.nodes.leases', primary.id, { state: 'held', granted_at: 0, expires_at: 9e15 }));
  assert.equal(seen(primary, primary)?.status, 'Trusted');
});

test('MIT-2: a primary whose own lease is over hands over, and the next one quarantines it', () => {
  const cluster = leased(4);
  const old = cluster.primary();
  const others = cluster.nodes.filter((node) => node !== old);
  cluster.pass(6_000);
  renewAll(cluster, others);
  cluster.pass(6_000);
  const primary = cluster.primary();
  assert.notEqual(primary, old);
  assert.equal(seen(primary, old)?.status, 'Trusted', 'it has its time, as everybody whose primary is new');
  for (let round = 0; round < 3; round++) {
    renewAll(cluster, others);
    cluster.pass(4_000);
  }
  assert.equal(seen(primary, old)?.lease?.state, 'lapsed');
  assert.ok(!old.replica.isPrimary);
  assert.equal(cluster.renew(primary, old.identity), 200);
  cluster.pass(400);
  assertEqual(cluster.nodes);
});

test('two nodes need each other: one whose lease is over stays, and the primary says so', () => {
  const cluster = leased(2);
  const primary = cluster.primary();
  cluster.pass(6_000);
  renewAll(cluster, [primary]);
  cluster.pass(6_000);
  assert.equal(configured(primary), 2);
  assert.match(primary.replica.status().leaseTrouble ?? '', /^1 nodes should be .* cannot decide it/);
});

test('MIT-4: a node that is distrusted by vote leaves at once, and comes back only when it is trusted again', () => {
  const cluster = leased();
  const primary = cluster.primary();
  const bad = backupOf(cluster);
  const row = (state: string) => ({
    state,
    granted_at: 0,
    expires_at: 0,
    reason: { code: 'COCO_LEASE_DISTRUSTED', sentence: 'it was stolen' },
  });
  decide(cluster, primary, [setRow('coco.nodes.leases', bad.id, row('distrusted'))]);
  cluster.pass(100);
  assert.equal(seen(primary, bad)?.status, 'Retired');
  assert.equal(cluster.renew(primary, bad.identity), 'COCO_LEASE_DISTRUSTED');
  const lapsed = { ...row('lapsed'), reason: { code: 'COCO_LEASE_LAPSED', sentence: 'trusted again' } };
  decide(cluster, primary, [setRow('coco.nodes.leases', bad.id, lapsed)]);
  assert.equal(cluster.renew(primary, bad.identity), 200);
  assert.equal(configured(primary), 3);
});

test('where all leases are over everybody stays, and the primary says so until they are renewed', () => {
  const cluster = leased();
  const primary = cluster.primary();
  assert.equal(primary.replica.status().leaseTrouble, undefined);
  cluster.pass(9_000);
  cluster.skip(60_000);
  cluster.pass(1_500);
  assert.equal(configured(primary), 3);
  assert.match(primary.replica.status().leaseTrouble ?? '', /nobody would be left/);
  renewAll(cluster);
  cluster.pass(1_500);
  assert.equal(primary.replica.status().leaseTrouble, undefined);
});

test('after a time without a primary nodes have time to renew before they are quarantined (MIT-2)', () => {
  const cluster = leased();
  const old = cluster.primary();
  old.up = false;
  cluster.skip(3_600_000);
  cluster.pass(1_000);
  const primary = cluster.nodes.find(({ up, replica }) => up && replica.isPrimary) as TestNode;
  const other = cluster.nodes.find((node) => node !== primary && node !== old) as TestNode;
  cluster.pass(8_000);
  for (const { identity } of [primary, other]) assert.equal(cluster.renew(primary, identity), 200);
  assert.equal(seen(primary, old)?.status, 'Trusted', 'it has its time as well');
  cluster.pass(3_000);
  assert.equal(seen(primary, old)?.status, 'Retired');
  assert.equal(configured(primary), 2);
});
