/**
 * A copy of a lost ledger, replayed with the secrets that were brought back (CONF-4): every signature is verified, and every private
 * entry must open, before anything goes on after it.
 */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Store } from '@coco/kv';
import {
  type ChunkSource,
  createLedger,
  decodeMaps,
  firstSnapshot,
  type Ledger,
  type LedgerIdentity,
  type LedgerSecret,
  openSnapshot,
  orderFiles,
  orderSnapshots,
} from '@coco/ledger';
import { CocoError, formatTxId } from '@coco/primitives';
import { createRecovery, restoreSnapshot } from '@coco/replica';
import { type LedgerStore, openLedgerStore } from '../ledgerStore.js';
import type { LostLedger } from './lostLedger.js';

export interface ReplayCopyOptions {
  readonly files: readonly ChunkSource[];
  readonly lost: LostLedger;
  readonly secrets: readonly LedgerSecret[];
  /** Where the copy goes; what is there from an attempt before is removed. */
  readonly directory: string;
  /** Where the snapshot is copied to that the ledger begins with, if it does. */
  readonly snapshots: string;
  /** Who goes on with it. Absent: nobody does. */
  readonly identity?: LedgerIdentity;
  readonly chunkBytes?: number;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface ReplayedCopy {
  readonly store: LedgerStore;
  readonly ledger: Ledger;
  readonly governanceStore: Store;
  readonly found: RecoveredContents;
}

/** What was there. */
export interface RecoveredContents {
  readonly entries: number;
  /** Entries with something private in them, and how many bytes and rows that is. */
  readonly privateEntries: number;
  readonly privateBytes: number;
  readonly privateRows: number;
  readonly privateTables: readonly string[];
}

/** Whoever gets it closes its store. COCO_LEDGER_* where an entry does not open, COCO_RECOVERY_LEDGER, COCO_HOST_*. */
export async function replayCopy(options: ReplayCopyOptions): Promise<ReplayedCopy> {
  const { files, lost, directory, snapshots, onProgress } = options;
  rmSync(directory, { recursive: true, force: true });
  const ordered = orderFiles(files);
  const first = firstSnapshot(ordered, orderSnapshots(files));
  for (const { source } of ordered) copy(source, directory);
  if (first !== undefined) copy(first.source, snapshots);
  const store = await openLedgerStore({ directory, entryCacheBytesMax: cacheBytes });
  try {
    if (first !== undefined && store.last < store.first) store.beginAfter(first.name.seqno);
    store.truncate(lost.last.seqno);
    await store.sync();
    const opened = first && openSnapshot(first.source.readAt(0, first.source.size), options);
    const ledger = ledgerOf(options, opened?.base);
    const recovery = createRecovery(ledger, opened && restoreSnapshot(opened).governanceStore);
    const found = emptyContents();
    const after = opened?.base.seqno ?? 0;
    for (const bytes of store.last > after ? store.entries(after + 1) : []) {
      const message = recovery.load(bytes);
      count(found, message?.type === 'apply' ? message.privateMaps : undefined);
      if (ledger.last.seqno % progressEntries === 0) onProgress?.(ledger.last.seqno, store.last);
    }
    onProgress?.(ledger.last.seqno, store.last);
    const { last, governanceStore } = recovery.finish();
    if (last !== lost.last.seqno) throw another(last, lost);
    const { tables, ...figures } = found;
    const contents = { ...figures, privateTables: [...tables].sort() };
    return { store, ledger, governanceStore, found: contents };
  } catch (error) {
    await store.close();
    throw error;
  }
}

const cacheBytes = 1 << 20;
const progressEntries = 500;
const windowBytes = 1 << 20;

function ledgerOf(
  { lost, secrets, identity, chunkBytes }: ReplayCopyOptions,
  base: Parameters<typeof createLedger>[0]['base'],
): Ledger {
  return createLedger({
    serviceCertificate: identity?.serviceCertificate ?? lost.service,
    formerServices: lost.services,
    secrets,
    ...(identity !== undefined && { identity }),
    ...(chunkBytes !== undefined && { chunkBytes }),
    ...(base !== undefined && { base }),
  });
}

function copy(source: ChunkSource, directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const to = path.join(directory, source.name);
  if (existsSync(to)) rmSync(to);
  const file = openSync(to, 'wx', 0o600);
  try {
    for (let at = 0; at < source.size; at += windowBytes) {
      const bytes = source.readAt(at, Math.min(windowBytes, source.size - at));
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    }
  } finally {
    closeSync(file);
  }
}

type Counted = { -readonly [Name in keyof Omit<RecoveredContents, 'privateTables'>]: number } & {
  readonly tables: Set<string>;
};

function emptyContents(): Counted {
  return { entries: 0, privateEntries: 0, privateBytes: 0, privateRows: 0, tables: new Set() };
}

function count(found: Counted, privateMaps: Uint8Array | undefined): void {
  found.entries++;
  if (privateMaps === undefined || privateMaps.length === 0) return;
  found.privateEntries++;
  found.privateBytes += privateMaps.length;
  for (const { table, puts, removes } of decodeMaps(privateMaps)) {
    found.tables.add(table);
    found.privateRows += puts.length + removes.length;
  }
}

function another(last: number, lost: LostLedger): CocoError {
  const sentence = `the copy of the ledger ends with entry ${last}, not with ${formatTxId(lost.last)}`;
  return new CocoError('COCO_RECOVERY_LEDGER', sentence);
}
