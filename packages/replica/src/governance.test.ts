import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdapterResponse } from '@coco/adapter';
import { parseCertificate } from '@coco/crypto';
import { governanceTables } from '@coco/governance';
import { encodeMaps } from '@coco/ledger';
import { utf8 } from '@coco/primitives';
import {
  type Cluster,
  type ClusterOptions,
  createCluster,
  request,
  statusIn,
  type TestNode,
  tupleOf,
} from './testing/cluster.js';
import {
  addNodeAction,
  ballotRequest,
  bodyOf,
  proposalRequest,
  readRequest,
  type TestAction,
  type TestMember,
} from './testing/members.js';

function started(count = 3, options: ClusterOptions = {}): Cluster {
  const cluster = createCluster(count, options);
  cluster.pass(600);
  return cluster;
}

const memberOf = (cluster: Cluster, index: number): TestMember => cluster.members[index] as TestMember;

const backupOf = (cluster: Cluster): TestNode =>
  cluster.nodes.find((node) => node !== cluster.primary()) as TestNode;

/** Has a proposal accepted by the votes of the first two members, through `node`. */
function decide(cluster: Cluster, node: TestNode, actions: readonly TestAction[]): AdapterResponse {
  const made = cluster.ask(node, proposalRequest(memberOf(cluster, 0), actions));
  const { proposalId } = bodyOf(made);
  assert.equal(made?.status, 200, JSON.stringify(bodyOf(made)));
  const votes = [0, 1].map((index) =>
    cluster.ask(node, ballotRequest(memberOf(cluster, index), String(proposalId))),
  );
  const decided = votes.at(-1);
  assert.equal(bodyOf(decided).proposalState, 'Accepted', JSON.stringify(bodyOf(decided)));
  return decided as AdapterResponse;
}

/** Every node has the same log, and says the same of the network. */
function assertEqual(nodes: readonly TestNode[]): void {
  const roots = nodes.map(
    ({ ledger }) => `${ledger.last.seqno} ${Buffer.from(ledger.root()).toString('hex')}`,
  );
  assert.deepEqual(new Set(roots).size, 1, roots.join(', '));
  const [first] = nodes;
  for (const { network } of nodes) {
    assert.deepEqual({ ...network?.committed, seqno: 0 }, { ...first?.network?.committed, seqno: 0 });
  }
}

test('a proposal through a backup is accepted by votes, and answered once it is committed (GOV-3, TX-3)', () => {
  const cluster = started();
  const backup = backupOf(cluster);
  const members = cluster.members.map(({ id }) => id);
  assert.deepEqual(backup.network?.committed.members.map(({ id }) => id).sort(), members.toSorted());
  const decided = decide(cluster, backup, [
    { name: 'remove_member', args: { member_id: memberOf(cluster, 2).id } },
  ]);
  const { txId } = decided;
  assert.ok(
    txId !== undefined && txId.seqno <= backup.replica.commit,
    'it says where it is, and is committed here',
  );
  assert.equal(backup.replica.txStatus(txId), 'Committed');
  assertEqual(cluster.nodes);
  for (const { network, governanceNews } of cluster.nodes) {
    assert.equal(network?.committed.members.length, 2);
    assert.ok(governanceNews >= 4, `${governanceNews} news`);
  }
});

test('governance is answered from what is committed, on every node, without asking the primary', () => {
  const cluster = started();
  const backup = backupOf(cluster);
  cluster.cut.add(backup.id);
  const answer = cluster.ask(backup, readRequest('/gov/service/members'), 0);
  assert.equal(answer?.status, 200);
  assert.equal((bodyOf(answer).value as unknown[]).length, 3);
  assert.deepEqual(answer?.txId, backup.replica.status().committed);
  assert.ok(!backup.worker.some(({ type }) => type === 'request'), 'the worker has no part in it (ARC-3)');
});

test('a removed member is refused from then on (ACT-2)', () => {
  const cluster = started();
  const removed = memberOf(cluster, 2);
  decide(cluster, cluster.primary(), [{ name: 'remove_member', args: { member_id: removed.id } }]);
  const refused = cluster.ask(cluster.primary(), proposalRequest(removed, []));
  assert.equal(refused?.status, 401);
  assert.equal(refused.txId, undefined);
});

test('a changed voting policy holds for the next proposal (GOV-4)', () => {
  const cluster = started();
  const primary = cluster.primary();
  decide(cluster, primary, [
    { name: 'set_voting_policy', args: { name: 'default', policy: { kind: 'unanimous' } } },
  ]);
  const member_id = memberOf(cluster, 2).id;
  const made = cluster.ask(
    primary,
    proposalRequest(memberOf(cluster, 0), [{ name: 'remove_member', args: { member_id } }]),
  );
  const proposalId = String(bodyOf(made).proposalId);
  const states = [0, 1, 2].map((index) => {
    const vote = cluster.ask(primary, ballotRequest(memberOf(cluster, index), proposalId));
    return bodyOf(vote).proposalState;
  });
  assert.deepEqual(states, ['Open', 'Open', 'Accepted']);
});

test('what governance wrote is rolled back with its primary, and the sender hears it (GOV-1, TX-4)', () => {
  const cluster = started();
  const old = cluster.primary();
  const digest = old.network?.head.constitutionDigest;
  decide(cluster, old, [
    { name: 'set_voting_policy', args: { name: 'default', policy: { kind: 'one_of_n' } } },
  ]);
  const before = old.network?.head;
  assert.notEqual(before?.constitutionDigest, digest);
  cluster.cut.add(old.id);
  const made = proposalRequest(memberOf(cluster, 0), [
    { name: 'set_voting_policy', args: { name: 'default', policy: { kind: 'unanimous' } } },
  ]);
  cluster.step(old, { type: 'request', token: 1, request: made, nowMs: 1_000_000 });
  const proposed = cluster.ask(old, proposalRequest(memberOf(cluster, 1), []), 0);
  assert.equal(proposed, undefined, 'nothing is told before it is committed');
  cluster.pass(800);
  assert.notEqual(cluster.primary(), old);
  cluster.ask(cluster.primary(), proposalRequest(memberOf(cluster, 2), []));
  cluster.cut.clear();
  cluster.pass(400);
  const answers = old.replies.slice(-2).map(({ response }) => bodyOf(response).error as { code: string });
  assert.deepEqual(
    answers.map(({ code }) => code),
    ['TransactionReplicationFailed', 'TransactionReplicationFailed'],
  );
  assertEqual(cluster.nodes);
  assert.equal(old.network?.head.constitutionDigest, before?.constitutionDigest);
});

test('an uncommitted change is visible to the next request, and to nobody who reads', () => {
  const cluster = started();
  const primary = cluster.primary();
  for (const { id } of cluster.nodes) if (id !== primary.id) cluster.cut.add(id);
  const made = proposalRequest(memberOf(cluster, 0), []);
  cluster.step(primary, { type: 'request', token: 1, request: made, nowMs: 1_000_000 });
  cluster.step(primary, { type: 'request', token: 2, request: made, nowMs: 1_000_000 });
  const replayed = primary.replies.find(({ token }) => token === 2)?.response;
  assert.equal((bodyOf(replayed).error as { code: string }).code, 'ProposalReplay');
  const read = cluster.ask(primary, readRequest('/gov/members/proposals'), 0);
  assert.deepEqual(bodyOf(read).value, []);
});

test('a member that sends more than can be committed is put off, and transactions go on (TX-2)', () => {
  const cluster = started(3, { settings: { requestsMax: 100 } });
  const primary = cluster.primary();
  for (const { id } of cluster.nodes) if (id !== primary.id) cluster.cut.add(id);
  for (let token = 1; token <= 20; token++) {
    const made = proposalRequest(memberOf(cluster, token % 3), []);
    cluster.step(primary, { type: 'request', token, request: made, nowMs: 1_000_000 });
  }
  const codes = primary.replies.map(({ response }) => (bodyOf(response).error as { code: string }).code);
  assert.deepEqual(codes, Array(4).fill('TooManyPendingTransactions'));
  cluster.step(primary, { type: 'request', token: 99, request: request('x'), nowMs: 1_000_000 });
  assert.equal(primary.worker.at(-1)?.type, 'request');
});

test('scripts take no more than their share of the time, whoever sends them', () => {
  const sandbox: ClusterOptions['sandbox'] = (real) => ({
    run: (run) => ({ ...real.run(run), steps: 6_000 }),
  });
  const cluster = started(3, { sandbox });
  const primary = cluster.primary();
  const send = (index: number): number | undefined =>
    cluster.ask(primary, proposalRequest(memberOf(cluster, index), []), 20)?.status;
  assert.deepEqual([send(0), send(1), send(2)], [200, 200, 503]);
  assert.equal(cluster.ask(primary, readRequest('/gov/members/proposals'), 0)?.status, 200);
  cluster.pass(4_000);
  assert.equal(send(2), 200);
});

test('without a primary a member hears so, and a request that was under way says that it may have been done', () => {
  const cluster = started();
  const old = cluster.primary();
  cluster.step(old, { type: 'elapsed', ms: 0, nowMs: 1 });
  for (const { id } of cluster.nodes) cluster.cut.add(id);
  cluster.step(old, {
    type: 'request',
    token: 1,
    request: proposalRequest(memberOf(cluster, 0), []),
    nowMs: 1_000_000,
  });
  cluster.pass(400);
  assert.equal(old.replica.isPrimary, false);
  cluster.step(old, {
    type: 'request',
    token: 2,
    request: proposalRequest(memberOf(cluster, 1), []),
    nowMs: 1_000_000,
  });
  cluster.pass(1200);
  const code = (token: number): unknown =>
    (bodyOf(old.replies.find((reply) => reply.token === token)?.response).error as { code: string }).code;
  assert.equal(code(1), 'COCO_REPLICA_PRIMARY_LOST');
  assert.equal(code(2), 'COCO_REPLICA_NO_PRIMARY');
});

test('a worker that writes governance tables stops the node: it cannot propose or approve (ARC-3)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const role = primary.worker.findLast((message) => message.type === 'role');
  const row = { key: utf8('k'), value: utf8('v') };
  const publicMaps = encodeMaps([{ table: governanceTables.memberInfo, puts: [row], removes: [] }]);
  const view = role?.type === 'role' ? role.view : 0;
  const maps = { publicMaps, privateMaps: new Uint8Array(0) };
  assert.throws(
    () => cluster.fromWorker(primary, { type: 'propose', proposal: 1, view, ...maps, items: 1 }),
    { code: 'COCO_REPLICA_WORKER' },
  );
});

test('governance entries and batches interleave in one order; the worker sees only its own (TX-2)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const role = primary.worker.findLast((message) => message.type === 'role');
  const view = role?.type === 'role' ? role.view : 0;
  const places: number[] = [];
  for (let proposal = 1; proposal <= 5; proposal++) {
    const rows = [
      { table: 'app.values', puts: [{ key: utf8('k'), value: utf8(String(proposal)) }], removes: [] },
    ];
    const maps = { publicMaps: new Uint8Array(0), privateMaps: encodeMaps(rows) };
    cluster.fromWorker(primary, { type: 'propose', proposal, view, ...maps, items: 1 });
    const assigned = primary.worker.findLast((message) => message.type === 'assigned');
    assert.ok(assigned?.type === 'assigned' && assigned.proposal === proposal);
    places.push(assigned.txId.seqno);
    assert.equal(cluster.ask(primary, proposalRequest(memberOf(cluster, proposal % 3), []), 20)?.status, 200);
  }
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  cluster.pass(50);
  assertEqual(cluster.nodes);
  for (const { standIn } of cluster.nodes) {
    assert.deepEqual(standIn.store.tables(), ['app.values']);
    assert.equal(standIn.store.head, places.at(-1));
  }
});

test('a node comes on the list by vote, is admitted, and takes part; a removed one goes for good (NET-2, GOV-7)', () => {
  const cluster = started();
  const member = memberOf(cluster, 0);
  const identity = cluster.newIdentity();
  const { nodeId, nodeCertificate } = identity;
  const admit = (node: TestNode, token: number): Record<string, unknown> => {
    cluster.step(node, { type: 'admit', token, nodeId, certificatePem: nodeCertificate.pem });
    cluster.pass(60);
    const response = node.replies.find((reply) => reply.token === token)?.response;
    return { ...bodyOf(response), status: response?.status };
  };
  assert.equal(admit(cluster.primary(), 1).status, 403, 'nobody agreed to it');
  decide(cluster, backupOf(cluster), [addNodeAction(member, tupleOf(identity))]);
  for (const { network } of cluster.nodes) assert.equal(statusIn(network?.committed, nodeId), 'Pending');
  const joined = cluster.join(identity);
  const elsewhere = admit(backupOf(cluster), 2);
  assert.equal(elsewhere.status, 307);
  assert.equal((elsewhere.error as { primary: string }).primary, cluster.primary().id);
  assert.equal(admit(cluster.primary(), 3).status, 200);
  assert.equal(admit(cluster.primary(), 4).status, 200, 'asking again does no harm');
  cluster.pass(100);
  assertEqual(cluster.nodes);
  assert.equal(statusIn(joined.network?.committed, nodeId), 'Trusted');
  assert.equal(joined.replica.commit, cluster.primary().replica.commit);
  const gone = cluster.nodes.find((node) => node !== cluster.primary() && node !== joined) as TestNode;
  decide(cluster, joined, [{ name: 'remove_node', args: { node_id: gone.id } }]);
  cluster.pass(100);
  assert.equal(statusIn(cluster.primary().network?.committed, gone.id), 'Retired for good');
  assert.equal(gone.replica.status().consensus.retirementPhase, 'RetiredCommitted');
  assertEqual(cluster.nodes.filter((node) => node !== gone));
  assert.equal(admit(cluster.primary(), 5).status, 200, 'the one that took part before still does');
  const ids = cluster
    .primary()
    .replica.status()
    .consensus.configurations.flatMap(({ nodes }) => nodes);
  assert.ok(ids.includes(nodeId) && !ids.includes(gone.id) && ids.length === 3, ids.join(' '));
});

test('several changes of membership that come in one message are each told by what came before (NET-2)', () => {
  const cluster = started();
  const primary = cluster.primary();
  const away = backupOf(cluster);
  cluster.cut.add(away.id);
  for (let i = 0; i < 2; i++) {
    const identity = cluster.newIdentity();
    decide(cluster, primary, [addNodeAction(memberOf(cluster, 0), tupleOf(identity))]);
    const node = cluster.join(identity);
    const certificatePem = identity.nodeCertificate.pem;
    cluster.step(primary, { type: 'admit', token: 1, nodeId: node.id, certificatePem });
    cluster.pass(60);
  }
  const before = away.replica.status().consensus.last.seqno;
  cluster.cut.clear();
  cluster.step(primary, { type: 'elapsed', ms: 20, nowMs: 1_000_000 });
  assert.ok(away.replica.status().consensus.last.seqno > before + 10);
  cluster.pass(100);
  for (const { replica } of cluster.nodes) {
    assert.deepEqual(
      replica.status().consensus.configurations.map(({ nodes }) => nodes.length),
      [5],
    );
  }
  assertEqual(cluster.nodes);
});

test('the primary itself can be removed: another one takes over and records it (NET-3)', () => {
  const cluster = started();
  const old = cluster.primary();
  decide(cluster, old, [{ name: 'remove_node', args: { node_id: old.id } }]);
  cluster.pass(600);
  const primary = cluster.nodes.find(({ replica }) => replica.isPrimary) as TestNode;
  assert.notEqual(primary, old);
  assert.equal(statusIn(primary.network?.committed, old.id), 'Retired for good');
  assert.equal(cluster.ask(primary, proposalRequest(memberOf(cluster, 0), []))?.status, 200);
});

test('a primary that is lost before it records a retirement leaves that to the next (NET-3)', () => {
  const cluster = started(4);
  const old = cluster.primary();
  const others = cluster.nodes.filter((node) => node !== old);
  const gone = others[0] as TestNode;
  const { actions } = { actions: [{ name: 'remove_node', args: { node_id: gone.id } }] };
  const made = cluster.ask(old, proposalRequest(memberOf(cluster, 0), actions));
  const proposalId = String(bodyOf(made).proposalId);
  cluster.ask(old, ballotRequest(memberOf(cluster, 0), proposalId));
  // The others get the removal, but the primary never hears that they have it.
  for (const { id } of others) cluster.cut.add(`${id}>${old.id}`);
  cluster.step(old, {
    type: 'request',
    token: 1,
    request: ballotRequest(memberOf(cluster, 1), proposalId),
    nowMs: 1_000_000,
  });
  old.up = false;
  cluster.pass(800);
  const primary = cluster.nodes.find((node) => node.up && node.replica.isPrimary) as TestNode;
  assert.equal(statusIn(primary.network?.committed, gone.id), 'Retired for good');
});

test('a restarted node knows the constitution from its entries (GOV-1)', () => {
  const cluster = started();
  const backup = backupOf(cluster);
  decide(cluster, backup, [{ name: 'remove_member', args: { member_id: memberOf(cluster, 2).id } }]);
  backup.up = false;
  cluster.restart(backup);
  cluster.pass(60);
  assertEqual(cluster.nodes);
  assert.equal(backup.network?.committed.members.length, 2);
});

test('a renewed certificate is in the entry of the decision, for nodes that take part (CCF: endorsed certificates)', () => {
  const cluster = started();
  const backup = backupOf(cluster);
  const [first, second] = cluster.nodes.map(({ id }) => id) as [string, string];
  const renew = (node_id: string, valid_from: string): TestAction => ({
    name: 'set_node_certificate_validity',
    args: { node_id, valid_from, validity_period_days: 30 },
  });
  decide(cluster, backup, [renew(first, '10'), renew('nobody', '10')]);
  cluster.pass(60);
  for (const { network } of cluster.nodes) {
    const pem = (id: string) => network?.committed.nodes.find(({ nodeId }) => nodeId === id)?.certificatePem;
    const renewed = parseCertificate(pem(first) ?? '');
    assert.equal(renewed.publicKey.fingerprint, first);
    assert.equal(renewed.notAfterMs, 40 * 86_400_000);
    const { identity } = cluster.nodes.find(({ id }) => id === second) as TestNode;
    assert.equal(pem(second), identity.nodeCertificate.pem);
  }
  assertEqual(cluster.nodes);
});

test('a certificate that cannot be issued: the vote is refused, and nothing is changed', () => {
  const cluster = started();
  const primary = cluster.primary();
  const args = { node_id: primary.id, valid_from: 'never', validity_period_days: 30 };
  const made = proposalRequest(memberOf(cluster, 0), [{ name: 'set_node_certificate_validity', args }]);
  const { proposalId } = bodyOf(cluster.ask(primary, made));
  cluster.ask(primary, ballotRequest(memberOf(cluster, 0), String(proposalId)));
  const before = primary.ledger.last;
  const refused = cluster.ask(primary, ballotRequest(memberOf(cluster, 1), String(proposalId)));
  assert.equal(refused?.status, 400);
  assert.match(JSON.stringify(bodyOf(refused)), /there is no such time; nothing was changed/);
  assert.deepEqual(primary.ledger.last, before);
  const read = cluster.ask(primary, readRequest(`/gov/members/proposals/${proposalId}`), 0);
  assert.equal(bodyOf(read).proposalState, 'Open');
});
