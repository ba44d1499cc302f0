/**
 * What can befall nodes and links, by name, aimed at a victim.
 */
import { crashNode, stepNode } from './driver.js';
import { rejoin } from './joining.js';
import { cutLinks } from './network.js';
import { type FaultKind, pick, waitingMs } from './profile.js';
import { turnBack } from './turning.js';
import { present, type SimNode, type World } from './world.js';

/** Lets a fault strike, with `victim` at its centre. */
export function strike(world: World, fault: FaultKind, victim: SimNode): void {
  switch (fault) {
    case 'crash':
      crash(world, victim);
      break;
    case 'crashMajority': {
      const others = shuffled(world, present(world));
      for (const node of others.slice(0, Math.floor(others.length / 2) + 1)) crash(world, node);
      break;
    }
    case 'pause':
      pause(world, victim);
      break;
    case 'clock':
      victim.clockRate = pick(world.random, [0, 0.3, 0.7, 1, 1, 1.4, 3]);
      break;
    case 'transfer':
      transfer(world, victim);
      break;
    case 'rejoin':
      // An operator who takes no chances. Where nobody keeps snapshots it is a restart.
      if (world.membership) rejoin(world, victim, pick(world.random, present(world)));
      else crash(world, victim);
      break;
    case 'turnBack':
      crash(world, victim);
      turnBack(world, victim);
      break;
    default:
      partition(world, fault, victim);
  }
}

function crash(world: World, node: SimNode): void {
  if (node.machine === undefined) return;
  crashNode(world, node);
  world.queue.push(outageEndUs(world), { type: 'restart', node, life: node.life });
}

/** SIGSTOP, until SIGCONT. */
function pause(world: World, node: SimNode): void {
  if (node.machine === undefined || node.paused) return;
  node.paused = true;
  world.counts.pauses += 1;
  world.history.note(world.nowUs, node.id, () => 'is paused');
  world.queue.push(outageEndUs(world), { type: 'resume', node, life: node.life });
}

function transfer(world: World, victim: SimNode): void {
  if (victim.machine === undefined || victim.paused || !victim.machine.isLeader) return;
  const to = pick(world.random, world.nodes).id;
  const named = to !== victim.id && world.random.fraction() < 0.5;
  stepNode(world, victim, named ? { type: 'transferLeadership', to } : { type: 'transferLeadership' });
}

function partition(world: World, fault: FaultKind, victim: SimNode): void {
  const links = linksCut(world, fault, victim);
  if (links.length === 0) return;
  cutLinks(world, links);
  world.history.note(
    world.nowUs,
    'network',
    () => `${fault} around ${victim.id}: cuts ${linksText(world, links)}`,
  );
  world.queue.push(outageEndUs(world), { type: 'mend', links, healing: world.healing });
}

/** The links that a partition of this kind cuts. */
function linksCut(world: World, fault: FaultKind, victim: SimNode): number[] {
  const others = shuffled(
    world,
    present(world).filter((node) => node !== victim),
  );
  switch (fault) {
    case 'split':
    case 'splitOneWay': {
      const side = [victim, ...others.slice(0, world.random.integer(others.length))];
      return between(world, side, outside(world, side), fault === 'splitOneWay' ? 'out' : 'both');
    }
    case 'isolate':
      return between(world, [victim], others, 'both');
    case 'deafen':
      return between(world, [victim], others, 'in');
    case 'mute':
      return between(world, [victim], others, 'out');
    case 'pair': {
      // A primary that reaches too few to commit: the seed of every log conflict.
      const side = [victim, ...others.slice(0, Math.max(1, Math.floor((others.length + 1) / 2) - 1))];
      return between(world, side, outside(world, side), 'both');
    }
    case 'bridge': {
      const half = Math.floor(others.length / 2);
      return between(world, others.slice(0, half), others.slice(half), 'both');
    }
    case 'links': {
      const links: number[] = [];
      for (let link = 0; link < world.cuts.length; link++)
        if (world.random.fraction() < 0.3) links.push(link);
      return links;
    }
    default:
      return [];
  }
}

function outside(world: World, side: readonly SimNode[]): SimNode[] {
  return present(world).filter((node) => !side.includes(node));
}

function between(
  world: World,
  a: readonly SimNode[],
  b: readonly SimNode[],
  way: 'in' | 'out' | 'both',
): number[] {
  const links: number[] = [];
  for (const one of a) {
    for (const other of b) {
      if (way !== 'in') links.push(linkOf(world, one, other));
      if (way !== 'out') links.push(linkOf(world, other, one));
    }
  }
  return links;
}

/** The number of the link from one node to another. */
export function linkOf(world: World, from: SimNode, to: SimNode): number {
  return from.index * world.nodes.length + to.index;
}

function linksText(world: World, links: readonly number[]): string {
  const size = world.nodes.length;
  return links.map((link) => `${Math.floor(link / size)}>${link % size}`).join(' ');
}

function outageEndUs(world: World): number {
  return world.nowUs + 1 + Math.ceil(waitingMs(world.random, world.profile.outageMs) * 1000);
}

/** The same nodes in random order (Fisher and Yates). */
export function shuffled(world: World, nodes: readonly SimNode[]): SimNode[] {
  const order = nodes.slice();
  for (let i = order.length - 1; i > 0; i--) {
    const j = world.random.integer(i + 1);
    const moved = order[i] as SimNode;
    order[i] = order[j] as SimNode;
    order[j] = moved;
  }
  return order;
}
