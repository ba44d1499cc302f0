/**
 * Finds entries in a damaged chunk, by their looks: to say which of two neighbours is the damaged one, and whether
 * what follows a bad entry was signed.
 */
import type { Seqno } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import { entryPrefixBytes, headerBytes, parseEntry, parseEntryHeader, parseEntryPrefix } from './entry.js';
import { readSignature } from './signature-read.js';

/** Where in the file the first thing that looks like the entry `seqno` is, from offset `from` on. */
export function findEntry(source: ChunkSource, from: number, seqno: Seqno): number | undefined {
  for (const found of candidates(source, from)) if (found.seqno === seqno) return found.offset;
  return undefined;
}

/**
 * Whether a well-formed signature transaction later than `seqno` follows from offset `from` on. Also true when the
 * file holds so many half entries that the search is given up: who cannot tell must not cut.
 */
export function signatureFollows(source: ChunkSource, from: number, seqno: Seqno): boolean {
  let budget = 4 * (source.size - from);
  const seqnoMax = seqno + Math.ceil((source.size - from) / entryPrefixBytes);
  for (const found of candidates(source, from)) {
    if (found.seqno <= seqno || found.seqno > seqnoMax) continue;
    budget -= found.length;
    if (budget < 0) return true;
    if (isSignature(source.readAt(found.offset, found.length))) return true;
  }
  return false;
}

function isSignature(bytes: Uint8Array): boolean {
  try {
    const layout = parseEntry(bytes);
    readSignature({ ...layout, privateLength: layout.ciphertext.length });
    return true;
  } catch {
    return false;
  }
}

interface Candidate {
  readonly offset: number;
  readonly length: number;
  readonly seqno: Seqno;
}

const blockBytes = 65_536;

/** Every offset at which an entry's first fields make sense and the whole entry fits into the file. */
function* candidates(source: ChunkSource, from: number): Generator<Candidate> {
  for (let start = from; start + entryPrefixBytes <= source.size; start += blockBytes) {
    const length = Math.min(blockBytes + entryPrefixBytes - 1, source.size - start);
    const block = source.readAt(start, length);
    for (let at = 0; at + entryPrefixBytes <= length; at++) {
      if (block[at] !== 1) continue;
      const found = candidateAt(block.subarray(at, at + entryPrefixBytes), start + at, source.size);
      if (found !== undefined) yield found;
    }
  }
}

function candidateAt(prefix: Uint8Array, offset: number, end: number): Candidate | undefined {
  try {
    const length = headerBytes + parseEntryHeader(prefix).size;
    if (offset + length > end) return undefined;
    return { offset, length, seqno: parseEntryPrefix(prefix).seqno };
  } catch {
    return undefined;
  }
}
