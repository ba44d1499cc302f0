/**
 * Entries of the ledger as they stand there, for an auditor that decrypts them itself: those of the granted range, a piece at a
 * time. A piece has the form of a chunk file that is being written (chunk.ts of the ledger room). It begins after a signature and
 * ends with one, so that it can be checked by itself, and reaches beyond the range as far as that takes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditRange } from '@coco/governance';
import { chunkHeader, pastEntry } from '@coco/ledger';
import { concatBytes, type Seqno } from '@coco/primitives';
import type { PastChunk } from '../history/ledgerHistory.js';

export interface SealedEntries {
  readonly first: Seqno;
  readonly last: Seqno;
  readonly bytes: Uint8Array;
}

/** A piece ends at the first signature after so many. */
const bytesMax = 2 * 2 ** 20;
const entriesBetweenTurns = 200;

/** The piece with the entry `from`, which `chunk` has. */
export async function sealedEntries(
  { index, source }: PastChunk,
  from: Seqno,
  { to }: Pick<AuditRange, 'to'>,
): Promise<SealedEntries> {
  const before = index.signatures.findLast((seqno) => seqno < from);
  const first = before === undefined ? index.first : before + 1;
  const parts: Uint8Array[] = [chunkHeader()];
  let bytes = 0;
  for (let seqno = first; ; seqno++) {
    const { layout, description } = pastEntry(index, source, seqno);
    parts.push(layout.bytes.slice());
    bytes += layout.bytes.length;
    const isEnough = description.signature && (seqno >= to || bytes >= bytesMax);
    if (isEnough || seqno === index.last) return { first, last: seqno, bytes: concatBytes(...parts) };
    if (parts.length % entriesBetweenTurns === 0) await nextTurn();
  }
}
