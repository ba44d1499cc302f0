import assert from 'node:assert/strict';
import { test } from 'node:test';
import { governanceTables } from '@coco/governance';
import { encodeMaps } from '@coco/ledger';
import { utf8 } from '@coco/primitives';
import { assertEqual, backupOf, decide, memberOf, started } from './deciding.test.js';
import { type ClusterOptions, request } from './testing/cluster.js';
import { ballotRequest, bodyOf, proposalRequest, readRequest } from './testing/members.js';

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
