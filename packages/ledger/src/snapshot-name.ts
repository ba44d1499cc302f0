/**
 * Names of snapshot files, CCF's: the entry whose state it holds, then the entry that is its evidence.
 *
 *     snapshot_<seqno>_<evidenceSeqno>              still without its receipt
 *     snapshot_<seqno>_<evidenceSeqno>.committed    with its receipt appended
 *
 * As with chunks, `.ignored` is appended to files that no longer count.
 */
import type { Seqno } from '@coco/primitives';

/** What the name of a snapshot file says. */
export interface SnapshotName {
  readonly seqno: Seqno;
  /** Higher than `seqno`. */
  readonly evidenceSeqno: Seqno;
  readonly committed: boolean;
  readonly ignored: boolean;
}

const pattern = /^snapshot_([1-9]\d{0,15})_([1-9]\d{0,15})(\.committed)?(\.ignored)?$/;

/** Reads the name of a file, without its directory; undefined when it is not a snapshot's. */
export function parseSnapshotName(name: string): SnapshotName | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const seqno = Number(match[1]);
  const evidenceSeqno = Number(match[2]);
  if (!Number.isSafeInteger(evidenceSeqno) || evidenceSeqno <= seqno) return undefined;
  return { seqno, evidenceSeqno, committed: match[3] !== undefined, ignored: match[4] !== undefined };
}

/** The name of a snapshot file, by default of one that has its receipt. */
export function snapshotName({
  seqno,
  evidenceSeqno,
  committed = true,
}: {
  readonly seqno: Seqno;
  readonly evidenceSeqno: Seqno;
  readonly committed?: boolean;
}): string {
  return `snapshot_${seqno}_${evidenceSeqno}${committed ? '.committed' : ''}`;
}
