/**
 * The chunk files of one ledger directory as this process writes them (CCF's format; the bytes are the ledger
 * room's business):
 *
 *   ledger_<start>                   being written: u64 0 | entry*
 *   ledger_<start>-<end>             complete: u64 offset of the table | entry* | u32 position of each entry
 *   ledger_<start>-<end>.committed   complete, and can never be rolled back
 *
 * A chunk is completed once it has `chunkBytesMax` bytes and its last entry is a signature, or when an entry demands
 * it. What is in memory is changed in the same turn as names on disk, so a read never meets a name that is gone.
 */
import { fstatSync, renameSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { chunkHeader, chunkHeaderBytes, chunkName, encodePositions, readChunk } from '@coco/ledger';
import { assert, ByteReader, type Seqno } from '@coco/primitives';
import { openChunkFile, readFileAt } from './chunkFile.js';
import { onDisk, syncDirectory, writeAll } from './disk.js';
import { ledgerDamage } from './ledgerScan.js';

/** An entry to be written. Its chunk is complete with it when it says so: in the same place on every node. */
export interface StoredEntry {
  readonly seqno: Seqno;
  readonly bytes: Uint8Array;
  readonly endsChunk?: true;
}

/** One file. `positions` has the offset of each entry; they end at `entriesEnd`. */
export interface Chunk {
  readonly start: Seqno;
  state: 'unfinished' | 'complete' | 'committed';
  positions: number[];
  entriesEnd: number;
}

export interface ChunkFilesOptions {
  readonly directory: string;
  /** Ascending, without holes; only the last is unfinished. */
  readonly chunks: Chunk[];
}

export class ChunkFiles {
  readonly #directory: string;
  readonly #chunks: Chunk[];
  /** The unfinished chunk's file, opened at its first write. */
  #file: FileHandle | undefined;
  /** How many chunks were completed. */
  completed = 0;
  /** What comes before the first entry, when there is none yet. */
  #before: Seqno = 0;

  constructor(options: ChunkFilesOptions) {
    this.#directory = options.directory;
    this.#chunks = options.chunks;
  }

  /** The first entry on disk, or the first that will be. */
  get first(): Seqno {
    return this.#chunks[0]?.start ?? this.#before + 1;
  }

  /** The last entry on disk; when there is none, what comes before the first. */
  get last(): Seqno {
    const chunk = this.#chunks.at(-1);
    return chunk === undefined ? this.#before : chunkEnd(chunk);
  }

  /** The ledger, which is empty, goes on after the entry `seqno`. */
  beginAfter(seqno: Seqno): void {
    assert(this.#chunks.length === 0, 'only an empty ledger can begin later');
    this.#before = seqno;
  }

  /** The last entry in a chunk marked as committed. */
  get committed(): Seqno {
    const chunk = this.#chunks.findLast(({ state }) => state === 'committed');
    return chunk === undefined ? 0 : chunkEnd(chunk);
  }

  /**
   * Writes entries that follow the last and waits until they are durable: one write and one fdatasync, and two
   * more synchronisations for each chunk that is completed on the way.
   */
  async append(entries: readonly StoredEntry[]): Promise<void> {
    for (let rest = entries; rest.length > 0; ) {
      const end = rest.findIndex(({ endsChunk }) => endsChunk === true) + 1;
      const run = end === 0 ? rest : rest.slice(0, end);
      rest = rest.slice(run.length);
      const chunk = this.#unfinished() ?? this.#begin((run[0] as StoredEntry).seqno);
      const path = this.#path(chunk);
      await onDisk('write the ledger', path, () => this.#appendRun(chunk, path, run));
    }
  }

  #unfinished(): Chunk | undefined {
    const last = this.#chunks.at(-1);
    return last?.state === 'unfinished' ? last : undefined;
  }

  #begin(start: Seqno): Chunk {
    const chunk: Chunk = { start, state: 'unfinished', positions: [], entriesEnd: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }

  async #appendRun(chunk: Chunk, path: string, run: readonly StoredEntry[]): Promise<void> {
    const created = chunk.entriesEnd === 0;
    this.#file ??= await open(path, created ? 'wx' : 'r+', 0o600);
    const file = this.#file;
    const found = fstatSync(file.fd).size;
    if (found !== chunk.entriesEnd) {
      throw ledgerDamage(path, Math.min(found, chunk.entriesEnd), 'something else changed its length');
    }
    const buffers = run.map(({ bytes }) => bytes);
    if (created) buffers.unshift(chunkHeader());
    const positions = chunk.positions.slice();
    let end = Math.max(chunk.entriesEnd, chunkHeaderBytes);
    for (const { bytes } of run) {
      positions.push(end);
      end += bytes.length;
    }
    assert(end < 2 ** 32, 'a chunk ends long before its positions overflow');
    const full = run.at(-1)?.endsChunk === true;
    if (full) buffers.push(encodePositions(positions));
    await writeAll(file, buffers, chunk.entriesEnd);
    await file.datasync();
    chunk.positions = positions;
    chunk.entriesEnd = end;
    if (created) await syncDirectory(this.#directory);
    if (full) await this.#complete(chunk, file);
  }

  /**
   * Makes what is there durable. A process that was killed may have written what it did not wait for: whoever reads
   * that must not tell others of it before a power failure can no longer take it back.
   */
  async makeDurable(): Promise<void> {
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) return;
    await onDisk('synchronise the ledger', this.#path(chunk), async () => {
      const file = await open(this.#path(chunk), 'r+');
      await file.datasync().finally(() => file.close());
      await syncDirectory(this.#directory);
    });
  }

  /** Completes the last chunk, whose entries are durable, as a crash kept this from being done. */
  async completeLast(): Promise<void> {
    const chunk = this.#unfinished();
    assert(chunk !== undefined, 'there is an unfinished chunk');
    const path = this.#path(chunk);
    await onDisk('complete a chunk', path, async () => {
      this.#file ??= await open(path, 'r+');
      await writeAll(this.#file, [encodePositions(chunk.positions)], chunk.entriesEnd);
      await this.#file.datasync();
      await this.#complete(chunk, this.#file);
    });
  }

  /** Completes a chunk whose table is durable. Each step is durable before the next, and before the next chunk is. */
  async #complete(chunk: Chunk, file: FileHandle): Promise<void> {
    await writeAll(file, [chunkHeader(chunk.entriesEnd)], 0);
    await file.datasync();
    await this.#closeFile();
    this.#rename(chunk, 'complete');
    this.completed++;
    await syncDirectory(this.#directory);
  }

  /** Removes the entries above `to` and waits until that is durable. They must not be committed. */
  async truncate(to: Seqno): Promise<void> {
    assert(to >= this.committed, 'a committed entry is never removed');
    this.#before = this.first - 1;
    let chunk = this.#chunks.at(-1);
    while (chunk !== undefined && chunk.start > to) {
      const path = this.#path(chunk);
      // Newest first and each durable before the next: a crash in between leaves no hole.
      await onDisk('remove a chunk', path, async () => {
        await this.#closeFile();
        unlinkSync(path);
        this.#chunks.pop();
        await syncDirectory(this.#directory);
      });
      chunk = this.#chunks.at(-1);
    }
    if (chunk !== undefined && chunkEnd(chunk) > to) await this.#shorten(chunk, to);
  }

  async #shorten(chunk: Chunk, to: Seqno): Promise<void> {
    const count = to - chunk.start + 1;
    await onDisk('truncate the ledger', this.#path(chunk), async () => {
      if (chunk.state === 'complete') {
        this.#rename(chunk, 'unfinished');
        await syncDirectory(this.#directory);
      }
      this.#file ??= await open(this.#path(chunk), 'r+');
      const end = chunk.positions[count] as number;
      chunk.positions.length = count;
      chunk.entriesEnd = end;
      // Each on its own: a crash must not show a header that points past the end, nor old entries behind new ones.
      await writeAll(this.#file, [chunkHeader()], 0);
      await this.#file.datasync();
      await this.#file.truncate(end);
      await this.#file.datasync();
    });
  }

  /** Marks the complete chunks that end at or before `seqno` as committed. */
  async markCommitted(seqno: Seqno): Promise<void> {
    const marked = this.toMark(seqno);
    if (marked.length === 0) return;
    await onDisk('mark a chunk', this.#directory, async () => {
      for (const chunk of marked) this.#rename(chunk, 'committed');
      await syncDirectory(this.#directory);
    });
  }

  /** The complete chunks that end at or before `seqno` and are not marked as committed. */
  toMark(seqno: Seqno): readonly Chunk[] {
    const before = this.#chunks.findLastIndex(({ state }) => state === 'committed');
    return this.#chunks
      .slice(before + 1)
      .filter((chunk) => chunk.state === 'complete' && chunkEnd(chunk) <= seqno);
  }

  /** Takes the mark from chunks that end above `seqno`, the last one first. */
  async unmarkAbove(seqno: Seqno): Promise<void> {
    const marked = this.#chunks.filter((chunk) => chunk.state === 'committed' && chunkEnd(chunk) > seqno);
    await onDisk('unmark a chunk', this.#directory, async () => {
      for (const chunk of marked.toReversed()) this.#rename(chunk, 'complete');
      if (marked.length > 0) await syncDirectory(this.#directory);
    });
  }

  /** Reads the entries `from`..`to` from disk. Reads whole runs, so keep ranges bounded. */
  read(from: Seqno, to: Seqno): Uint8Array[] {
    const entries: Uint8Array[] = [];
    for (let seqno = from; seqno <= to; seqno = from + entries.length) {
      const chunk = this.#chunks.findLast(({ start }) => start <= seqno);
      assert(chunk !== undefined && seqno <= chunkEnd(chunk), 'only entries of this ledger are read');
      entries.push(...this.#readRun(chunk, seqno, Math.min(to, chunkEnd(chunk))));
    }
    return entries;
  }

  #readRun(chunk: Chunk, from: Seqno, to: Seqno): Uint8Array[] {
    const offsets = chunk.positions.slice(from - chunk.start, to - chunk.start + 1);
    offsets.push(chunk.positions[to - chunk.start + 1] ?? chunk.entriesEnd);
    const start = offsets[0] as number;
    const path = this.#path(chunk);
    const length = (offsets.at(-1) as number) - start;
    const bytes = readFileAt(path, start, length);
    if (bytes.length < length) {
      throw ledgerDamage(path, start + bytes.length, 'the file ends before its entries do');
    }
    return offsets.slice(1).map((end, index) => {
      const at = (offsets[index] as number) - start;
      const entry = bytes.subarray(at, end - start);
      checkSize(entry, path, at + start);
      return entry;
    });
  }

  /** Every entry from `from` on, read through and checked to be in its place. COCO_LEDGER_CHUNK_DAMAGED. */
  *entries(from: Seqno): Generator<Uint8Array, void, undefined> {
    for (const chunk of this.#chunks.filter((one) => chunkEnd(one) >= from)) {
      const last = chunk.state === 'unfinished';
      for (const { layout } of readChunk(openChunkFile(this.#path(chunk)), { last })) {
        if (layout.seqno >= from) yield layout.bytes;
      }
    }
  }

  async close(): Promise<void> {
    await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #rename(chunk: Chunk, state: Chunk['state']): void {
    const before = this.#path(chunk);
    chunk.state = state;
    renameSync(before, this.#path(chunk));
  }

  #path(chunk: Chunk): string {
    const { start, state } = chunk;
    const end = state === 'unfinished' ? {} : { end: chunkEnd(chunk) };
    return join(this.#directory, chunkName({ start, ...end, committed: state === 'committed' }));
  }
}

/** The last entry of `chunk`; one less than its start when it is empty. */
export function chunkEnd(chunk: Chunk): Seqno {
  return chunk.start + chunk.positions.length - 1;
}

function checkSize(entry: Uint8Array, path: string, offset: number): void {
  if (entry.length < 8 || new ByteReader(entry, 2).u48() !== entry.length - 8) {
    throw ledgerDamage(path, offset, 'an entry does not have the size that its position gives it');
  }
}
