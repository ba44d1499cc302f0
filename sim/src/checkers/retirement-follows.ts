/**
 * Local: how far a node says that its own retirement is follows from its log: where it left last, if no later
 * configuration has it again; how much of that is signed, committed, on record; and that it is silent exactly when it is
 * gone.
 */
import type { RetirementPhase } from '@coco/consensus';
import type { NodeId, Seqno } from '@coco/primitives';
import { activeIn, standingIn } from '../world/standing.js';
import type { SimNode, World } from '../world/world.js';
import { type Checker, check } from './checker.js';

const name = 'retirement-follows-log';

export function retirementFollows(world: World): Checker {
  /** What each node was last found to say: most steps change nothing. */
  const seen = new Map<NodeId, string>();
  return {
    name,
    started(node) {
      seen.delete(node.id);
    },
    step({ node, appended, removed, ready, after, status }) {
      if (appended.length === 0 && removed.length === 0 && ready.commit === undefined) return;
      const wanted = phaseIn(world, node, after.commit) ?? 'Active';
      const key = `${wanted} ${after.isLeader}`;
      if (seen.get(node.id) === key) return;
      seen.set(node.id, key);
      const { retirementPhase, membership, leadership } = status();
      const found = retirementPhase ?? membership;
      check(found === wanted, name, () => `${node.id} is ${found}, its log says ${wanted}`);
      check(
        (leadership === 'None') === (wanted === 'RetiredCommitted'),
        name,
        () => `${node.id} is ${leadership}, and by its log ${wanted}`,
      );
    },
  };
}

/** The phase of the node's retirement by its log; undefined where that has it, or never had. */
function phaseIn(world: World, { id, log, disk }: SimNode, commit: Seqno): RetirementPhase | undefined {
  const { standings } = world;
  if (standingIn(standings, log).configuration.nodes.includes(id)) return undefined;
  const active = activeIn(standings, log, commit);
  const last = active.findLastIndex(({ nodes }) => nodes.includes(id));
  if (last !== -1) {
    const leftAt = active[last + 1]?.seqno ?? 0;
    return log.some(({ seqno, signature }) => signature && seqno > leftAt) ? 'Signed' : 'Ordered';
  }
  const { known, retired } = standingIn(standings, log, commit);
  const recordedAt = retired.get(id);
  if (recordedAt === undefined) return known.has(id) ? 'Completed' : undefined;
  // Of who was gone before it, a snapshot says nothing.
  return recordedAt > disk.base ? 'RetiredCommitted' : undefined;
}
