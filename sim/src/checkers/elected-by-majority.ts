/**
 * An election takes the votes of a majority of every configuration that counts: the one in force at what the winner knows
 * to be committed, and each later one in the log with which it begins to lead (Raft 5.2, CCF).
 *
 * Votes of nodes in doubt count only if all of the configuration agree, or somebody waited long enough to trust a disk.
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
  /** Those who voted without being in doubt. */
  const sureVotes = new Map<string, Set<NodeId>>();
  const neverTrusts = world.profile.settings.trustDiskAfterMs === undefined;
  return {
    name,
    sent({ from, to, message }) {
      if (message.type !== 'requestVoteResponse' || !message.granted) return;
      const key = `${to.id}@${message.view}`;
      add(votes, key, from.id);
      if (message.doubt === undefined) add(sureVotes, key, from.id);
    },
    step({ node, before, after, status }) {
      if (!after.isLeader || (before.isLeader && before.view === after.view)) return;
      const key = `${node.id}@${after.view}`;
      const voters = votes.get(key);
      const isSelfSure = status().doubt === undefined;
      const isSure = (id: NodeId): boolean =>
        id === node.id ? isSelfSure : sureVotes.get(key)?.has(id) === true;
      for (const { seqno, nodes } of activeIn(world.standings, node.log, before.commit)) {
        const sure = nodes.filter(isSure).length;
        const count = nodes.filter((id) => id === node.id || voters?.has(id) === true).length;
        check(
          2 * count > nodes.length,
          name,
          () =>
            `${node.id} leads view ${after.view} by ${count} votes of the configuration at ${seqno}, ${nodes.join(' ')}`,
        );
        check(
          neverTrusts === false || 2 * sure > nodes.length || count === nodes.length,
          name,
          () =>
            `${node.id} leads view ${after.view} by ${sure} votes of nodes that are not in doubt, and not by all`,
        );
      }
    },
  };
}

function add(votes: Map<string, Set<NodeId>>, key: string, voter: NodeId): void {
  const voters = votes.get(key);
  if (voters === undefined) votes.set(key, new Set([voter]));
  else voters.add(voter);
}
