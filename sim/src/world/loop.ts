/**
 * Time: takes what is planned next and lets it happen.
 */
import { springAmbush, strikeAtRandom } from './adversary.js';
import { completeSync, startNode, stepNode, tellSynced } from './driver.js';
import { shortenLog } from './joining.js';
import { mendLinks } from './network.js';
import { reconfigure } from './reconfiguration.js';
import { keepDisk } from './turning.js';
import { ask, work } from './workload.js';
import type { Happening, SimNode, World } from './world.js';

/** Runs the world until `untilUs`, or until `isDone` (asked about once per simulated millisecond) says so. */
export function runUntil(world: World, untilUs: number, isDone: () => boolean = () => false): void {
  let askUs = world.nowUs;
  for (let nextUs = world.queue.nextUs(); nextUs <= untilUs; nextUs = world.queue.nextUs()) {
    world.nowUs = nextUs;
    happen(world, world.queue.pop());
    if (nextUs < askUs) continue;
    if (isDone()) return;
    askUs = nextUs + 1000;
  }
  world.nowUs = untilUs;
}

/** Lets a paused node go on, with all that reached it meanwhile. */
export function resumeNode(world: World, node: SimNode): void {
  if (!node.paused) return;
  node.paused = false;
  world.history.note(world.nowUs, node.id, () => `goes on, ${node.held.length} happenings late`);
  for (const happening of node.held.splice(0)) world.queue.push(world.nowUs, happening);
}

function happen(world: World, happening: Happening): void {
  switch (happening.type) {
    case 'deliver':
      deliver(world, happening);
      break;
    case 'tick':
      tick(world, happening);
      break;
    case 'synced':
      synced(world, happening);
      break;
    case 'told':
      if (isPresent(happening.node, happening.life, happening)) tellSynced(world, happening.node);
      break;
    case 'resume':
      if (happening.life === happening.node.life) resumeNode(world, happening.node);
      break;
    case 'restart':
      if (happening.life === happening.node.life) restartNode(world, happening.node);
      break;
    case 'mend':
      if (happening.healing === world.healing) mendLinks(world, happening.links);
      break;
    case 'strike':
      strikeAtRandom(world);
      break;
    case 'ambush':
      springAmbush(world, happening.fault, happening.victim);
      break;
    case 'work':
      work(world);
      break;
    case 'ask':
      ask(world);
      break;
    case 'reconfigure':
      if (happening.healing === world.healing) reconfigure(world);
      break;
  }
}

/** A node that was down starts again. */
export function restartNode(world: World, node: SimNode): void {
  if (world.membership) shortenLog(world, node);
  startNode(world, node);
}

/** Whether the node lives the life that the happening belongs to and is awake; a sleeping node gets it later. */
function isPresent(node: SimNode, life: number, happening: Happening): boolean {
  if (node.life !== life || node.machine === undefined) return false;
  if (node.paused) node.held.push(happening);
  return !node.paused;
}

function deliver(world: World, happening: Happening & { type: 'deliver' }): void {
  const { envelope } = happening;
  const { from, to, message, records } = envelope;
  if (!world.faultsOn && envelope.healing !== world.healing) return;
  if (!isPresent(to, to.life, happening)) return;
  const withEntries = message.type === 'appendEntries' && records.length > 0;
  stepNode(
    world,
    to,
    { type: 'receive', from: from.id, message: withEntries ? { ...message, entries: records } : message },
    envelope,
  );
}

function tick(world: World, happening: Happening & { type: 'tick' }): void {
  const { node, life } = happening;
  if (!isPresent(node, life, happening)) return;
  const passedMs = ((world.nowUs - node.lastTickUs) / 1000) * node.clockRate;
  const ms = Math.floor(passedMs);
  // What is less than a millisecond is carried over, or a slow clock would lose it for ever.
  node.lastTickUs =
    node.clockRate > 0 ? world.nowUs - ((passedMs - ms) * 1000) / node.clockRate : world.nowUs;
  const tickUs = world.profile.tickMs * 1000;
  world.queue.push(world.nowUs + Math.ceil(tickUs * (0.7 + 0.6 * world.random.fraction())), {
    type: 'tick',
    node,
    life,
  });
  stepNode(world, node, { type: 'elapsed', ms });
}

function synced(world: World, { node, sync }: Happening & { type: 'synced' }): void {
  if (node.sync !== sync) return;
  // Once only, also when the end of this sync was planned twice.
  node.sync += 1;
  completeSync(node);
  keepDisk(world, node);
  const told: Happening = { type: 'told', node, life: node.life };
  if (isPresent(node, node.life, told)) tellSynced(world, node);
}
