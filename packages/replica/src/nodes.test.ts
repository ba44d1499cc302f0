import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCertificate } from '@coco/crypto';
import { assertEqual, backupOf, decide, memberOf, started } from './deciding.test.js';
import { statusIn, type TestNode } from './testing/cluster.js';
import {
  addNodeAction,
  ballotRequest,
  bodyOf,
  proposalRequest,
  readRequest,
  type TestAction,
} from './testing/members.js';
import { tupleOf } from './testing/service.js';

test('a node comes on the list by vote, is admitted, and takes part; a removed one goes for good (NET-2, GOV-7)', () => {
  const cluster = started();
  const member = memberOf(cluster, 0);
  const identity = cluster.newIdentity();
  const { nodeId, nodeCertificate } = identity;
  const admit = (node: TestNode, token: number): Record<string, unknown> => {
    const attestation = cluster.proof(identity, 'join');
    const certificatePem = nodeCertificate.pem;
    cluster.step(node, { type: 'admit', token, nodeId, certificatePem, attestation });
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

test('a removed node is forgotten when it is asked for, and its id never takes part again (NET-3)', () => {
  const cluster = started(4);
  const primary = cluster.primary();
  const gone = backupOf(cluster);
  const asker = cluster.nodes.find((node) => node !== primary && node !== gone) as TestNode;
  const forget = (node: TestNode, token: number, nodeId = gone.id): unknown => {
    cluster.step(node, { type: 'forgetNode', token, nodeId });
    cluster.pass(60);
    const response = node.replies.find((reply) => reply.token === token)?.response;
    return [response?.status, (bodyOf(response).error as { code?: string } | undefined)?.code];
  };
  assert.deepEqual(forget(primary, 1), [400, 'NodeNotRetiredCommitted'], 'it takes part');
  decide(cluster, primary, [{ name: 'remove_node', args: { node_id: gone.id } }]);
  cluster.pass(100);
  gone.up = false;
  assert.deepEqual(forget(asker, 2), [307, 'COCO_REPLICA_NOT_PRIMARY']);
  assert.deepEqual(forget(primary, 3), [200, undefined]);
  assert.deepEqual(forget(primary, 4), [200, undefined], 'asking again does no harm');
  assert.deepEqual(forget(primary, 5, '0'.repeat(64)), [404, 'ResourceNotFound']);
  for (const { network } of [primary, asker]) assert.equal(statusIn(network?.committed, gone.id), undefined);
  assertEqual(cluster.nodes.filter((node) => node !== gone));
  const again = [addNodeAction(memberOf(cluster, 0), tupleOf(gone.identity))];
  const { proposalId } = bodyOf(cluster.ask(primary, proposalRequest(memberOf(cluster, 0), again)));
  const votes = [0, 1].map((index) =>
    bodyOf(cluster.ask(primary, ballotRequest(memberOf(cluster, index), String(proposalId)))),
  );
  assert.equal(votes[1]?.proposalState, 'Failed');
  assert.match(JSON.stringify(votes[1]), /can only come back with a new key/);
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
    assert.equal(cluster.admit(primary, node.identity), 200);
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
