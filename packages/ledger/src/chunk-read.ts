/**
 * Reads chunk files, which come from a disk that is not trusted: every length is compared with what the file has
 * before anything is read or allocated, and what is wrong is named by file and byte offset.
 *
 * A write that a crash cut short is no damage: it was never acknowledged. It is told from damage by two rules. It can
 * only be at the end of the last file, which is not complete; and no well-formed signature transaction follows it.
 */
import { CocoError, type ErrorFacts, type Seqno } from '@coco/primitives';
import { type ChunkSource, chunkHeaderBytes } from './chunk.js';
import { type ChunkName, parseChunkName } from './chunk-name.js';
import { findEntry, signatureFollows } from './chunk-search.js';
import { describeLayout } from './describe.js';
import {
  defaultEntryBytesMax,
  type EntryLayout,
  entryPrefixBytes,
  flagChunkBefore,
  headerBytes,
  parseEntry,
  parseEntryHeader,
  parseEntryPrefix,
} from './entry.js';
import type { EntryDescription } from './types.js';

/** An entry and where it is. */
export interface ChunkEntry {
  readonly offset: number;
  readonly layout: EntryLayout;
  readonly description: EntryDescription;
}

/** How a chunk ended. */
export interface ChunkEnd {
  /** It has a table of positions. */
  readonly complete: boolean;
  /** Offset after the last good entry: where to cut a torn file, or to go on writing. 0: not even the header. */
  readonly end: number;
  /** Offsets of the entries. */
  readonly positions: readonly number[];
  /** Present when the last write was cut short. */
  readonly torn?: { readonly bytes: number; readonly reason: string };
}

/** How to read a chunk. */
export interface ReadChunkOptions {
  /** It is the last file: a last write that was cut short is reported in `torn`, not thrown. Default false. */
  readonly last?: boolean;
  /** Larger entries are refused. Default 64 MiB. */
  readonly entryBytesMax?: number;
  /** Looks into each entry, for example decrypts it; what it throws counts as that entry being bad. */
  readonly check?: (entry: ChunkEntry) => void;
}

/**
 * Yields the entries of a chunk in order, each once the place of the next is known to be good. Throws
 * COCO_LEDGER_CHUNK_NAME for a name that is not a chunk's; COCO_LEDGER_CHUNK_DAMAGED, _ENTRY_*, _MAPS_* or _NODES_*
 * with file, offset and, where an entry is concerned, seqno.
 */
export function* readChunk(
  source: ChunkSource,
  options: ReadChunkOptions = {},
): Generator<ChunkEntry, ChunkEnd, void> {
  const name = parseChunkName(source.name);
  if (name === undefined) {
    throw new CocoError('COCO_LEDGER_CHUNK_NAME', `${source.name} is not the name of a chunk file`, {
      file: source.name,
    });
  }
  const tableAt = readHeader(source, name, options);
  if (tableAt === undefined) {
    return {
      complete: false,
      end: 0,
      positions: [],
      torn: { bytes: source.size, reason: 'the header is cut short' },
    };
  }
  const walk: Walk = { source, name, tableAt, options, positions: [] };
  let previous: ChunkEntry | undefined;
  let offset = chunkHeaderBytes;
  while (!isAtEnd(walk, offset)) {
    const seqno = name.start + walk.positions.length;
    let entry: ChunkEntry;
    try {
      entry = readEntry(walk, offset, seqno);
      if (previous?.description.endsChunk === true)
        throw new EntryFault(flagsSayEnd, 1 - previous.layout.bytes.length);
    } catch (error) {
      const failure = blame(walk, { offset, seqno, previous, error });
      if (failure.entryAt === previous?.offset) walk.positions.pop();
      else if (previous !== undefined) yield previous;
      return tornOrDamaged(walk, failure);
    }
    if (previous !== undefined) yield previous;
    previous = entry;
    walk.positions.push(offset);
    offset += entry.description.size;
  }
  if (previous !== undefined) yield previous;
  if (tableAt !== 0) checkPositions(walk, offset);
  return { complete: tableAt !== 0, end: offset, positions: walk.positions };
}

interface Walk {
  readonly source: ChunkSource;
  readonly name: ChunkName;
  /** 0 while the file is being written. */
  readonly tableAt: number;
  readonly options: ReadChunkOptions;
  /** Offsets of the entries so far. */
  readonly positions: number[];
}

/** The offset of the table of positions, or undefined for a file that ends before it begins. */
function readHeader(source: ChunkSource, name: ChunkName, options: ReadChunkOptions): number | undefined {
  if (source.size < chunkHeaderBytes) {
    if (options.last === true && name.end === undefined) return undefined;
    throw damaged(source, source.size, 'the header is cut short');
  }
  const header = source.readAt(0, chunkHeaderBytes);
  const fields = new DataView(header.buffer, header.byteOffset, chunkHeaderBytes);
  const tableAt = fields.getUint32(0, true) + fields.getUint32(4, true) * 2 ** 32;
  if (tableAt === 0 && name.end !== undefined) {
    throw damaged(source, 0, 'the file is complete by its name, but not by its header');
  }
  if (tableAt !== 0 && name.end === undefined && (tableAt < chunkHeaderBytes || tableAt > source.size)) {
    throw damaged(source, 0, 'the header names a table of positions outside the file');
  }
  return tableAt;
}

/** By the name where it says how many entries there are, else by the header, else by the file. */
function isAtEnd({ source, name, tableAt, positions }: Walk, offset: number): boolean {
  if (name.end !== undefined) return positions.length === name.end - name.start + 1;
  if (tableAt === 0) return offset === source.size;
  if (offset > tableAt) throw damaged(source, 0, 'the header names a table of positions inside an entry');
  return offset === tableAt;
}

function readEntry(walk: Walk, offset: number, seqno: Seqno): ChunkEntry {
  const { source, options, positions } = walk;
  const entryBytesMax = options.entryBytesMax ?? defaultEntryBytesMax;
  const left = source.size - offset;
  const prefix = source.readAt(offset, Math.min(left, entryPrefixBytes));
  const { size, flags } = parseEntryHeader(prefix, entryBytesMax);
  if (headerBytes + size > left) throw new EntryFault('the entry is cut short', 2);
  const found = parseEntryPrefix(prefix).seqno;
  if (found !== seqno) throw new EntryFault(`entry ${found} is where entry ${seqno} should be`, 24, found);
  if ((flags & flagChunkBefore) !== 0 && positions.length > 0) {
    throw new EntryFault('the flags say that the chunk begins with this entry', 1);
  }
  const layout = parseEntry(source.readAt(offset, headerBytes + size), entryBytesMax);
  const entry = { offset, layout, description: describeEntryAt(layout) };
  options.check?.(entry);
  return entry;
}

const flagsSayEnd = 'the flags say that the chunk ends with this entry, but another follows';

/** Faults within the maps are told by their offset in the entry, as all others are. */
function describeEntryAt(layout: EntryLayout): EntryDescription {
  try {
    return describeLayout(layout);
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    const mapsAt = layout.publicMaps.byteOffset - layout.bytes.byteOffset;
    throw new CocoError(error.code, error.message, { offset: mapsAt + Number(error.facts.offset ?? 0) });
  }
}

interface Failure {
  readonly code: string;
  /** Where the damaged entry begins. */
  readonly entryAt: number;
  readonly seqno: Seqno;
  /** The byte that is wrong, as closely as can be told. */
  readonly offset: number;
  readonly reason: string;
}

/**
 * Which entry is damaged when the right one cannot be read at `offset`. The one before, by its size, when the right
 * one is found within what it claims, or after `offset` while there is no other entry there; else what is at `offset`.
 */
function blame(
  { source }: Walk,
  at: { offset: number; seqno: Seqno; previous: ChunkEntry | undefined; error: unknown },
): Failure {
  const { offset, seqno, previous, error } = at;
  if (!(error instanceof CocoError)) throw error;
  const field = typeof error.facts.offset === 'number' ? error.facts.offset : 0;
  if (previous !== undefined) {
    const before = { code: error.code, entryAt: previous.offset, seqno: seqno - 1 };
    if (field < 0) return { ...before, offset: offset + field, reason: error.message };
    const elsewhere = findEntry(source, previous.offset + entryPrefixBytes, seqno) ?? offset;
    if (elsewhere < offset || (elsewhere > offset && error.facts.found === undefined)) {
      const reason = `the size of the entry leads to byte ${offset}, but the next entry is at byte ${elsewhere}`;
      return { ...before, code: 'COCO_LEDGER_CHUNK_DAMAGED', offset: previous.offset + 2, reason };
    }
  }
  return { code: error.code, entryAt: offset, seqno, offset: offset + field, reason: error.message };
}

function tornOrDamaged({ source, tableAt, options, positions }: Walk, failure: Failure): ChunkEnd {
  const { code, entryAt, seqno, offset, reason } = failure;
  const mayBeTorn = options.last === true && tableAt === 0;
  if (!mayBeTorn || signatureFollows(source, entryAt + 1, seqno)) {
    throw damaged(source, offset, reason, seqno, code);
  }
  return { complete: false, end: entryAt, positions, torn: { bytes: source.size - entryAt, reason } };
}

/** The table must repeat, exactly, where the entries are, and the header where the table is. */
function checkPositions({ source, name, tableAt, positions }: Walk, end: number): void {
  if (tableAt !== end && source.size - tableAt === 4 * positions.length) {
    // Whoever put the table there knew where the last entry ends.
    const seqno = name.start + positions.length - 1;
    const reason = `the size of the entry leads to byte ${end}, but the entries end at byte ${tableAt}`;
    throw damaged(source, (positions.at(-1) ?? 0) + 2, reason, seqno);
  }
  if (tableAt !== end) {
    throw damaged(
      source,
      0,
      `the header says that the entries end at byte ${tableAt}, but they end at ${end}`,
    );
  }
  const length = source.size - end;
  if (length !== 4 * positions.length) {
    const reason = `the table of positions has ${length} bytes, not 4 for each of ${positions.length} entries`;
    throw damaged(source, Math.min(source.size, end + 4 * positions.length), reason);
  }
  const table = source.readAt(end, length);
  const fields = new DataView(table.buffer, table.byteOffset, length);
  for (const [index, position] of positions.entries()) {
    if (fields.getUint32(4 * index, true) !== position) {
      throw damaged(
        source,
        end + 4 * index,
        `the table of positions is wrong about entry ${index + 1} of the file`,
      );
    }
  }
}

/** A fault told by its offset from where an entry is read, negative in the one before; never leaves this file. */
class EntryFault extends CocoError {
  constructor(message: string, offset: number, found?: Seqno) {
    super('COCO_LEDGER_CHUNK_DAMAGED', message, { offset, ...(found !== undefined && { found }) });
  }
}

function damaged(
  source: ChunkSource,
  offset: number,
  reason: string,
  seqno?: Seqno,
  code: string = 'COCO_LEDGER_CHUNK_DAMAGED',
): CocoError {
  const facts: ErrorFacts = { file: source.name, offset, ...(seqno !== undefined && { seqno }) };
  const of = seqno === undefined ? '' : `, entry ${seqno}`;
  return new CocoError(code, `${source.name}, byte ${offset}${of}: ${reason}`, facts);
}
