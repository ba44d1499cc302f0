import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaStatus } from '@coco/replica';
import { createTroubleWatch } from './troubleWatch.js';

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
  const watch = createTroubleWatch({ warn: (message) => void lines.push(message) });
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
