/**
 * Election safety (Raft, figure 3): at most one leader per view, for ever.
 *
 * A leader counts once its own vote is durable or it has sent something as a leader. Before that, where it alone is
 * a quorum, a crash undoes the election as if it had never been.
 */
import type { NodeId, View } from '@coco/primitives';
import type { SimNode } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'election-safety';

export function electionSafety(): Checker {
  const leaders = new Map<View, NodeId>();
  const lead = (id: NodeId, view: View): void => {
    const known = leaders.get(view);
    if (known === undefined) leaders.set(view, id);
    else check(known === id, name, () => `${known} and ${id} both lead view ${view}`);
  };
  return {
    name,
    step({ node, after }) {
      if (after.isLeader && isElectionDurable(node, after.view)) lead(node.id, after.view);
    },
    sent({ from, message }) {
      if (message.type === 'appendEntries') lead(from.id, message.view);
    },
  };
}

/** Whether the candidacy of a leader would survive a crash. */
export function isElectionDurable({ disk }: SimNode, view: View): boolean {
  return disk.hardState?.view === view;
}
