import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaStatus } from '@coco/replica';
import { createStatusWatch } from './statusWatch.js';

function statusWith(needy: readonly string[], snapshotTrouble?: string): ReplicaStatus {
  const peer = (id: string) => {
    const needsSnapshot = needy.includes(id);
    return [id, { sent: 1, match: 1, silentMs: 0, ...(needsSnapshot && { needsSnapshot: true as const }) }];
  };
  const consensus = { heldFrom: 7, peers: Object.fromEntries(['a', 'b'].map(peer)) };
  return {
    consensus: consensus as unknown as ReplicaStatus['consensus'],
    committed: { view: 2, seqno: 9 },
    requests: 0,
    ...(snapshotTrouble !== undefined && { snapshotTrouble }),
  };
}

test('each trouble is logged once for as long as it lasts', () => {
  const lines: string[] = [];
  const watch = createStatusWatch({
    info: () => assert.fail('there is no primary'),
    warn: (message) => void lines.push(message),
  });
  const seen = (status: ReplicaStatus): readonly string[] => {
    watch(status);
    return lines.splice(0);
  };
  const lacks = (id: string) =>
    `node ${id} lacks entries that this node no longer holds: remove it and let it join anew`;
  assert.deepEqual(seen(statusWith([])), []);
  assert.deepEqual(seen(statusWith(['a'])), [lacks('a')]);
  assert.deepEqual(seen(statusWith(['a', 'b'])), [lacks('b')]);
  assert.deepEqual(seen(statusWith(['b'], 'too large')), ['no snapshot could be made: too large']);
  assert.deepEqual(seen(statusWith(['b'], 'too large')), []);
  assert.deepEqual(seen(statusWith([])), []);
  assert.deepEqual(seen(statusWith(['a'], 'too large')), [
    lacks('a'),
    'no snapshot could be made: too large',
  ]);
});

test('a new primary is told of once', () => {
  const lines: string[] = [];
  const watch = createStatusWatch({ info: (message) => void lines.push(message), warn: assert.fail });
  const led = (leadership: string, view: number, primary?: string): void => {
    const status = statusWith([]);
    watch({ ...status, consensus: { ...status.consensus, nodeId: 'a', leadership, view, primary } as never });
  };
  led('Follower', 2, 'b');
  led('Follower', 2, 'b');
  led('Candidate', 3);
  led('Leader', 3);
  led('Leader', 3, 'a');
  led('Follower', 4, 'b');
  assert.deepEqual(lines, [
    'b is primary of view 2',
    'this node is primary of view 3',
    'b is primary of view 4',
  ]);
});
