/**
 * The ledger on this node's disk: what was told to be there is there after a crash, at the price of one fdatasync
 * per batch (P1: a synchronisation takes milliseconds, so whoever waits for one shares it with everyone else).
 *
 * `append`, `truncate` and `commit` only note what is to be done, in order; `sync` does it. While one
 * synchronisation is under way, everything noted in the meantime gathers for the next: batches grow with the load
 * by themselves. The first failure is final (see disk.ts).
 */
import { mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AssertionError, assert, CocoError, type Seqno } from '@coco/primitives';
import { type Chunk, ChunkFiles, type StoredEntry } from './chunkFiles.js';
import { type DirectoryLock, lockDirectory } from './directoryLock.js';
import { diskFailure, onDisk, onDiskSync, syncDirectory } from './disk.js';
import { scanLedgerDirectory } from './ledgerScan.js';

export type { StoredEntry } from './chunkFiles.js';

export interface LedgerStoreOptions {
  /** Made when it is missing. One process at a time. */
  readonly directory: string;
  /** How many bytes of recent entries to keep in memory, besides those that are not yet durable. */
  readonly entryCacheBytesMax: number;
}

/** What opening removed because a crash had interrupted its writing; nobody was promised it. */
export interface LedgerCut {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Running figures. */
export interface LedgerStoreFigures {
  readonly syncs: number;
  readonly entries: number;
  readonly bytes: number;
  readonly chunksCompleted: number;
  readonly cacheBytes: number;
  readonly readsFromDisk: number;
}

/** The open ledger of one node. */
export interface LedgerStore {
  /** The first entry, or the first that will be: 1, or that after a snapshot. */
  readonly first: Seqno;
  /** The last entry, also when it is not yet durable; when there is none, what comes before the first. */
  readonly last: Seqno;
  /** The last signature entry that was found when the ledger was opened; 0 when there was none. */
  readonly lastSignatureAtOpen: Seqno;
  /** The last entry that is marked on disk as committed; the commit itself may be later. */
  readonly committedOnDisk: Seqno;
  readonly cut: LedgerCut | undefined;
  /**
   * Reads every entry from `from` (default: the first) on, one after the other, for restarting; each array is the
   * caller's. COCO_LEDGER_CHUNK_DAMAGED where an entry is not the one that belongs there.
   */
  entries(from?: Seqno): IterableIterator<Uint8Array>;
  /** Lets the ledger, which must be empty, go on after the entry `seqno`, as after a snapshot. */
  beginAfter(seqno: Seqno): void;
  /** Notes entries that follow `last`. Their bytes must not be written to any more. */
  append(entries: readonly StoredEntry[]): void;
  /** Notes that the entries above `to` (not below the commit) are to be removed; they cannot be read any more. */
  truncate(to: Seqno): void;
  /** Notes that everything up to `seqno` is committed. Nobody needs to wait for that. */
  commit(seqno: Seqno): void;
  /** Whether a chunk that is complete would be marked as committed by that. */
  wouldMark(seqno: Seqno): boolean;
  /** Takes the mark from chunks that end above `seqno`, durably. Before anything else is done with the store. */
  unmarkAbove(seqno: Seqno): Promise<void>;
  /**
   * Resolves when everything noted before is durable; when no other synchronisation is under way, nothing that is
   * noted later goes to disk with it. COCO_HOST_DISK or COCO_HOST_LEDGER_DAMAGED otherwise, then
   * and for ever after: the node must stop.
   */
  sync(): Promise<void>;
  /**
   * The entries `from`..`to` (first ≤ from ≤ to ≤ last) in order, from memory or else from disk. The arrays belong to
   * the store. Keep ranges bounded: those from disk block the thread.
   */
  read(from: Seqno, to: Seqno): Uint8Array[];
  figures(): LedgerStoreFigures;
  /** Finishes what was noted and unlocks the directory. Does not throw when the store had failed. */
  close(): Promise<void>;
}

/**
 * Opens, checks and locks the ledger in `directory`. COCO_LEDGER_HOLE, _FORK, _CHUNK_*, COCO_HOST_LEDGER_DAMAGED,
 * COCO_HOST_LOCKED, COCO_HOST_DISK.
 */
export async function openLedgerStore(options: LedgerStoreOptions): Promise<LedgerStore> {
  const { directory } = options;
  onDiskSync('make a directory', directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  const lock = lockDirectory(directory);
  try {
    const found = await openChunks(directory);
    return new DiskLedgerStore(options, found, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface FoundLedger {
  readonly files: ChunkFiles;
  readonly lastSignature: Seqno;
  readonly cut: LedgerCut | undefined;
}

async function openChunks(directory: string): Promise<FoundLedger> {
  const chunks: Chunk[] = [];
  let lastSignature = 0;
  let cut: LedgerCut | undefined;
  for (const found of scanLedgerDirectory(directory)) {
    const { name, path, state, lacks, positions, entriesEnd, fileBytes } = found;
    const torn = state === 'unfinished' && lacks !== 'name' && fileBytes > entriesEnd;
    if (torn) cut = { file: basename(path), offset: entriesEnd, bytes: fileBytes - entriesEnd };
    if (torn || positions.length === 0) {
      await onDisk('cut a torn write', path, () => cutChunk(path, positions.length === 0, entriesEnd));
    }
    if (positions.length === 0) continue;
    chunks.push({ start: name.start, state, positions: [...positions], entriesEnd });
    lastSignature = found.lastSignature || lastSignature;
    if (lacks !== undefined) await new ChunkFiles({ directory, chunks }).completeLast();
  }
  const files = new ChunkFiles({ directory, chunks });
  await files.makeDurable();
  return { files, lastSignature, cut };
}

/** Shortens an interrupted chunk to its whole entries, or removes it when it has none. */
async function cutChunk(path: string, empty: boolean, entriesEnd: number): Promise<void> {
  if (empty) {
    rmSync(path);
    await syncDirectory(dirname(path));
    return;
  }
  const file = await open(path, 'r+');
  try {
    await file.truncate(entriesEnd);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What was noted and not yet begun: first the truncation, then the entries. */
interface Noted {
  truncateTo: Seqno | undefined;
  entries: StoredEntry[];
  waiting: { resolve: () => void; reject: (error: Error) => void }[];
}

function nothingNoted(): Noted {
  return { truncateTo: undefined, entries: [], waiting: [] };
}

class DiskLedgerStore implements LedgerStore {
  readonly lastSignatureAtOpen: Seqno;
  readonly cut: LedgerCut | undefined;
  readonly #files: ChunkFiles;
  readonly #lock: DirectoryLock;
  readonly #cacheBytesMax: number;
  /** Recent entries by seqno, without gaps up to `last`; those that are not durable are always here. */
  readonly #cache = new Map<Seqno, Uint8Array>();
  #cacheBytes = 0;
  #last: Seqno;
  #durable: Seqno;
  #commit: Seqno;
  #noted = nothingNoted();
  #running: Promise<void> | undefined;
  #failure: Error | undefined;
  #figures = { syncs: 0, entries: 0, bytes: 0, readsFromDisk: 0 };

  constructor(options: LedgerStoreOptions, found: FoundLedger, lock: DirectoryLock) {
    this.#files = found.files;
    this.#lock = lock;
    this.#cacheBytesMax = options.entryCacheBytesMax;
    this.lastSignatureAtOpen = found.lastSignature;
    this.cut = found.cut;
    this.#last = this.#files.last;
    this.#durable = this.#last;
    this.#commit = this.#files.committed;
  }

  get last(): Seqno {
    return this.#last;
  }

  get committedOnDisk(): Seqno {
    return this.#files.committed;
  }

  get first(): Seqno {
    return this.#files.first;
  }

  beginAfter(seqno: Seqno): void {
    assert(this.#last === this.#files.last, 'nothing was appended yet');
    this.#files.beginAfter(seqno);
    this.#last = seqno;
    this.#durable = seqno;
    this.#commit = seqno;
  }

  entries(from = 1): IterableIterator<Uint8Array> {
    return this.#files.entries(from);
  }

  append(entries: readonly StoredEntry[]): void {
    for (const entry of entries) {
      assert(entry.seqno === this.#last + 1, 'entries are appended without gaps');
      this.#last = entry.seqno;
      this.#noted.entries.push(entry);
      this.#cache.set(entry.seqno, entry.bytes);
      this.#cacheBytes += entry.bytes.length;
    }
  }

  truncate(to: Seqno): void {
    assert(to >= this.#commit, 'a committed entry is never removed');
    if (to >= this.#last) return;
    for (let seqno = this.#last; seqno > to; seqno--) this.#forget(seqno);
    const { entries } = this.#noted;
    while ((entries.at(-1)?.seqno ?? 0) > to) entries.pop();
    // What is left of the noted entries follows what is on disk, or on its way there, up to `to` at the most.
    if (entries.length === 0) this.#noted.truncateTo = Math.min(to, this.#noted.truncateTo ?? to);
    this.#last = to;
    this.#durable = Math.min(this.#durable, to);
  }

  commit(seqno: Seqno): void {
    this.#commit = Math.max(this.#commit, seqno);
  }

  wouldMark(seqno: Seqno): boolean {
    return this.#files.toMark(seqno).length > 0;
  }

  async unmarkAbove(seqno: Seqno): Promise<void> {
    await this.#files.unmarkAbove(seqno);
    this.#commit = this.#files.committed;
  }

  sync(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const done = new Promise<void>((resolve, reject) => this.#noted.waiting.push({ resolve, reject }));
    this.#running ??= this.#run();
    return done;
  }

  async #run(): Promise<void> {
    while (this.#noted.waiting.length > 0) {
      const noted = this.#noted;
      this.#noted = nothingNoted();
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#carryOut(noted);
        for (const { resolve } of noted.waiting) resolve();
      } catch (error) {
        this.#failure = asFailure(error);
        for (const { reject } of noted.waiting) reject(this.#failure);
      }
    }
    this.#running = undefined;
  }

  async #carryOut({ truncateTo, entries }: Noted): Promise<void> {
    if (truncateTo !== undefined && truncateTo < this.#files.last) await this.#files.truncate(truncateTo);
    if (entries.length > 0) await this.#files.append(entries);
    if (truncateTo !== undefined || entries.length > 0) this.#figures.syncs++;
    // What was noted in the meantime to be removed is on disk, but not for long.
    this.#durable = Math.min(this.#files.last, this.#noted.truncateTo ?? this.#files.last);
    this.#figures.entries += entries.length;
    for (const { bytes } of entries) this.#figures.bytes += bytes.length;
    this.#shrinkCache();
    await this.#files.markCommitted(this.#commit);
  }

  #shrinkCache(): void {
    for (const seqno of this.#cache.keys()) {
      if (this.#cacheBytes <= this.#cacheBytesMax || seqno > this.#durable) return;
      this.#forget(seqno);
    }
  }

  #forget(seqno: Seqno): void {
    this.#cacheBytes -= this.#cache.get(seqno)?.length ?? 0;
    this.#cache.delete(seqno);
  }

  read(from: Seqno, to: Seqno): Uint8Array[] {
    assert(from >= this.first && from <= to && to <= this.#last, 'only entries of this ledger are read');
    let firstInMemory = to + 1;
    while (firstInMemory > from && this.#cache.has(firstInMemory - 1)) firstInMemory--;
    const entries: Uint8Array[] = [];
    if (firstInMemory > from) {
      this.#figures.readsFromDisk++;
      entries.push(...this.#files.read(from, firstInMemory - 1));
    }
    for (let seqno = firstInMemory; seqno <= to; seqno++) entries.push(this.#cache.get(seqno) as Uint8Array);
    return entries;
  }

  figures(): LedgerStoreFigures {
    return {
      ...this.#figures,
      chunksCompleted: this.#files.completed,
      cacheBytes: this.#cacheBytes,
    };
  }

  async close(): Promise<void> {
    try {
      await this.sync();
    } catch {
      // Whoever waited for it was told.
    }
    await this.#running;
    await this.#files.close();
    this.#lock.release();
  }
}

/** What the disk did, in its own words; a bug of ours stays one. */
function asFailure(error: unknown): Error {
  const known = error instanceof CocoError || error instanceof AssertionError;
  return known ? error : diskFailure('keep the ledger', 'the ledger directory', error);
}
