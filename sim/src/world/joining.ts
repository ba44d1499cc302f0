/**
 * How nodes come to their disks: a joiner from a snapshot of what another node knows to be committed, one that is too
 * far behind likewise, and one that starts again from its own.
 */
import type { Seqno } from '@coco/primitives';
import { crashNode, startNode } from './driver.js';
import { pick } from './profile.js';
import { signatureAtOrBelow } from './record.js';
import { isOutBy } from './standing.js';
import { present, type SimNode, type World } from './world.js';

/** A node that nobody knew starts, and waits to be added. */
export function joinOne(world: World): void {
  const joiner = world.nodes.find(({ stage }) => stage === 'absent');
  if (joiner === undefined) return;
  const source = pick(world.random, present(world));
  joiner.stage = 'present';
  world.counts.joins += 1;
  // Now and then one brings nothing, and is to be given the ledger from its beginning.
  if (world.random.fraction() >= world.profile.membership.joinsEmpty) install(world, joiner, source);
  startNode(world, joiner);
}

/**
 * A node starts again, from a snapshot of `source` where its own log does not hold that; from what it has when that node
 * has quarantined it.
 */
export function rejoin(world: World, node: SimNode, source: SimNode): void {
  if (node.stage !== 'present') return;
  crashNode(world, node);
  if (isOutBy(world.standings, source.log, node.id) === undefined) install(world, node, source);
  world.counts.rejoins += 1;
  startNode(world, node);
}

/** The peers that some primary cannot serve any more start again from a snapshot of that primary. */
export function rescue(world: World): void {
  for (const primary of world.nodes) {
    if (primary.machine?.isLeader !== true || primary.paused) continue;
    const { peers } = primary.machine.status();
    for (const id of Object.keys(peers)) {
      const node = world.byId.get(id);
      if (peers[id]?.needsSnapshot !== true || node?.stage !== 'present' || node === primary) continue;
      if (world.random.fraction() < 0.5) rejoin(world, node, primary);
    }
  }
}

/** Before a start, now and then: the node takes up a snapshot of its own, and perhaps throws away what is older. */
export function shortenLog(world: World, { disk }: SimNode): void {
  const { random, profile } = world;
  if (random.fraction() >= profile.membership.shortens) return;
  const seqno = signatureAtOrBelow(disk.log, disk.commit);
  if (seqno <= disk.base) return;
  disk.base = seqno;
  if (random.fraction() < 0.5) disk.heldFrom = seqno + 1;
}

/** Puts a snapshot of what `source` has applied on the disk of `node`, unless its log holds that place already. */
function install(world: World, { disk, id }: SimNode, source: SimNode): void {
  const seqno = snapshotPlace(world, source);
  const record = source.log[seqno - 1];
  if (record === undefined) return;
  if (world.honours.keepsLogOnRejoin && disk.log[seqno - 1] === record) return;
  disk.log.splice(0, disk.log.length, ...source.log.slice(0, seqno));
  disk.base = seqno;
  disk.heldFrom = seqno + 1;
  disk.commit = seqno;
  if (!world.honours.keepsHardStateOnRejoin) disk.hardState = undefined;
  world.history.note(world.nowUs, id, () => `takes a snapshot at ${seqno} from ${source.id}`);
}

/** A committed signature: mostly the latest, else any. */
function snapshotPlace({ random, honours }: World, source: SimNode): Seqno {
  const upTo = honours.snapshotsOnlyCommitted ? source.applied : source.log.length;
  const at = random.fraction() < 0.6 ? upTo : random.integer(upTo + 1);
  // One that is asked for now and then is older than what the source itself holds, which is no harm.
  return signatureAtOrBelow(source.log, at);
}
