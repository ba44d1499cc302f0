/**
 * One entry of the past, out of a chunk file whose index is known to be part of our ledger: what it wrote, and its receipts.
 * The file is read again for it, and may have changed in between: what is read must be the leaf that was found there before.
 *
 * The public domain is in the clear. The private one is opened, and a receipt made, with the secret of the entry's epoch alone.
 */
import { sha256 } from '@coco/crypto';
import { assert, CocoError, equalBytes, type Seqno, utf8 } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import type { ChunkIndex } from './chunk-index.js';
import type { ChunkEntry } from './chunk-read.js';
import { describeLayout } from './describe.js';
import { type EntryLayout, entryLeaf, noClaims, openEntry, parseEntry } from './entry.js';
import { type ReadEntry, readEntry } from './ledger-read.js';
import { type LeafProof, makeReceipt } from './receipt.js';
import { makeCoseReceipt } from './receipt-cose.js';
import type { Secrets } from './secrets.js';
import { readSignature, type SignatureRecord } from './signature-read.js';
import { verifySignature } from './signature-verify.js';
import type { Receipt } from './types.js';

/**
 * The entry `seqno` (first ≤ seqno ≤ last of the index) of the file that the index is of. COCO_LEDGER_CHUNK_DAMAGED when the
 * file has another one there now.
 */
export function pastEntry(index: ChunkIndex, source: ChunkSource, seqno: Seqno): ChunkEntry {
  const place = index.places[seqno - index.first];
  assert(place !== undefined, 'the index has the entry');
  const { offset, size } = place;
  const layout = offset + size <= source.size ? layoutOf(source.readAt(offset, size)) : undefined;
  if (layout === undefined || !equalBytes(entryLeaf(layout).leaf, index.tree.leaf(seqno))) {
    const facts = { file: source.name, offset, seqno };
    const sentence = `${source.name}, byte ${offset}, entry ${seqno}: it has changed since it was checked`;
    throw new CocoError('COCO_LEDGER_CHUNK_DAMAGED', sentence, facts);
  }
  return { offset, layout, description: describeLayout(layout) };
}

function layoutOf(bytes: Uint8Array): EntryLayout | undefined {
  try {
    return parseEntry(bytes);
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

/**
 * What the entry wrote: to public tables, and with `secrets` to private ones as well. COCO_LEDGER_ENTRY_SECRET when they have
 * none for it, COCO_LEDGER_ENTRY_UNAUTHENTIC or _EVIDENCE when theirs is another.
 */
export function openPastEntry(file: string, entry: ChunkEntry, secrets?: Secrets): ReadEntry {
  return readEntry(file, entry, secrets === undefined ? undefined : openEntry(entry.layout, secrets));
}

/**
 * The receipt of the entry `seqno` as JSON; undefined when the ledger has no signatures of nodes, or nothing in its entries
 * that proves their commit. COCO_LEDGER_ENTRY_SECRET without the secret of its epoch, COCO_LEDGER_ENTRY_EVIDENCE with another,
 * and what `pastEntry` throws.
 */
export function pastReceipt(
  index: ChunkIndex,
  source: ChunkSource,
  seqno: Seqno,
  secrets: Secrets,
): Receipt | undefined {
  const entry = pastEntry(index, source, seqno);
  const signature = provingSignature(index, source, entry);
  if (signature?.node === undefined) return undefined;
  const { node: nodeId, cert: certificatePem, sig } = signature.node;
  const signed = { nodeId, certificatePem, signature: sig };
  if (entry.description.signature) return makeReceipt(signed, { root: index.tree.root(seqno) });
  const proof = leafProof(index, entry.layout, signature.seqno, secrets);
  return proof && makeReceipt(signed, proof);
}

/** The same as COSE. Also undefined for a signature transaction, for which the format has none. */
export function pastCoseReceipt(
  index: ChunkIndex,
  source: ChunkSource,
  seqno: Seqno,
  secrets: Secrets,
): Uint8Array | undefined {
  const entry = pastEntry(index, source, seqno);
  const signature = provingSignature(index, source, entry);
  if (entry.description.signature || signature?.serviceBytes === undefined) return undefined;
  const proof = leafProof(index, entry.layout, signature.seqno, secrets);
  return proof && makeCoseReceipt(signature.serviceBytes, proof);
}

/** The first signature that proves the entry: for a signature, itself. */
function provingSignature(
  index: ChunkIndex,
  source: ChunkSource,
  { description: { seqno } }: ChunkEntry,
): SignatureRecord | undefined {
  const at = index.signatures.find((one) => one >= seqno && one <= index.last);
  if (at === undefined) return undefined;
  const { layout } = pastEntry(index, source, at);
  const record = readSignature({ ...layout, privateLength: layout.ciphertext.length });
  verifySignature(record, index.tree, index.checkerAt(record.seqno));
  return record;
}

function leafProof(
  { tree }: ChunkIndex,
  layout: EntryLayout,
  signedAt: Seqno,
  secrets: Secrets,
): LeafProof | undefined {
  const { view, seqno, evidenceDigest, claimsDigest = noClaims } = layout;
  if (evidenceDigest === undefined) return undefined;
  const commitEvidence = secrets.commitEvidence({ view, seqno });
  if (!equalBytes(evidenceDigest, sha256(utf8(commitEvidence)))) {
    const sentence = 'the commit evidence is not that of the entry';
    throw new CocoError('COCO_LEDGER_ENTRY_EVIDENCE', sentence, { view, seqno });
  }
  const { writeSetDigest } = entryLeaf(layout);
  return { writeSetDigest, claimsDigest, commitEvidence, proof: tree.proof(seqno, signedAt) };
}
