/**
 * When this node saw what committed: the newest advances of the commit, by the wall clock. Latency until committed on
 * all nodes is the latest of the nodes' times (P1).
 */
import type { Seqno } from '@coco/primitives';

export interface CommitTime {
  readonly seqno: Seqno;
  /** Milliseconds since 1970, with fractions. */
  readonly atMs: number;
}

export interface CommitTimes {
  add(seqno: Seqno, atMs: number): void;
  /** Advances beyond `seqno`, ascending, as far back as they are kept. */
  after(seqno: Seqno): readonly CommitTime[];
}

const keptMax = 65_536;

export function createCommitTimes(): CommitTimes {
  let times: CommitTime[] = [];
  return {
    add(seqno, atMs) {
      times.push({ seqno, atMs });
      if (times.length >= 2 * keptMax) times = times.slice(keptMax);
    },
    after: (seqno) => times.filter((time) => time.seqno > seqno),
  };
}
