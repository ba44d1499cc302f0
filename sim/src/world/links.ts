/**
 * Which links are open to a quarantined node. Whoever leads cuts them when its log says so, at the moment of the append,
 * committed or not, and opens them when its log takes the node back. Everyone else waits until the quarantine is committed,
 * for what is not may never be heard of again, and a node that was shut out by mistake could be the one that is needed. A
 * node that has renewed may talk to all again; but nobody sends it entries before it is taken back, for that is the promise.
 */
import { isOutBy, standingAfter } from './standing.js';
import type { Envelope, SimNode, World } from './world.js';

/** Whether the message does not pass, for the host of its sender or of its receiver has cut the link. */
export function isCutOff(world: World, { from, to, message }: Envelope): boolean {
  if (message.type === 'appendEntries' && isOut(world, from, to)) return true;
  if (!world.honours.shunsWhenCommitted) return isOut(world, from, to) || isOut(world, to, from);
  return (to.lapsed && shuns(world, from, to)) || (from.lapsed && shuns(world, to, from));
}

/** Whether the log of `node` says that `other` is quarantined. */
function isOut(world: World, { log, machine }: SimNode, other: SimNode): boolean {
  const upTo = world.honours.cutsOffAtOnce ? log.length : (machine?.commit ?? 0);
  return isOutBy(world.standings, log, other.id, upTo) !== undefined;
}

function shuns(world: World, node: SimNode, other: SimNode): boolean {
  if (!isOut(world, node, other)) return false;
  if (node.machine?.isLeader === true) return true;
  // Who was taken back since, which this node has not heard, can show a receipt for that.
  const isStillOut = standingAfter(world.standings, world.committed).out.has(other.id);
  return isStillOut && isOutBy(world.standings, node.log, other.id, node.machine?.commit ?? 0) !== undefined;
}
