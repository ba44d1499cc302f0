/**
 * Leases: a node that does not renew is quarantined by the primary, which is that a configuration leaves it out and its
 * links are cut as soon as that is appended. When it renews, another configuration has it again, under the same id and
 * with the log that it has.
 */
import type { NodeId } from '@coco/primitives';
import { appendAt, stepNode } from './driver.js';
import { pick } from './profile.js';
import { signatureEntry } from './record.js';
import { activeIn, isOutBy, standingIn } from './standing.js';
import { present, type SimNode, type World } from './world.js';

/** Configurations that a primary lets be in flight for the sake of leases. */
const inFlightMax = 5;

/** Some leases end, and some nodes renew. */
export function passLeases(world: World): void {
  const { random } = world;
  const { lapses, renews } = world.profile.membership;
  for (const node of present(world)) {
    if (node.lapsed && random.fraction() < renews) renew(world, node);
  }
  if (random.fraction() >= lapses) return;
  const node = pick(random, present(world));
  if (node.lapsed) return;
  node.lapsed = true;
  world.history.note(world.nowUs, node.id, () => 'has no lease any more');
}

/** The node has a lease again: whoever reaches it talks to it, and a primary will take it back. */
export function renew(world: World, node: SimNode): void {
  if (!node.lapsed) return;
  node.lapsed = false;
  world.history.note(world.nowUs, node.id, () => 'renews its lease');
}

/** What a primary does about leases: takes back who renewed, leaves out who did not, and yields if that is itself. */
export function enforceLeases(world: World, primary: SimNode): void {
  const { standings, random } = world;
  const { machine, log } = primary;
  if (machine === undefined || activeIn(standings, log, machine.commit).length > inFlightMax) return;
  if (primary.lapsed) {
    if (world.faultsOn && random.fraction() < 0.3 && leaveItself(world, primary)) return;
    yieldLeadership(world, primary);
  }
  const back = renewedBy(world, primary);
  const left = lapsedBy(world, primary);
  if (!machine.isLeader || (left.length === 0 && back.length === 0)) return;
  const staying = standingIn(standings, log).configuration.nodes.filter((id) => !left.includes(id));
  appendChange(world, primary, [...staying, ...back], left);
  world.counts.returned += back.length;
}

/** Nodes that were quarantined by the log of `primary`, and have renewed since. */
export function renewedBy(world: World, { log }: SimNode): NodeId[] {
  return present(world)
    .filter((node) => !node.lapsed && isOutBy(world.standings, log, node.id) !== undefined)
    .map(({ id }) => id);
}

/** Members without a lease that `primary` may leave out, all at once; never itself. */
export function lapsedBy(world: World, { id: self, log, machine }: SimNode): NodeId[] {
  const left: NodeId[] = [];
  for (const id of standingIn(world.standings, log).configuration.nodes) {
    if (id === self || world.byId.get(id)?.lapsed !== true) continue;
    if (machine?.mayLeaveOut([...left, id]) === true) left.push(id);
  }
  return left;
}

/** Leadership is to go to a member that has a lease. */
function yieldLeadership(world: World, primary: SimNode): void {
  const heirs = standingIn(world.standings, primary.log).configuration.nodes.filter(
    (id) => world.byId.get(id)?.lapsed === false,
  );
  if (heirs.length === 0) return;
  stepNode(world, primary, { type: 'transferLeadership', to: pick(world.random, heirs) });
}

/** What no replica should do: it quarantines itself, and finds that nobody listens any more. True when it did. */
function leaveItself(world: World, primary: SimNode): boolean {
  const { standings } = world;
  const { log, machine, id } = primary;
  const members = standingIn(standings, log).configuration.nodes;
  const next = members.filter((other) => other !== id);
  const isSpared = activeIn(standings, log, machine?.commit ?? 0).every(
    ({ nodes }) => 2 * nodes.filter((other) => next.includes(other)).length > nodes.length,
  );
  if (!isSpared || next.length === members.length) return false;
  appendChange(world, primary, next, [id]);
  return true;
}

function appendChange(
  world: World,
  primary: SimNode,
  configuration: readonly NodeId[],
  quarantined: readonly NodeId[],
): void {
  world.counts.configurations += 1;
  world.counts.quarantined += quarantined.length;
  const change = { signature: false, configuration, quarantined };
  appendAt(world, primary, world.random.fraction() < 0.7 ? [change, signatureEntry] : [change]);
}
