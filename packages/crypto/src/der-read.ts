/**
 * Reads DER (ITU-T X.690 section 10) that may be hostile: definite and minimal lengths, one-byte tags, limits on
 * depth and on the number of nodes, no byte left over. What the contents mean is the caller's business.
 */
import { CocoError } from '@coco/primitives';

/** One tag-length-value. All arrays share the input's memory. */
export interface DerNode {
  /** The identifier byte, for example 0x30 for SEQUENCE, 0xa3 for [3]. */
  readonly tag: number;
  /** Position of the identifier byte in the input. */
  readonly offset: number;
  /** The whole element: identifier, length, content. */
  readonly encoded: Uint8Array;
  readonly content: Uint8Array;
  /** Of constructed elements; empty for primitive ones. */
  readonly children: readonly DerNode[];
}

export interface DerLimits {
  /** Default 65,536. */
  readonly bytesMax?: number;
  /** Default 16. */
  readonly depthMax?: number;
  /** Default 4,096. */
  readonly nodesMax?: number;
}

/** Reads exactly one element that fills `bytes`. Throws COCO_CRYPTO_DER. */
export function derRead(bytes: Uint8Array, limits: DerLimits = {}): DerNode {
  if (bytes.length > (limits.bytesMax ?? 65536)) throw refused('it is too long', bytes.length);
  const reading: Reading = { bytes, depthMax: limits.depthMax ?? 16, nodesLeft: limits.nodesMax ?? 4096 };
  const node = readElement(reading, 0, bytes.length, 1);
  if (node.encoded.length !== bytes.length) throw refused('bytes are left over', node.encoded.length);
  return node;
}

interface Reading {
  readonly bytes: Uint8Array;
  readonly depthMax: number;
  nodesLeft: number;
}

function readElement(reading: Reading, offset: number, end: number, depth: number): DerNode {
  const { bytes } = reading;
  if (depth > reading.depthMax) throw refused('it is nested too deep', offset);
  if (--reading.nodesLeft < 0) throw refused('it has too many elements', offset);
  if (end - offset < 2) throw refused('it ends within a header', offset);
  const tag = bytes[offset] as number;
  if ((tag & 0x1f) === 0x1f) throw refused('a tag number above 30 is not supported', offset);
  const { contentAt, length } = readLength(bytes, offset + 1, end);
  const contentEnd = contentAt + length;
  if (contentEnd > end) throw refused('an element is longer than what holds it', offset);
  const children: DerNode[] = [];
  if ((tag & 0x20) !== 0) {
    for (let at = contentAt; at < contentEnd; ) {
      const child = readElement(reading, at, contentEnd, depth + 1);
      children.push(child);
      at += child.encoded.length;
    }
  }
  const encoded = bytes.subarray(offset, contentEnd);
  return { tag, offset, encoded, content: bytes.subarray(contentAt, contentEnd), children };
}

function readLength(bytes: Uint8Array, at: number, end: number): { contentAt: number; length: number } {
  const first = bytes[at] as number;
  if (first < 0x80) return { contentAt: at + 1, length: first };
  const count = first & 0x7f;
  // 0x80 would be the indefinite form of BER; more than 3 bytes exceed every limit.
  if (count === 0 || count > 3) throw refused('a length is not in a supported form', at);
  if (end - (at + 1) < count) throw refused('it ends within a length', at);
  let length = 0;
  for (let i = 1; i <= count; i++) length = length * 256 + (bytes[at + i] as number);
  const minimum = count === 1 ? 0x80 : 256 ** (count - 1);
  if (length < minimum) throw refused('a length is not minimal', at);
  return { contentAt: at + 1 + count, length };
}

function refused(reason: string, offset: number): CocoError {
  return new CocoError('COCO_CRYPTO_DER', `the DER cannot be read: ${reason}`, { offset });
}
