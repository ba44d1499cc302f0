/**
 * One entry of the ledger, as it is on disk and on the wire, in CCF's format; all numbers little-endian:
 *
 *     entry  = version(1) = 1 | flags(1) | size(6) | body[size]
 *     body   = gcmTag[16] | gcmIv[12] | publicLength(8) | public[publicLength] | privateCiphertext[rest]
 *     public = entryType(1) | seqno(8) | claimsDigest[32]? | commitEvidenceDigest[32]?
 *              | maxConflictVersion(8) = 0 | map*
 *     gcmIv  = seqno(8) | view(4), whose top bit says "snapshot"
 *
 * AES-256-GCM with the public domain as additional data; the header is not in it, but it is in the leaf. Entry
 * types: 0 write set, 1 snapshot, 2 with claims, 3 with commit evidence, 4 with both. We write 4 and read all but 1.
 *
 * No (key, IV) pair is ever used twice, because no two entries are sealed under the same view and seqno; the
 * ledger, which numbers the entries, keeps that promise.
 */
import { aesGcmOpen, aesGcmSeal, sha256 } from '@coco/crypto';
import {
  assert,
  CocoError,
  concatBytes,
  equalBytes,
  type Seqno,
  type TxId,
  utf8,
  type View,
} from '@coco/primitives';
import { noSecret, type Secrets } from './secrets.js';

/** What becomes an entry. Both domains are encoded map lists. */
export interface EntryContents extends TxId {
  readonly publicMaps: Uint8Array;
  readonly privateMaps: Uint8Array;
  /** 32 bytes; absent means none. */
  readonly claimsDigest?: Uint8Array;
  /** The chunk file that holds this entry ends after it. Default false. */
  readonly endsChunk?: boolean;
}

/** Seals an entry of type 4. */
export function sealEntry(contents: EntryContents, secrets: Secrets): { bytes: Uint8Array; leaf: EntryLeaf } {
  const { view, seqno, publicMaps, privateMaps } = contents;
  const claims = contents.claimsDigest ?? noClaims;
  assert(view >= 0 && view < 2 ** 31, 'a view has 31 bits');
  assert(claims.length === 32, 'a claims digest has 32 bytes');
  const key = secrets.keyAt(seqno);
  assert(key !== undefined, 'there is a ledger secret for every entry that is made');
  const evidenceDigest = sha256(utf8(secrets.commitEvidence(contents)));

  const publicLength = type4HeaderBytes + publicMaps.length;
  const bytes = new Uint8Array(sealedBytes(contents));
  const fields = new DataView(bytes.buffer);
  fields.setUint8(0, 1);
  fields.setUint8(1, contents.endsChunk === true ? flagChunkAfter : 0);
  fields.setUint32(2, (bytes.length - headerBytes) % 2 ** 32, true);
  fields.setUint16(6, Math.floor((bytes.length - headerBytes) / 2 ** 32), true);
  setU64(fields, ivAt, seqno);
  fields.setUint32(ivAt + 8, view, true);
  setU64(fields, publicAt - 8, publicLength);
  fields.setUint8(publicAt, 4);
  setU64(fields, publicAt + 1, seqno);
  bytes.set(claims, publicAt + 9);
  bytes.set(evidenceDigest, publicAt + 41);
  bytes.set(publicMaps, publicAt + type4HeaderBytes);

  const sealed = aesGcmSeal({
    key,
    iv: bytes.subarray(ivAt, ivAt + 12),
    aad: bytes.subarray(publicAt, publicAt + publicLength),
    plaintext: privateMaps,
  });
  bytes.set(sealed.tag, headerBytes);
  bytes.set(sealed.ciphertext, publicAt + publicLength);
  return { bytes, leaf: entryLeaf({ bytes, entryType: 4, claimsDigest: claims, evidenceDigest }) };
}

/** How many bytes the entry with these contents has, header included. */
export function sealedBytes({
  publicMaps,
  privateMaps,
}: Pick<EntryContents, 'publicMaps' | 'privateMaps'>): number {
  return publicAt + type4HeaderBytes + publicMaps.length + privateMaps.length;
}

/** An entry taken apart, without any key. Arrays share the entry's memory. */
export interface EntryLayout extends TxId {
  readonly bytes: Uint8Array;
  /** 1: the chunk ends after this entry. 2: it began with this entry. */
  readonly flags: number;
  readonly entryType: number;
  readonly maxConflictVersion: number;
  readonly publicMaps: Uint8Array;
  readonly claimsDigest?: Uint8Array;
  readonly evidenceDigest?: Uint8Array;
  /** The whole public domain: the additional data of the encryption. */
  readonly publicDomain: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Takes one whole entry apart. Throws COCO_LEDGER_ENTRY_MALFORMED with the offset within the entry of the field
 * that is wrong, and COCO_LEDGER_ENTRY_SNAPSHOT for a snapshot.
 */
export function parseEntry(bytes: Uint8Array, entryBytesMax: number = defaultEntryBytesMax): EntryLayout {
  const { size, flags } = parseEntryHeader(bytes, entryBytesMax);
  if (bytes.length !== headerBytes + size) throw malformed('the entry has another length than it says', 2);
  const { view, seqno, entryType, publicLength } = parseEntryPrefix(bytes);
  const publicDomain = bytes.subarray(publicAt, publicAt + publicLength);
  const fields = new DataView(publicDomain.buffer, publicDomain.byteOffset, publicLength);
  let at = 9;
  const digest = (): Uint8Array => {
    at += 32;
    return publicDomain.subarray(at - 32, at);
  };
  const hasClaims = entryType === 2 || entryType === 4;
  const hasEvidence = entryType === 3 || entryType === 4;
  if (publicLength < 17 + (hasClaims ? 32 : 0) + (hasEvidence ? 32 : 0)) {
    throw malformed('the public domain is too short for its type', publicAt - 8);
  }
  const claimsDigest = hasClaims ? digest() : undefined;
  const evidenceDigest = hasEvidence ? digest() : undefined;
  const maxConflictVersion = Number(fields.getBigInt64(at, true));
  return {
    bytes,
    flags,
    view,
    seqno,
    entryType,
    maxConflictVersion,
    publicDomain,
    publicMaps: publicDomain.subarray(at + 8),
    ciphertext: bytes.subarray(publicAt + publicLength),
    ...(claimsDigest !== undefined && { claimsDigest }),
    ...(evidenceDigest !== undefined && { evidenceDigest }),
  };
}

/** What the 8 bytes before an entry's body say. */
export function parseEntryHeader(
  bytes: Uint8Array,
  entryBytesMax: number = defaultEntryBytesMax,
): { readonly size: number; readonly flags: number } {
  if (bytes.length < headerBytes) throw malformed('the header is cut short', bytes.length);
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (fields.getUint8(0) !== 1) throw malformed('the version of the entry is not 1', 0);
  const flags = fields.getUint8(1);
  if (flags > (flagChunkAfter | flagChunkBefore)) throw malformed('the entry has unknown flags', 1);
  const size = fields.getUint32(2, true) + fields.getUint16(6, true) * 2 ** 32;
  if (headerBytes + size > entryBytesMax) throw malformed('the entry is larger than allowed', 2);
  if (headerBytes + size < entryPrefixBytes) throw malformed('the entry is too small', 2);
  return { size, flags };
}

/**
 * The fields that every entry begins with, checked against each other and the size in the header; `bytes` holds at
 * least the first `entryPrefixBytes` of the entry.
 */
export function parseEntryPrefix(bytes: Uint8Array): TxId & { entryType: number; publicLength: number } {
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = fields.getUint32(2, true) + fields.getUint16(6, true) * 2 ** 32;
  const seqno = u64At(fields, ivAt);
  const viewBits = fields.getUint32(ivAt + 8, true);
  const publicLength = u64At(fields, publicAt - 8);
  if (publicLength < 17 || publicLength > headerBytes + size - publicAt) {
    throw malformed('the public domain does not fit into the entry', publicAt - 8);
  }
  const entryType = fields.getUint8(publicAt);
  if (entryType === 1 || viewBits >= 2 ** 31) {
    throw new CocoError('COCO_LEDGER_ENTRY_SNAPSHOT', 'the entry is a snapshot, not a transaction', {
      offset: entryType === 1 ? publicAt : ivAt + 11,
    });
  }
  if (entryType > 4) throw malformed('the type of the entry is unknown', publicAt);
  if (u64At(fields, publicAt + 1) !== seqno) {
    throw malformed('the sequence numbers in the public domain and in the IV differ', publicAt + 1);
  }
  if (seqno === 0 || !Number.isSafeInteger(seqno))
    throw malformed('the sequence number is out of range', ivAt);
  return { view: viewBits, seqno, entryType, publicLength };
}

/**
 * Decrypts and authenticates. Throws COCO_LEDGER_ENTRY_SECRET without a key for it, COCO_LEDGER_ENTRY_UNAUTHENTIC
 * when the key does not open it, COCO_LEDGER_ENTRY_EVIDENCE when the commit evidence is another's.
 */
export function openEntry(layout: EntryLayout, secrets: Secrets): Uint8Array {
  const { bytes, view, seqno, publicDomain, ciphertext, evidenceDigest } = layout;
  const key = secrets.keyAt(seqno);
  if (key === undefined) throw noSecret(layout);
  const plaintext = aesGcmOpen({
    key,
    iv: bytes.subarray(ivAt, ivAt + 12),
    aad: publicDomain,
    tag: bytes.subarray(headerBytes, headerBytes + 16),
    ciphertext,
  });
  if (plaintext === undefined) {
    throw new CocoError('COCO_LEDGER_ENTRY_UNAUTHENTIC', 'the ledger secret does not open the entry', {
      view,
      seqno,
    });
  }
  if (evidenceDigest !== undefined) {
    if (!equalBytes(evidenceDigest, sha256(utf8(secrets.commitEvidence(layout))))) {
      throw new CocoError('COCO_LEDGER_ENTRY_EVIDENCE', 'the commit evidence is not that of the entry', {
        view,
        seqno,
      });
    }
  }
  return plaintext;
}

/** A leaf of the Merkle tree and what it is made of. */
export interface EntryLeaf {
  readonly writeSetDigest: Uint8Array;
  readonly leaf: Uint8Array;
}

/**
 * The leaf of an entry: `SHA256(write_set_digest | commit_evidence_digest | claims_digest)` of what its type has,
 * where the write set digest is that of the whole entry; for type 0 it is the leaf itself.
 */
export function entryLeaf(
  entry: Pick<EntryLayout, 'bytes' | 'entryType' | 'claimsDigest' | 'evidenceDigest'>,
): EntryLeaf {
  const writeSetDigest = sha256(entry.bytes);
  if (entry.entryType === 0) return { writeSetDigest, leaf: writeSetDigest };
  const evidence = entry.evidenceDigest ?? nothing;
  const claims = entry.claimsDigest ?? nothing;
  return { writeSetDigest, leaf: sha256(concatBytes(writeSetDigest, evidence, claims)) };
}

/** The claims digest of an entry that makes no claims. */
export const noClaims = new Uint8Array(32);

/** The most bytes that an entry may have, header included, unless told otherwise: 64 MiB. */
export const defaultEntryBytesMax = 64 * 2 ** 20;

/** The chunk file ends after this entry (FORCE_LEDGER_CHUNK_AFTER). */
export const flagChunkAfter = 1;
/** The chunk file begins with this entry (FORCE_LEDGER_CHUNK_BEFORE). */
export const flagChunkBefore = 2;

/** Bytes of the header before the body. */
export const headerBytes = 8;
const ivAt = headerBytes + 16;
const publicAt = ivAt + 12 + 8;
/** What every entry has: up to the end of the smallest public domain. */
export const entryPrefixBytes = publicAt + 17;
const type4HeaderBytes = 17 + 64;
const nothing = new Uint8Array(0);

/** May exceed the safe integers, where it is not exact; no field that has such a value passes its check. */
function u64At(fields: DataView, at: number): number {
  return fields.getUint32(at, true) + fields.getUint32(at + 4, true) * 2 ** 32;
}

function setU64(fields: DataView, at: number, value: Seqno | View): void {
  fields.setUint32(at, value % 2 ** 32, true);
  fields.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

function malformed(sentence: string, offset: number): CocoError {
  return new CocoError('COCO_LEDGER_ENTRY_MALFORMED', sentence, { offset });
}
