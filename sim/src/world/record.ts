/**
 * Entries as the simulator sees them: a tree. Every record knows the record it was appended after, so "the two logs
 * agree up to here" is one comparison of references, and no hash can collide.
 */
import type { NodeId, Seqno, View } from '@coco/primitives';

/** An entry with its payload. Two entries are the same entry exactly if they are the same object. */
export interface LogRecord {
  readonly view: View;
  readonly seqno: Seqno;
  readonly signature: boolean;
  readonly configuration?: readonly NodeId[];
  readonly retiredCommitted?: readonly NodeId[];
  /** Whom the configuration leaves out for want of a lease: such a node may come back. */
  readonly quarantined?: readonly NodeId[];
  /** Stands for the bytes of the entry; unlike for every record ever made in a run. */
  readonly digest: number;
  /** The entry below it in the log of the primary that made it; undefined for seqno 1. */
  readonly parent: LogRecord | undefined;
}

/** What a primary is to append. */
export type NewEntry = Pick<LogRecord, 'signature' | 'configuration' | 'retiredCommitted' | 'quarantined'>;

/** An ordinary entry. */
export const dataEntry: NewEntry = { signature: false };
/** A signature transaction. */
export const signatureEntry: NewEntry = { signature: true };

/** Seqno of the last signature at or below `upTo`, by default the end of `log`; 0 if none. `log[i]` has seqno i + 1. */
export function signatureAtOrBelow(log: readonly LogRecord[], upTo: Seqno = log.length): Seqno {
  let seqno = Math.min(upTo, log.length);
  while (seqno > 0 && !(log[seqno - 1] as LogRecord).signature) seqno -= 1;
  return seqno;
}
