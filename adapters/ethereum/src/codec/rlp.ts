/**
 * Recursive Length Prefix (yellow paper, appendix B), strict: every value has exactly one encoding, and bytes that
 * are anything else are refused before memory is allocated for what they claim to hold. Nesting and the number of
 * items are bounded, since the bytes come from strangers.
 *
 *   0x00..0x7f           the byte itself
 *   0x80 + n, n ≤ 55     n bytes follow
 *   0xb7 + k, k ≤ 8      a length of k bytes (big-endian, no leading zero, above 55), then that many bytes
 *   0xc0 + n, 0xf7 + k   the same for a list, whose items follow
 */
import { CocoError } from '@coco/primitives';

/** A string of bytes, or a list. */
export type Rlp = Uint8Array | readonly Rlp[];

/** How large a decoded value may be. */
export interface RlpLimits {
  /** Lists within lists; a flat list has depth 1. */
  readonly depthMax: number;
  /** Strings and lists altogether. */
  readonly itemsMax: number;
}

/** Decodes the one value that `bytes` hold; COCO_ETHEREUM_RLP when they hold anything else. Strings are views. */
export function decodeRlp(bytes: Uint8Array, limits: RlpLimits): Rlp {
  const cursor: Cursor = { bytes, limits, items: 0, at: 0 };
  const value = decodeItem(cursor, bytes.length, 0);
  if (cursor.at !== bytes.length) throw refused('more than one value', cursor.at);
  return value;
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly limits: RlpLimits;
  items: number;
  at: number;
}

function refused(what: string, offset: number): CocoError {
  return new CocoError('COCO_ETHEREUM_RLP', `rlp: ${what}`, { offset });
}

function decodeItem(cursor: Cursor, end: number, depth: number): Rlp {
  const { bytes } = cursor;
  const start = cursor.at;
  if (start >= end) throw refused('unexpected end of input', start);
  if (++cursor.items > cursor.limits.itemsMax) throw refused('too many items', start);
  const prefix = bytes[start] as number;
  if (prefix < 0x80) {
    cursor.at = start + 1;
    return bytes.subarray(start, start + 1);
  }
  const list = prefix >= 0xc0;
  const length = contentLength(cursor, list ? prefix - 0xc0 : prefix - 0x80, end);
  const contentStart = cursor.at;
  const contentEnd = contentStart + length;
  if (!list) {
    if (length === 1 && (bytes[contentStart] as number) < 0x80) {
      throw refused('non-canonical encoding of a single byte', start);
    }
    cursor.at = contentEnd;
    return bytes.subarray(contentStart, contentEnd);
  }
  if (depth + 1 > cursor.limits.depthMax) throw refused('nested too deeply', start);
  const items: Rlp[] = [];
  while (cursor.at < contentEnd) items.push(decodeItem(cursor, contentEnd, depth + 1));
  return items;
}

/** Reads the header whose first byte, less its base, is `code`; leaves the cursor at the content. */
function contentLength(cursor: Cursor, code: number, end: number): number {
  const { bytes } = cursor;
  const start = cursor.at;
  let length = code;
  cursor.at = start + 1;
  if (code > 55) {
    const size = code - 55;
    if (start + 1 + size > end) throw refused('value size exceeds available input length', start);
    if (bytes[start + 1] === 0) throw refused('non-canonical size information', start);
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[start + 1 + i] as number);
    if (length <= 55) throw refused('non-canonical size information', start);
    cursor.at = start + 1 + size;
  }
  if (length > end - cursor.at) throw refused('value size exceeds available input length', start);
  return length;
}

/** The encoding of `value`. */
export function encodeRlp(value: Rlp): Uint8Array {
  const out = new Uint8Array(encodedLength(value));
  write(value, out, 0);
  return out;
}

/** How many bytes stand before content of `length` bytes (strings of one small byte apart). */
export function rlpHeaderLength(length: number): number {
  if (length <= 55) return 1;
  return length < 0x100 ? 2 : length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 5;
}

function listLength(items: readonly Rlp[]): number {
  let length = 0;
  for (const item of items) length += encodedLength(item);
  return length;
}

function isBytes(value: Rlp): value is Uint8Array {
  return value instanceof Uint8Array;
}

function encodedLength(value: Rlp): number {
  if (!isBytes(value)) {
    const length = listLength(value);
    return rlpHeaderLength(length) + length;
  }
  if (value.length === 1 && (value[0] as number) < 0x80) return 1;
  return rlpHeaderLength(value.length) + value.length;
}

function writeHeader(base: number, length: number, out: Uint8Array, at: number): number {
  if (length <= 55) {
    out[at] = base + length;
    return at + 1;
  }
  const size = rlpHeaderLength(length) - 1;
  out[at] = base + 55 + size;
  for (let i = 0, rest = length; i < size; i++, rest = Math.floor(rest / 256))
    out[at + size - i] = rest % 256;
  return at + 1 + size;
}

function write(value: Rlp, out: Uint8Array, at: number): number {
  if (!isBytes(value)) {
    let offset = writeHeader(0xc0, listLength(value), out, at);
    for (const item of value) offset = write(item, out, offset);
    return offset;
  }
  if (value.length === 1 && (value[0] as number) < 0x80) {
    out[at] = value[0] as number;
    return at + 1;
  }
  const offset = writeHeader(0x80, value.length, out, at);
  out.set(value, offset);
  return offset + value.length;
}
