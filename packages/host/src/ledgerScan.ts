/**
 * What a node finds in its ledger directory when it starts: which chunks, with which entries, and whether what is
 * wrong with them is what a crash leaves (cut off) or damage (refused, with the place).
 *
 * A crash in the middle of a write leaves a prefix of it: an entry that ends early, a positions table that ends
 * early, or bytes that the file system allocated and never filled (zeros). Nobody was told of such a write, so
 * cutting it loses nothing. Everything else is damage, above all a bad entry with a good one behind it: a node
 * that shortened its ledger there would break promises that it made. No key is needed for any of this; that
 * entries are authentic is the ledger room's to say, as it reads them.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ByteReader, CocoError, equalBytes, type Seqno } from '@coco/primitives';
import { type BufferedFile, openBufferedFile } from './bufferedFile.js';
import {
  type ChunkName,
  describeEntry,
  encodePositions,
  formatChunkName,
  parseChunkName,
} from './chunkFormat.js';
import { onDiskSync } from './disk.js';

/** Chunks in `directory`, ascending, without holes or overlaps; only the last may be unfinished. */
export function scanLedgerDirectory(directory: string): readonly ChunkName[] {
  const files = onDiskSync('list a directory', directory, () => readdirSync(directory));
  const names = files
    .map((file) => parseChunkName(file))
    .filter((name) => name !== undefined)
    .sort((a, b) => a.start - b.start || (a.end ?? 0) - (b.end ?? 0));
  names.forEach((name, index) => {
    checkFollows(directory, names[index - 1], name);
  });
  return names;
}

function checkFollows(directory: string, before: ChunkName | undefined, name: ChunkName): void {
  const file = formatChunkName(name);
  const expected = before === undefined ? 1 : (before.end ?? before.start) + 1;
  if (name.end !== undefined && name.end < name.start) {
    throw ledgerDamage(join(directory, file), 0, 'its name says that it ends before it begins');
  }
  if (before !== undefined && (name.start < expected || before.end === undefined)) {
    throw new CocoError(
      'COCO_HOST_LEDGER_FORK',
      `${formatChunkName(before)} and ${file} claim the same entries; keep the one that belongs to this node`,
      { directory, first: formatChunkName(before), second: file },
    );
  }
  if (name.start > expected) {
    throw new CocoError(
      'COCO_HOST_LEDGER_HOLE',
      `the entries ${expected} to ${name.start - 1} are missing: no chunk between them and ${file}`,
      { directory, from: expected, to: name.start - 1 },
    );
  }
}

/** COCO_HOST_LEDGER_DAMAGED at `offset` bytes into `file`. */
export function ledgerDamage(file: string, offset: number, reason: string): CocoError {
  return new CocoError('COCO_HOST_LEDGER_DAMAGED', `${file} is damaged at offset ${offset}: ${reason}`, {
    file,
    offset,
    reason,
  });
}

/** Bytes before a chunk's first entry. */
export const chunkHeaderBytes = 8;
const entryHeaderBytes = 8;

/** What an unfinished chunk holds. */
export interface UnfinishedScan {
  /** Offset of each entry. */
  readonly positions: readonly number[];
  /** Where the entries end: the length that the file should have. */
  readonly entriesEnd: number;
  /** The last signature entry, or 0 when there is none. */
  readonly lastSignature: Seqno;
  /** Size of the file as found. */
  readonly fileBytes: number;
  /** The chunk's header is not zero: a crash interrupted its completion. */
  readonly headerSet: boolean;
}

/** Reads the unfinished chunk at `path` entry by entry. COCO_HOST_LEDGER_DAMAGED for other than a torn last write. */
export function scanUnfinishedChunk(path: string, start: Seqno): UnfinishedScan {
  const file = openBufferedFile(path);
  try {
    const header = readChunkHeader(file, path);
    const positions: number[] = [];
    let offset = Math.min(chunkHeaderBytes, file.size);
    let lastSignature = 0;
    while (offset < file.size) {
      const entry = entryAt(file, offset, start + positions.length);
      if (entry === undefined) break;
      if (entry.signature) lastSignature = start + positions.length;
      positions.push(offset);
      offset += entry.size;
    }
    checkTorn(file, path, offset, start + positions.length, positions);
    if (header !== 0 && header < offset) {
      throw ledgerDamage(path, 0, 'its header says that the entries end before they do');
    }
    return { positions, entriesEnd: offset, lastSignature, fileBytes: file.size, headerSet: header !== 0 };
  } finally {
    file.close();
  }
}

/** The chunk's first field; 0 when the file is too short to have it. */
function readChunkHeader(file: BufferedFile, path: string): number {
  const bytes = file.read(0, chunkHeaderBytes);
  if (bytes.length < chunkHeaderBytes) return 0;
  try {
    return new ByteReader(bytes).u64();
  } catch {
    throw ledgerDamage(path, 0, 'its header is not a position');
  }
}

/** The whole and well-formed entry `seqno` at `offset`, if there is one. */
function entryAt(
  file: BufferedFile,
  offset: number,
  seqno: Seqno,
): { readonly size: number; readonly signature: boolean } | undefined {
  const head = file.read(offset, entryHeaderBytes);
  if (head.length < entryHeaderBytes) return undefined;
  const size = entryHeaderBytes + new ByteReader(head, 2).u48();
  if (offset + size > file.size) return undefined;
  try {
    const entry = describeEntry(file.read(offset, size));
    return entry.seqno === seqno ? { size, signature: entry.signature } : undefined;
  } catch {
    return undefined;
  }
}

/** Accepts what follows the last good entry when a crash can have left it; else says what is wrong. */
function checkTorn(
  file: BufferedFile,
  path: string,
  offset: number,
  expected: Seqno,
  positions: readonly number[],
): void {
  const rest = file.read(offset, file.size - offset);
  if (rest.every((byte) => byte === 0)) return;
  const table = encodePositions(positions);
  if (rest.length <= table.length && equalBytes(rest, table.subarray(0, rest.length))) return;
  const fault = headFault(rest, expected);
  if (fault !== undefined) throw ledgerDamage(path, offset, fault);
  const later = findLaterEntry(rest, expected);
  if (later !== undefined) {
    throw ledgerDamage(
      path,
      offset,
      `entry ${expected} is bad, and entry ${later.seqno} follows at offset ${offset + later.at}`,
    );
  }
}

/** Why `rest` cannot be the beginning of entry `expected`, cut short; undefined when it can. */
function headFault(rest: Uint8Array, expected: Seqno): string | undefined {
  if (rest[0] !== 1) return `version ${rest[0]} of an entry is not known`;
  if ((rest[1] ?? 0) > 3) return 'an entry has unknown flags';
  if (rest.length < entryHeaderBytes) return undefined;
  const size = new ByteReader(rest, 2).u48();
  if (entryHeaderBytes + size <= rest.length) return `entry ${expected} is malformed`;
  if (rest.length < seqnoInIv + 8) return undefined;
  return readSeqno(rest, seqnoInIv) === expected ? undefined : `what begins here is not entry ${expected}`;
}

/** Where an entry's initialisation vector names its seqno: after the header and the 16-byte tag. */
const seqnoInIv = entryHeaderBytes + 16;

function readSeqno(bytes: Uint8Array, at: number): Seqno {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
}

/** A whole later entry somewhere in `rest`, whose beginning is bad. */
function findLaterEntry(
  rest: Uint8Array,
  expected: Seqno,
): { readonly at: number; readonly seqno: Seqno } | undefined {
  const last = rest.length - seqnoInIv - 8;
  for (let at = 1; at <= last; at++) {
    if (rest[at] !== 1 || (rest[at + 1] as number) > 3) continue;
    const size = entryHeaderBytes + new ByteReader(rest, at + 2).u48();
    if (at + size > rest.length || readSeqno(rest, at + seqnoInIv) <= expected) continue;
    try {
      return { at, seqno: describeEntry(rest.subarray(at, at + size)).seqno };
    } catch {
      // Only looked like one.
    }
  }
  return undefined;
}

/** What a complete chunk's table says. */
export interface CompleteScan {
  readonly positions: readonly number[];
  readonly entriesEnd: number;
}

/** Reads the positions table of the complete chunk `start`..`end` at `path`. COCO_HOST_LEDGER_DAMAGED. */
export function scanCompleteChunk(path: string, start: Seqno, end: Seqno): CompleteScan {
  const file = openBufferedFile(path);
  try {
    const count = end - start + 1;
    const entriesEnd = readChunkHeader(file, path);
    if (entriesEnd < chunkHeaderBytes || entriesEnd + 4 * count !== file.size) {
      throw ledgerDamage(path, 0, `its header and size do not fit the ${count} entries of its name`);
    }
    const table = new ByteReader(file.read(entriesEnd, 4 * count));
    const positions: number[] = [];
    for (let least = chunkHeaderBytes; positions.length < count; ) {
      const at = entriesEnd + 4 * positions.length;
      const position = table.u32();
      if (positions.length === 0 ? position !== chunkHeaderBytes : position < least) {
        throw ledgerDamage(path, at, 'its table of positions is not ascending');
      }
      positions.push(position);
      least = position + entryHeaderBytes;
    }
    if ((positions.at(-1) as number) + entryHeaderBytes > entriesEnd) {
      throw ledgerDamage(path, entriesEnd, 'its table of positions points beyond the entries');
    }
    return { positions, entriesEnd };
  } finally {
    file.close();
  }
}
