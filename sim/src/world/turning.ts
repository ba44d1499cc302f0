/**
 * Disks that are turned back: whoever owns a disk shows a node that starts an earlier state of it, or of its log or hard
 * state alone. Of fewer nodes than a majority at a time: with so many no log of the others could tell.
 */
import { copyDisk, type SimDisk, showDisk } from './disk.js';
import { pick } from './profile.js';
import { present, type SimNode, type World } from './world.js';

/** A node that was ever alone in a configuration has only its disk to believe: then none is turned back. */
export const turnableMin = 3;
const keptMax = 6;

/** Now and then, whoever owns the disk keeps what is on it. */
export function keepDisk(world: World, node: SimNode): void {
  const { happens, keeps } = world.profile.turning;
  if (!happens || !world.faultsOn || world.random.fraction() >= keeps) return;
  if (node.kept.length >= keptMax) node.kept.splice(1, 1);
  node.kept.push(copyDisk(node.disk));
}

/** Turns back the disk of a node that is down, as long as there are not too many. */
export function turnBack(world: World, node: SimNode): void {
  if (node.machine !== undefined || node.stage !== 'present' || node.kept.length === 0) return;
  const turned = present(world).filter((other) => other !== node && other.hidden !== undefined);
  if (turned.length >= turnedMax(world)) return;
  const real = copyDisk(node.disk);
  const what = pick(world.random, ['hardState', 'log', 'both', 'both'] as const);
  const state = pick(world.random, node.kept);
  showDisk(node.disk, state, what);
  if (isRefused(node.disk)) {
    // The node would not start, and say why: so its owner gives the disk back.
    showDisk(node.disk, real, 'both');
    return;
  }
  node.hidden ??= real.log;
  node.turned = true;
  world.counts.turnedBack += 1;
  world.history.note(
    world.nowUs,
    node.id,
    () => `is turned back (${what}) from ${real.log.length} entries to ${node.disk.log.length}`,
  );
}

/** How many nodes may be turned back and not cleared yet. */
function turnedMax(world: World): number {
  const size = world.initialNodes.length;
  if (!world.membership) return Math.floor(size / 2);
  return size < turnableMin ? 0 : 1;
}

/** Entries of a later view than that of the hard state: nobody starts from that. */
function isRefused({ log, hardState }: SimDisk): boolean {
  return hardState !== undefined && (log.at(-1)?.view ?? 0) > hardState.view;
}
