/**
 * A node's disk. Writes reach it in order; until the sync that covers them has finished, a crash keeps any prefix of
 * them, and a write cut in the middle (a torn entry, a half-written hard state) counts as not made.
 */
import type { HardState, Ready } from '@coco/consensus';
import { assert, type Random, type Seqno } from '@coco/primitives';
import { type LogRecord, signatureAtOrBelow } from './record.js';

/** What survives a crash, and the writes now on their way to it. */
export interface SimDisk {
  hardState: HardState | undefined;
  /** log[i] has seqno i + 1. Up to `base` it says of what the snapshot is the state. */
  readonly log: LogRecord[];
  /** The place of the snapshot from which the node starts, a committed signature; 0 without one. */
  base: Seqno;
  /** The first entry whose bytes are there: at most the one after `base`. */
  heldFrom: Seqno;
  /** What the node last noted as applied: a lower bound of its commit, noted lazily. */
  commit: Seqno;
  syncing: readonly DiskWrite[];
}

/** The disk at a moment at which nothing was on its way to it. */
export type DiskState = Readonly<Omit<SimDisk, 'syncing'>>;

/** One indivisible change of the disk. */
export type DiskWrite =
  | { readonly type: 'rollback'; readonly to: Seqno }
  | { readonly type: 'hardState'; readonly hardState: HardState }
  | { readonly type: 'entry'; readonly record: LogRecord };

export function createDisk(): SimDisk {
  return { hardState: undefined, log: [], base: 0, heldFrom: 1, commit: 0, syncing: [] };
}

/** The writes that a Ready asks for, in the order of the contract: roll back, hard state, entries. */
export function writesOf(ready: Ready, appended: readonly LogRecord[]): DiskWrite[] {
  const writes: DiskWrite[] = [];
  if (ready.rollbackTo !== undefined) writes.push({ type: 'rollback', to: ready.rollbackTo });
  if (ready.hardState !== undefined) writes.push({ type: 'hardState', hardState: ready.hardState });
  for (const record of appended) writes.push({ type: 'entry', record });
  return writes;
}

/** The sync has finished: all of it is durable. */
export function finishSync(disk: SimDisk): void {
  perform(disk, disk.syncing, disk.syncing.length);
  disk.syncing = [];
}

/** Power is lost: some prefix of what was being synced survives. Returns how many writes were lost. */
export function losePower(disk: SimDisk, random: Random): number {
  const writes = disk.syncing;
  const kept = random.integer(writes.length + 1);
  perform(disk, writes, kept);
  disk.syncing = [];
  return writes.length - kept;
}

/** What is durable now. */
export function copyDisk({ hardState, log, base, heldFrom, commit }: SimDisk): DiskState {
  return { hardState, log: log.slice(), base, heldFrom, commit };
}

/** Shows something else than what was written last: the hard state, the log, or both. */
export function showDisk(disk: SimDisk, state: DiskState, what: 'hardState' | 'log' | 'both'): void {
  if (what !== 'log') disk.hardState = state.hardState;
  if (what === 'hardState') return;
  disk.log.splice(0, disk.log.length, ...state.log);
  disk.base = state.base;
  disk.heldFrom = state.heldFrom;
  disk.commit = state.commit;
}

/** What a restart does first: entries after the last signature are cut off. Returns how many. */
export function cutUnsigned(disk: SimDisk): number {
  const end = signatureAtOrBelow(disk.log);
  const cut = disk.log.length - end;
  disk.log.length = end;
  return cut;
}

function perform(disk: SimDisk, writes: readonly DiskWrite[], count: number): void {
  for (let i = 0; i < count; i++) {
    const write = writes[i] as DiskWrite;
    if (write.type === 'rollback') {
      if (disk.log.length > write.to) disk.log.length = write.to;
    } else if (write.type === 'hardState') {
      disk.hardState = write.hardState;
    } else {
      assert(write.record.seqno === disk.log.length + 1, 'entries reach the disk one after the other');
      disk.log.push(write.record);
    }
  }
}
