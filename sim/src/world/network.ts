/**
 * The invented network: every message may be late, lost, doubled or overtaken, and any link may be cut in one
 * direction without the other knowing.
 */
import { isCutOff } from './links.js';
import { type NetworkProfile, waitingMs } from './profile.js';
import type { Envelope, World } from './world.js';

/** Puts a message on the wire. */
export function transmit(world: World, envelope: Envelope): void {
  const { network } = world.profile;
  const { random, counts } = world;
  const link = envelope.from.index * world.nodes.length + envelope.to.index;
  counts.sent += 1;
  const isCut = (world.cuts[link] as number) > 0 || (world.membership && isCutOff(world, envelope));
  if (isCut || (network.drop > 0 && random.fraction() < network.drop)) {
    counts.dropped += 1;
    return;
  }
  plan(world, envelope, link);
  if (network.duplicate > 0 && random.fraction() < network.duplicate) plan(world, envelope, link);
}

function plan(world: World, envelope: Envelope, link: number): void {
  const { network } = world.profile;
  let atUs = world.nowUs + Math.ceil(delayMs(world, network) * 1000);
  if (network.inOrder) {
    atUs = Math.max(atUs, world.arrivals[link] as number);
    world.arrivals[link] = atUs;
  }
  world.queue.push(atUs, { type: 'deliver', envelope });
}

function delayMs(world: World, network: NetworkProfile): number {
  let ms = network.baseMs + waitingMs(world.random, network.jitterMs);
  if (network.straggle > 0 && world.random.fraction() < network.straggle) {
    ms += waitingMs(world.random, network.straggleMs);
  }
  return ms;
}

/** Cuts links (from * nodes + to); cuts add up, each is mended on its own. */
export function cutLinks(world: World, links: readonly number[]): void {
  world.counts.cuts += 1;
  for (const link of links) world.cuts[link] = (world.cuts[link] as number) + 1;
}

/** Takes back one cut of these links. */
export function mendLinks(world: World, links: readonly number[]): void {
  for (const link of links) world.cuts[link] = Math.max(0, (world.cuts[link] as number) - 1);
}

/** Takes back every cut, also those whose mending is still planned. */
export function mendAll(world: World): void {
  world.cuts.fill(0);
  world.arrivals.fill(0);
  world.healing += 1;
}
