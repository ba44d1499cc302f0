/**
 * Local: only a member campaigns and leads. A node that has left is one until it knows that to be on record and
 * committed, for it may hold the last signatures alone; one that is still to join is none, nor is one whose joining was
 * rolled back.
 */
import { activeIn, standingIn } from '../world/standing.js';
import type { SimNode, World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'members-lead';

export function membersLead(world: World): Checker {
  const isMember = ({ id, log }: SimNode, commit: number): boolean => {
    if (activeIn(world.standings, log, commit).some(({ nodes }) => nodes.includes(id))) return true;
    const { known, retired } = standingIn(world.standings, log, commit);
    return known.has(id) && !retired.has(id);
  };
  return {
    name,
    step({ node, ready, before, after }) {
      const asks = ready.send.some(({ message }) => {
        return message.type === 'requestVote' || message.type === 'requestPreVote';
      });
      if (!asks && (!after.isLeader || before.isLeader)) return;
      check(
        isMember(node, before.commit),
        name,
        () =>
          `${node.id} ${asks ? 'campaigns' : 'leads'} in view ${after.view}, and takes no part in anything`,
      );
    },
  };
}
