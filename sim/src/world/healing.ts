/**
 * The end of the storm: what was broken is mended, wholly or but for a few links, so that liveness can be demanded.
 */
import { hurrySync, startNode } from './driver.js';
import { linkOf, shuffled } from './faults.js';
import { renew } from './leases.js';
import { resumeNode } from './loop.js';
import { mendAll } from './network.js';
import { beginReconfigurations, retiredForGood, switchOff } from './reconfiguration.js';
import { present, type SimNode, type World } from './world.js';

/**
 * Stops all faults, mends all links, wakes and restarts all nodes; network and disks become quick. The first time, some
 * nodes without a lease renew it; the others stay without.
 */
export function heal(world: World): void {
  const { profile, random } = world;
  const isFirst = world.faultsOn;
  world.faultsOn = false;
  mendAll(world);
  beginReconfigurations(world);
  world.history.note(world.nowUs, 'world', () => 'heals');
  world.profile = {
    ...profile,
    network: { baseMs: 0.3, jitterMs: 0.5, drop: 0, duplicate: 0, straggle: 0, straggleMs: 0, inOrder: true },
    disk: { baseMs: 0.3, jitterMs: 0.5, spike: 0, spikeMs: 0 },
  };
  const gone = retiredForGood(world);
  for (const node of present(world)) {
    if (gone.has(node.id)) {
      switchOff(world, node);
      continue;
    }
    if (isFirst && random.fraction() < 0.5) renew(world, node);
    if (node.machine === undefined) startNode(world, node);
    resumeNode(world, node);
    hurrySync(world, node);
    node.clockRate = 1 + profile.clockSpread * (2 * random.fraction() - 1);
  }
}

/** Cuts links between `nodes` at random, but leaves each in touch, both ways, with enough others to make a majority. */
export function cutSomeLinks(world: World, nodes: readonly SimNode[]): void {
  const size = nodes.length;
  const spare = size - (Math.floor(size / 2) + 1);
  const missing = new Array<number>(world.nodes.length).fill(0);
  for (const a of shuffled(world, nodes)) {
    for (const b of shuffled(world, nodes)) {
      const isFull = (missing[a.index] as number) >= spare || (missing[b.index] as number) >= spare;
      if (a.index >= b.index || isFull || world.random.fraction() < 0.3) continue;
      missing[a.index] = (missing[a.index] as number) + 1;
      missing[b.index] = (missing[b.index] as number) + 1;
      cut(world, a, b);
      if (world.random.fraction() < 0.8) cut(world, b, a);
    }
  }
}

/** Nothing reaches `node` any more; what it sends arrives. */
export function deafen(world: World, node: SimNode): void {
  for (const other of world.nodes) if (other !== node) cut(world, other, node);
}

function cut(world: World, from: SimNode, to: SimNode): void {
  world.cuts[linkOf(world, from, to)] = 1;
  world.history.note(world.nowUs, 'network', () => `${from.id}>${to.id} stays cut`);
}
