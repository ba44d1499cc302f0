/**
 * Names of chunk files, CCF's:
 *
 *     ledger_<start>                    being written
 *     ledger_<start>-<end>              complete
 *     ledger_<start>-<end>.committed    complete, and everything in it is committed
 *
 * CCF appends `.recovery` to files of a recovery under way, and `.ignored` to files that no longer count.
 */
import type { Seqno } from '@coco/primitives';

/** What the name of a chunk file says. */
export interface ChunkName {
  readonly start: Seqno;
  /** Absent while the file is being written. */
  readonly end?: Seqno;
  readonly committed: boolean;
  readonly recovery: boolean;
  readonly ignored: boolean;
}

const pattern = /^ledger_([1-9]\d{0,15})(?:-([1-9]\d{0,15})(\.committed)?)?(\.recovery)?(\.ignored)?$/;

/** Reads the name of a file, without its directory; undefined when it is not a chunk's. */
export function parseChunkName(name: string): ChunkName | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = match[2] === undefined ? undefined : Number(match[2]);
  if (!Number.isSafeInteger(start) || (end !== undefined && !(Number.isSafeInteger(end) && end >= start))) {
    return undefined;
  }
  return {
    start,
    ...(end !== undefined && { end }),
    committed: match[3] !== undefined,
    recovery: match[4] !== undefined,
    ignored: match[5] !== undefined,
  };
}

/** The name of a chunk file: without `end` while it is being written. */
export function chunkName({
  start,
  end,
  committed = false,
}: {
  readonly start: Seqno;
  readonly end?: Seqno;
  readonly committed?: boolean;
}): string {
  if (end === undefined) return `ledger_${start}`;
  return `ledger_${start}-${end}${committed ? '.committed' : ''}`;
}
