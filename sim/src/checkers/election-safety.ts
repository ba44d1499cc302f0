/**
 * Election safety (Raft, figure 3): at most one leader per view, for ever.
 */
import type { View } from '@coco/primitives';
import { type Checker, check } from './checker.js';

const name = 'election-safety';

export function electionSafety(): Checker {
  const leaders = new Map<View, string>();
  return {
    name,
    step({ node, after }) {
      if (!after.isLeader) return;
      const known = leaders.get(after.view);
      if (known === undefined) leaders.set(after.view, node.id);
      else check(known === node.id, name, () => `${known} and ${node.id} both lead view ${after.view}`);
    },
  };
}
