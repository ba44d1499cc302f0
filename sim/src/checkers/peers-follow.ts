/**
 * Local: a primary keeps track of exactly those to whom its log says that it sends: the nodes of every configuration that
 * counts, and who left by what is committed and is not on record.
 */
import type { NodeId } from '@coco/primitives';
import { activeIn, leavingAt, standingIn } from '../world/standing.js';
import type { SimNode, World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'peers-follow-log';

export function peersFollow(world: World): Checker {
  /** The primary and the peers that were last found. */
  const seen = new Map<NodeId, string>();
  return {
    name,
    step({ node, before, after, appended, ready, status }) {
      if (!after.isLeader) return;
      if (before.isLeader && appended.length === 0 && ready.commit === undefined) return;
      const wanted = peersIn(world, node, after.commit);
      const key = `${after.view}: ${wanted}`;
      if (seen.get(node.id) === key) return;
      seen.set(node.id, key);
      const found = Object.keys(status().peers).sort().join(' ');
      check(found === wanted, name, () => `${node.id} sends to ${found}, its log says ${wanted}`);
    },
  };
}

function peersIn({ standings }: World, { id, log }: SimNode, commit: number): string {
  const nodes = new Set(activeIn(standings, log, commit).flatMap((configuration) => configuration.nodes));
  for (const left of leavingAt(standingIn(standings, log, commit))) nodes.add(left);
  nodes.delete(id);
  return [...nodes].sort().join(' ');
}
