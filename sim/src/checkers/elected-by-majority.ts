/**
 * An election takes the votes of a majority of every configuration that counts: the one in force at what the winner knows
 * to be committed, and each later one in the log with which it begins to lead (Raft 5.2, CCF).
 *
 * Counted are votes that were sent, whether or not they arrived; the winner's own it gives itself.
 */
import type { NodeId } from '@coco/primitives';
import { activeIn } from '../world/standing.js';
import type { World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'elected-by-majority';

export function electedByMajority(world: World): Checker {
  /** Voters by candidate and view. */
  const votes = new Map<string, Set<NodeId>>();
  return {
    name,
    sent({ from, to, message }) {
      if (message.type !== 'requestVoteResponse' || !message.granted) return;
      const key = `${to.id}@${message.view}`;
      const voters = votes.get(key);
      if (voters === undefined) votes.set(key, new Set([from.id]));
      else voters.add(from.id);
    },
    step({ node, before, after }) {
      if (!after.isLeader || (before.isLeader && before.view === after.view)) return;
      const voters = votes.get(`${node.id}@${after.view}`);
      for (const { seqno, nodes } of activeIn(world.standings, node.log, before.commit)) {
        const count = nodes.filter((id) => id === node.id || voters?.has(id) === true).length;
        check(
          2 * count > nodes.length,
          name,
          () =>
            `${node.id} leads view ${after.view} by ${count} votes of the configuration at ${seqno}, ${nodes.join(' ')}`,
        );
      }
    },
  };
}
