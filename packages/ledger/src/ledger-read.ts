/**
 * Reads a ledger from its files, one entry after the other, for showing it. Structure is checked and what a secret
 * opens is authenticated; roots and signatures are the audit's.
 */
import type { TableChanges } from '@coco/kv';
import type { Seqno, TxId } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import { type ChunkEntry, type ReadChunkOptions, readChunk } from './chunk-read.js';
import { openEntry } from './entry.js';
import { firstSnapshot, orderFiles, orderSnapshots } from './ledger-files.js';
import { decodeMaps } from './maps.js';
import { createSecrets } from './secrets.js';
import { readSnapshot } from './snapshot-read.js';
import type { LedgerSecret } from './types.js';

/** How to read a ledger. */
export interface ReadLedgerOptions {
  /** Opens what these can open. Default none. */
  readonly secrets?: readonly LedgerSecret[];
  /** Larger entries are refused. Default 64 MiB. */
  readonly entryBytesMax?: number;
  /** Larger snapshots are refused. Default 1 GiB. */
  readonly snapshotBytesMax?: number;
  /** Files that end before this entry are passed over, and so not checked. Default 1. */
  readonly from?: Seqno;
}

/** One entry of a ledger, read. */
export interface ReadEntry {
  readonly file: string;
  readonly offset: number;
  readonly txId: TxId;
  /** 0 to 4, see entry.ts; 1 is a snapshot, whose writes are its rows. */
  readonly entryType: number;
  /** Bytes, header included. */
  readonly size: number;
  readonly signature: boolean;
  /** 32 bytes; absent on types without. */
  readonly claimsDigest?: Uint8Array;
  readonly publicWrites: readonly TableChanges[];
  /** Size of the private domain, encrypted or not. */
  readonly privateBytes: number;
  /** Absent when no secret was handed in for the entry. */
  readonly privateWrites?: readonly TableChanges[];
}

/**
 * Yields the entries of the ledger in `files`, after the snapshot that it begins with, if it does. A last write that was
 * cut short is left out. Throws what `orderFiles`, `readSnapshot` and `readChunk` throw, with
 * COCO_LEDGER_ENTRY_UNAUTHENTIC or _EVIDENCE for an entry that its secret does not open.
 */
export function* readLedger(
  files: readonly ChunkSource[],
  options: ReadLedgerOptions = {},
): Generator<ReadEntry> {
  const secrets = createSecrets(options.secrets ?? []);
  const ordered = orderFiles(files);
  const first = firstSnapshot(ordered, orderSnapshots(files));
  if (first !== undefined && first.name.seqno >= (options.from ?? 1))
    yield readSnapshot(first.source, options);
  for (const { source, name } of ordered) {
    if (name.end !== undefined && name.end < (options.from ?? 1)) continue;
    const next: ReadEntry[] = [];
    const chunk = readChunk(source, {
      ...limits(options),
      last: source === ordered.at(-1)?.source,
      check: (entry) => {
        const { layout } = entry;
        const sealed = secrets.keyAt(layout.seqno) === undefined;
        const privateMaps = sealed ? undefined : openEntry(layout, secrets);
        next.push(readEntry(source.name, entry, privateMaps));
      },
    });
    for (const _ of chunk) yield next.shift() as ReadEntry;
  }
}

function limits({ entryBytesMax }: ReadLedgerOptions): ReadChunkOptions {
  return entryBytesMax === undefined ? {} : { entryBytesMax };
}

/** What `entry` writes, `privateMaps` being its private domain opened. */
export function readEntry(file: string, entry: ChunkEntry, privateMaps: Uint8Array | undefined): ReadEntry {
  const { layout, description, offset } = entry;
  const { view, seqno, entryType, claimsDigest } = layout;
  return {
    file,
    offset,
    txId: { view, seqno },
    entryType,
    size: description.size,
    signature: description.signature,
    publicWrites: decodeMaps(layout.publicMaps),
    privateBytes: layout.ciphertext.length,
    ...(claimsDigest !== undefined && { claimsDigest }),
    ...(privateMaps !== undefined && { privateWrites: decodeMaps(privateMaps) }),
  };
}
