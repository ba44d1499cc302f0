import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testIdentity, testNetworkView, testNodeView } from './identities.test.js';
import { networkPeers } from './networkPeers.js';

test('NET-2: a node talks to those that take part, and to those whose removal still needs them', () => {
  const identities = ['a', 'b', 'c', 'd', 'e'].map((name) => testIdentity(name));
  const [trusted, pending, leaving, gone, nowhere] = identities;
  assert.ok(trusted && pending && leaving && gone && nowhere);
  const view = testNetworkView({
    nodes: [
      testNodeView(trusted, { peerAddress: '[::1]:7' }),
      testNodeView(pending, { status: 'Pending' }),
      testNodeView(leaving, { status: 'Retired', peerAddress: 'leaving.example:8' }),
      testNodeView(gone, { status: 'Retired', retiredCommitted: true }),
      testNodeView(nowhere, { peerAddress: 'not an address' }),
    ],
  });
  assert.deepEqual(networkPeers(view, view, false), [
    { nodeId: trusted.nodeId, address: { host: '::1', port: 7 } },
    { nodeId: leaving.nodeId, address: { host: 'leaving.example', port: 8 } },
  ]);
});

test('NET-3: a node is heard until the record that its removal is committed is itself committed', () => {
  const [staying, leaving, coming] = ['a', 'b', 'c'].map((name) => testIdentity(name));
  assert.ok(staying && leaving && coming);
  const committed = testNetworkView({
    nodes: [testNodeView(staying), testNodeView(leaving, { status: 'Retired' })],
  });
  const head = testNetworkView({
    nodes: [
      testNodeView(staying),
      testNodeView(leaving, { status: 'Retired', retiredCommitted: true }),
      testNodeView(coming),
    ],
  });
  const ids = (newest: typeof head, settled: typeof committed) =>
    networkPeers(newest, settled, false).map(({ nodeId }) => nodeId);
  assert.deepEqual(ids(head, committed), [staying.nodeId, leaving.nodeId, coming.nodeId]);
  assert.deepEqual(ids(head, head), [staying.nodeId, coming.nodeId]);
});

test('MIT-2: the primary cuts a quarantined node off at once, the others when that is committed and not taken back', () => {
  const [staying, out] = ['a', 'b'].map((name) => testIdentity(name));
  assert.ok(staying && out);
  const reason = { code: 'COCO_LEASE_LAPSED', sentence: 'its lease is over' };
  const lease = { state: 'lapsed', grantedAtMs: 1, expiresAtMs: 2, reason } as const;
  const before = testNetworkView({ nodes: [testNodeView(staying), testNodeView(out)] });
  const after = testNetworkView({
    nodes: [testNodeView(staying), testNodeView(out, { status: 'Retired', lease })],
  });
  const has = (...views: Parameters<typeof networkPeers>) =>
    networkPeers(...views).some(({ nodeId }) => nodeId === out.nodeId);
  assert.equal(has(after, before, true), false);
  assert.equal(has(after, before, false), true, 'it may be rolled back, and its vote be needed');
  assert.equal(has(after, after, false), false);
  assert.equal(has(before, after, false), true, 'the log takes it back');
});
