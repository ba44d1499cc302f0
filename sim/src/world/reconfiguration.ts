/**
 * Nodes that come and go: what governance does at a primary. A configuration is an entry like others; once the leaving
 * of a node is committed, another entry records that. When that is committed in turn, the node is switched off for good,
 * unless it is only quarantined (leases.ts).
 */
import type { NodeId } from '@coco/primitives';
import { appendAt, crashNode } from './driver.js';
import { joinOne, rescue } from './joining.js';
import { enforceLeases, passLeases } from './leases.js';
import { waitingMs } from './profile.js';
import { type NewEntry, signatureEntry } from './record.js';
import { activeIn, leavingAt, type Standing, standingIn } from './standing.js';
import { turnableMin } from './turning.js';
import { isReady } from './workload.js';
import { present, type SimNode, type World } from './world.js';

const membersMax = 7;
/** Configurations that a primary lets be in flight at once. */
const inFlightMax = 3;
const calmMs = 30;

/** Plans the first change, at the beginning and when the world has healed, in runs in which membership changes. */
export function beginReconfigurations(world: World): void {
  if (world.membership) planReconfiguration(world);
}

/**
 * Nodes join; whoever believes to be primary records who has left, and perhaps changes who takes part; what is not needed
 * any more is switched off.
 */
export function reconfigure(world: World): void {
  planReconfiguration(world);
  const { random } = world;
  if (world.faultsOn && random.fraction() < 0.6) joinOne(world);
  if (world.faultsOn) passLeases(world);
  for (const node of world.nodes) {
    if (!isReady(node)) continue;
    recordRetirements(world, node);
    if (isReady(node)) enforceLeases(world, node);
    if (world.faultsOn && world.workloadOn && isReady(node)) changeMembers(world, node);
  }
  rescue(world);
  switchOffRetired(world);
}

/** Ids of nodes whose leaving somebody knows to be on record and committed: nobody needs them any more. */
export function retiredForGood(world: World): Set<NodeId> {
  const gone = new Set<NodeId>();
  for (const { log, machine } of world.nodes) {
    if (machine === undefined) continue;
    const standing = standingIn(world.standings, log, machine.commit);
    const left = world.honours.switchesOffWhenRecorded ? [] : leavingAt(standing);
    for (const id of [...standing.retired.keys(), ...left]) if (!standing.out.has(id)) gone.add(id);
  }
  return gone;
}

/** Turns a node off for good. */
export function switchOff(world: World, node: SimNode): void {
  crashNode(world, node);
  node.stage = 'gone';
  world.counts.retired += 1;
  world.history.note(world.nowUs, node.id, () => 'is switched off for good');
}

function switchOffRetired(world: World): void {
  const gone = retiredForGood(world);
  for (const node of present(world)) {
    if (gone.has(node.id) && world.random.fraction() < 0.6) switchOff(world, node);
  }
}

/** Says of nodes whose leaving is committed that it is. */
function recordRetirements(world: World, node: SimNode): void {
  const left = leavingAt(standingIn(world.standings, node.log));
  const committed = left.filter((id) => node.machine?.mayRecord([id]) === true);
  if (committed.length === 0) return;
  appendAt(world, node, [{ signature: false, retiredCommitted: committed }, signatureEntry]);
}

function changeMembers(world: World, node: SimNode): void {
  const { random, standings } = world;
  if (activeIn(standings, node.log, node.machine?.commit ?? 0).length > inFlightMax) return;
  const standing = standingIn(standings, node.log);
  const members = standing.configuration.nodes;
  const next = nextMembers(world, standing).slice(0, membersMax);
  if (world.profile.turning.happens && next.length < turnableMin) return;
  if (next.length === 0 || (next.length === members.length && next.every((id) => members.includes(id)))) {
    return;
  }
  world.counts.configurations += 1;
  const change: NewEntry = { signature: false, configuration: next };
  appendAt(world, node, random.fraction() < 0.7 ? [change, signatureEntry] : [change]);
}

/** Who is to take part next, in the style of the run. */
function nextMembers(world: World, { configuration, known }: Standing): readonly NodeId[] {
  const { random, profile } = world;
  const members = configuration.nodes;
  const fresh = present(world)
    .map(({ id }) => id)
    .filter((id) => !known.has(id));
  switch (profile.membership.style) {
    case 'oneByOne': {
      // The longest-standing leaves for whoever waits: in the end nobody is left of those who were there first.
      const [joins] = fresh;
      if (joins === undefined) return members;
      return random.fraction() < 0.5 ? [...members.slice(1), joins] : [...members, joins].slice(-membersMax);
    }
    case 'allAtOnce':
      return fresh.length >= Math.min(3, members.length) ? fresh : members;
    case 'anyhow': {
      // Mostly one at a time; now and then half of them, or all.
      const leave = [0.1, 0.1, 0.2, 0.6, 1][random.integer(5)] as number;
      const stay = members.filter(() => random.fraction() >= leave);
      return [...stay, ...fresh.slice(0, random.integer(3))];
    }
  }
}

function planReconfiguration(world: World): void {
  // In the calm nothing is left lying: a peer that needs a snapshot may be the one that a quorum needs.
  const meanMs = world.faultsOn ? world.profile.membership.everyMs : calmMs;
  const ms = waitingMs(world.random, meanMs);
  world.queue.push(world.nowUs + 1 + Math.ceil(ms * 1000), { type: 'reconfigure', healing: world.healing });
}
