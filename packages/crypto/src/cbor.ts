/**
 * CBOR (RFC 8949) as Coco uses it. Written deterministically (section 4.2.1). Read strictly: definite lengths,
 * preferred serialisation, well-formed UTF-8, no duplicate key, no trailing byte, limits on size and depth. Maps
 * are `Map`s, byte strings `Uint8Array`s that share the input's memory, tags `CborTag`s without interpretation.
 */
import { CocoError } from '@coco/primitives';
import { decode, encode, Tag } from 'cbor2';
import { plainBytes } from './provider.js';

/** Deterministic encoding of numbers, strings, byte strings, booleans, null, arrays, Maps and `cborTag`s. */
export function cborEncode(value: unknown): Uint8Array {
  return plainBytes(encode(value, { cde: true, rejectDuplicateKeys: true, rejectUndefined: true }));
}

/** A tagged value (RFC 8949 section 3.4). */
export interface CborTag {
  readonly tag: number | bigint;
  readonly contents: unknown;
}

/** `contents` under tag number `tag`, to be encoded. */
export function cborTag(tag: number, contents: unknown): CborTag {
  return new Tag(tag, contents) as CborTag;
}

/** True for tagged values as `cborDecode` and `cborTag` give them. */
export function isCborTag(value: unknown): value is CborTag {
  return value instanceof Tag;
}

/** How much CBOR to read from a stranger. */
export interface CborLimits {
  /** Default 1 MiB. */
  readonly bytesMax?: number;
  /** Levels of nesting; a map or tag counts as one, an array as two. Default 32. */
  readonly depthMax?: number;
}

/** Decodes exactly one item that fills `bytes`. Throws COCO_CRYPTO_CBOR. */
export function cborDecode(bytes: Uint8Array, limits: CborLimits = {}): unknown {
  const bytesMax = limits.bytesMax ?? 1 << 20;
  if (bytes.length > bytesMax) {
    throw new CocoError('COCO_CRYPTO_CBOR', 'the CBOR is too long', { length: bytes.length, bytesMax });
  }
  try {
    return decode(plainBytes(bytes), {
      maxDepth: limits.depthMax ?? 32,
      preferMap: true,
      ignoreGlobalTags: true,
      rejectDuplicateKeys: true,
      rejectStreaming: true,
      // Else 1, 1 in two bytes, and 1.0 would be three keys for the duplicate check and one key in the Map.
      requirePreferred: true,
      rejectLongFloats: true,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new CocoError('COCO_CRYPTO_CBOR', 'the CBOR cannot be read', { reason });
  }
}
