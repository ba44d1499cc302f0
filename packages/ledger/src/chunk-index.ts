/**
 * A chunk file of the past, read once from end to end: where its entries are, and the Merkle tree over them, from which
 * entries and receipts are then had one by one (past-entry.ts) without anything else in memory.
 *
 * The file may come from anywhere, and says itself what the tree before it is. So it proves only that it agrees with itself
 * and that the service signed it. That it is part of our ledger is found out by folding its tree to ours (tree-path.ts):
 * a signature can have been made over entries that were never committed, or by somebody who has stolen the service's key.
 */
import type { Certificate } from '@coco/crypto';
import { assert, CocoError, type Seqno } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import { type ChunkEntry, readChunk } from './chunk-read.js';
import { type EntryLayout, entryLeaf } from './entry.js';
import type { MerkleTree } from './merkle.js';
import { createServiceCheckers, type FormerService, type ServiceCheckers } from './service-checkers.js';
import { readSignature, type SignatureRecord } from './signature-read.js';
import { verifySignature } from './signature-verify.js';
import { decodeTree } from './tree-table.js';

/** What is kept of a chunk file: some 120 bytes an entry. */
export interface ChunkIndex {
  readonly first: Seqno;
  /** The last signature that counts: nothing after it is proved. */
  readonly last: Seqno;
  /** The tree up to and including the leaf `last`; leaves from `first` on, and the edge of what the file says was before. */
  readonly tree: MerkleTree;
  /** Where in the file the entry `first + i` is. */
  readonly places: readonly { readonly offset: number; readonly size: number }[];
  /** Ascending. */
  readonly signatures: readonly Seqno[];
  readonly checkerAt: ServiceCheckers;
}

export interface IndexChunkOptions {
  readonly serviceCertificate: Certificate;
  /** Services that signed earlier entries of the ledger. Default none. */
  readonly formerServices?: readonly FormerService[];
  /** Entries after this one do not count, as in a file that is being written. Default: all do. */
  readonly upTo?: Seqno;
  /** Larger entries are refused. Default 64 MiB. */
  readonly entryBytesMax?: number;
}

/**
 * Reads `source`, giving way after every entry. Throws what `readChunk` throws, COCO_LEDGER_SIGNATURE_* when the last
 * signature does not hold, and COCO_LEDGER_CHUNK_UNSIGNED when there is none, or it does not say what was before the file.
 */
export function* indexChunk(
  source: ChunkSource,
  options: IndexChunkOptions,
): Generator<void, ChunkIndex, void> {
  const { serviceCertificate, upTo = Number.POSITIVE_INFINITY, entryBytesMax } = options;
  const draft: Draft = { leaves: [], places: [], signatures: [] };
  const limits = { last: true, ...(entryBytesMax !== undefined && { entryBytesMax }) };
  let first: Seqno | undefined;
  for (const entry of readChunk(source, limits)) {
    const { seqno } = entry.description;
    if (seqno > upTo) break;
    first ??= seqno;
    note(draft, entry, first, source.name);
    yield;
  }
  const { tree, signed, places, signatures } = draft;
  if (tree === undefined || signed === undefined || first === undefined) throw unsigned(source.name);
  const record = signatureIn(signed);
  tree.retract(record.seqno + 1);
  places.length = record.seqno - first + 1;
  const checkerAt = createServiceCheckers(serviceCertificate, options.formerServices);
  verifySignature(record, tree, checkerAt(record.seqno));
  return { first, last: record.seqno, tree, places, signatures, checkerAt };
}

interface Draft {
  /** Those before the first signature, which says what they follow. */
  readonly leaves: Uint8Array[];
  readonly places: { readonly offset: number; readonly size: number }[];
  readonly signatures: Seqno[];
  tree?: MerkleTree;
  /** The last signature. Those between the first and this are looked into when a receipt needs them. */
  signed?: EntryLayout;
}

function note(draft: Draft, { layout, description, offset }: ChunkEntry, first: Seqno, file: string): void {
  const { size, seqno, signature } = description;
  const { leaf } = entryLeaf(layout);
  draft.places.push({ offset, size });
  if (signature) {
    draft.signed = layout;
    draft.tree ??= treeBefore(draft, first, file);
    draft.signatures.push(seqno);
  }
  if (draft.tree === undefined) draft.leaves.push(leaf);
  else draft.tree.append(leaf);
}

/** The tree up to the first signature, over our own leaves from `first` on. */
function treeBefore({ signed, leaves }: Draft, first: Seqno, file: string): MerkleTree {
  assert(signed !== undefined, 'a signature was read');
  const { treeBytes, seqno } = signatureIn(signed);
  const tree = decodeTree(treeBytes);
  if (tree.flushed > first || tree.size !== seqno) throw unsigned(file);
  tree.retract(first);
  for (const leaf of leaves) tree.append(leaf);
  return tree;
}

function signatureIn(layout: EntryLayout): SignatureRecord {
  return readSignature({ ...layout, privateLength: layout.ciphertext.length });
}

function unsigned(file: string): CocoError {
  const sentence = `${file}: no signature in it says what its entries follow`;
  return new CocoError('COCO_LEDGER_CHUNK_UNSIGNED', sentence, { file });
}
