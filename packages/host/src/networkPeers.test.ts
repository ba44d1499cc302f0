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
  assert.deepEqual(networkPeers(view, view), [
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
  const ids = (...views: Parameters<typeof networkPeers>) =>
    networkPeers(...views).map(({ nodeId }) => nodeId);
  assert.deepEqual(ids(head, committed), [staying.nodeId, leaving.nodeId, coming.nodeId]);
  assert.deepEqual(ids(head, head), [staying.nodeId, coming.nodeId]);
});
