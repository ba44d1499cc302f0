/**
 * What a node finds in its ledger directory when it starts: which chunks, with which entries, and whether what is
 * wrong with them is what a crash leaves (cut off) or damage (refused, with the place).
 *
 * A crash in the middle of a write leaves a prefix of it: an entry that ends early, a table of positions that ends
 * early, or bytes that the file system allocated and never filled (zeros). Nobody was told of such a write, so
 * cutting it loses nothing. Everything else is damage: a node that shortened its ledger there would break promises
 * that it made. No key is needed for any of this; that entries are authentic is found out when they are loaded.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChunkName,
  type ChunkSource,
  chunkHeader,
  chunkHeaderBytes,
  encodePositions,
  orderFiles,
  parseChunkName,
  readChunk,
  snapshotName,
} from '@coco/ledger';
import { ByteReader, CocoError, equalBytes, type Seqno } from '@coco/primitives';
import { openChunkFile } from './chunkFile.js';
import { onDiskSync } from './disk.js';

/** A chunk as found, and read as far as needed. */
export interface FoundChunk {
  readonly name: ChunkName;
  readonly path: string;
  readonly state: 'unfinished' | 'complete' | 'committed';
  /** An unfinished chunk that a crash kept from being completed: `table` or only the `name` is missing. */
  readonly lacks?: 'table' | 'name';
  /** Offset of each entry. */
  readonly positions: readonly number[];
  /** Where the entries end. */
  readonly entriesEnd: number;
  readonly fileBytes: number;
  /** The last signature entry, or 0 when there is none. */
  readonly lastSignature: Seqno;
}

/**
 * The chunks in `directory`, ascending, without holes or overlaps, from entry 1 or a later one on; only the last may be unfinished, and only there
 * may `fileBytes` be more than `entriesEnd`, by a torn write.
 * COCO_LEDGER_HOLE, _FORK, _CHUNK_*, COCO_HOST_LEDGER_DAMAGED, COCO_HOST_DISK.
 */
export function scanLedgerDirectory(directory: string): readonly FoundChunk[] {
  const files = onDiskSync('list a directory', directory, () => readdirSync(directory));
  const sources = files.filter(isOurs).map((file) => openChunkFile(join(directory, file)));
  if (sources.length === 0) return [];
  const starts = sources.map(({ name }) => parseChunkName(name)?.start ?? 1);
  return orderFiles([...sources, ...before(Math.min(...starts))]).map(({ source, name }) => {
    const path = join(directory, source.name);
    return name.end === undefined
      ? scanUnfinishedChunk(source, name, path)
      : scanCompleteChunk(source, name, path, name.end);
  });
}

/** The snapshot that a ledger goes on from, by name; whether it is really there is found out by who starts from it. */
function before(start: Seqno): ChunkSource[] {
  if (start === 1) return [];
  const name = snapshotName({ seqno: start - 1, evidenceSeqno: start });
  return [{ name, size: 0, readAt: () => new Uint8Array() }];
}

function isOurs(file: string): boolean {
  const name = parseChunkName(file);
  return name !== undefined && !name.ignored && !name.recovery;
}

/** COCO_HOST_LEDGER_DAMAGED at `offset` bytes into `file`. */
export function ledgerDamage(file: string, offset: number, reason: string): CocoError {
  return new CocoError('COCO_HOST_LEDGER_DAMAGED', `${file} is damaged at offset ${offset}: ${reason}`, {
    file,
    offset,
    reason,
  });
}

function scanUnfinishedChunk(source: ChunkSource, name: ChunkName, path: string): FoundChunk {
  const entries = readChunk(source, { last: true });
  let lastSignature = 0;
  let ended = false;
  let step = entries.next();
  for (; step.done !== true; step = entries.next()) {
    const { signature, seqno, endsChunk } = step.value.description;
    if (signature) lastSignature = seqno;
    ended = endsChunk === true;
  }
  const { complete, end, positions } = step.value;
  const fault = complete ? undefined : tailFault(source, end, name.start + positions.length, positions);
  if (fault !== undefined) throw ledgerDamage(path, end, fault);
  const found = { name, path, positions, entriesEnd: end, fileBytes: source.size, lastSignature };
  if (complete) return { ...found, state: 'unfinished', lacks: 'name' };
  return { ...found, state: 'unfinished', ...(ended && { lacks: 'table' as const }) };
}

/** Why a crash cannot have left what follows the last good entry; undefined when it can. */
function tailFault(
  source: ChunkSource,
  end: number,
  expected: Seqno,
  positions: readonly number[],
): string | undefined {
  const rest = source.readAt(end, source.size - end);
  if (rest.every((byte) => byte === 0)) return undefined;
  const table = encodePositions(positions);
  if (rest.length <= table.length && equalBytes(rest, table.subarray(0, rest.length))) return undefined;
  if (rest[0] !== 1) return `version ${rest[0]} of an entry is not known`;
  if ((rest[1] ?? 0) > 3) return 'an entry has unknown flags';
  if (rest.length < entryHeaderBytes) return undefined;
  const size = new ByteReader(rest, 2).u48();
  if (entryHeaderBytes + size <= rest.length) return `entry ${expected} is malformed`;
  if (rest.length < seqnoInIv + 8) return undefined;
  const low = new ByteReader(rest, seqnoInIv).u32();
  return low === expected % 2 ** 32 ? undefined : `what begins here is not entry ${expected}`;
}

const entryHeaderBytes = 8;
/** Where an entry's initialisation vector names its seqno: after the header and the 16-byte tag. */
const seqnoInIv = entryHeaderBytes + 16;

/** A complete chunk is only read where its table is; its entries are checked when they are loaded. */
function scanCompleteChunk(source: ChunkSource, name: ChunkName, path: string, end: Seqno): FoundChunk {
  const count = end - name.start + 1;
  const entriesEnd = source.size - 4 * count;
  const expected = chunkHeader(Math.max(entriesEnd, 0));
  if (entriesEnd < chunkHeaderBytes || !equalBytes(source.readAt(0, chunkHeaderBytes), expected)) {
    throw ledgerDamage(path, 0, `its header and size do not fit the ${count} entries of its name`);
  }
  const table = new ByteReader(source.readAt(entriesEnd, 4 * count));
  const positions: number[] = [];
  for (let least = chunkHeaderBytes; positions.length < count; ) {
    const at = entriesEnd + table.offset;
    const position = table.u32();
    const misplaced = positions.length === 0 ? position !== chunkHeaderBytes : position < least;
    if (misplaced || position + entryHeaderBytes > entriesEnd) {
      throw ledgerDamage(path, at, 'its table of positions is not ascending within the entries');
    }
    positions.push(position);
    least = position + entryHeaderBytes;
  }
  const state = name.committed ? 'committed' : 'complete';
  return { name, path, state, positions, entriesEnd, fileBytes: source.size, lastSignature: end };
}
