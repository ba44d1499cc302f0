/**
 * Unsigned integers as bytes: big-endian and without leading zeros, as RLP, rows and rules about hashes want them.
 */

const NO_BYTES = new Uint8Array(0);
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Big-endian bytes of a non-negative integer without leading zeros; empty for zero. */
export function unsignedBytes(value: bigint): Uint8Array {
  return value <= SAFE_MAX ? numberBytes(Number(value)) : largeBytes(value);
}

/** Most quantities are small, and plain numbers an order of magnitude faster. */
function numberBytes(value: number): Uint8Array {
  if (value === 0) return NO_BYTES;
  let length = 0;
  for (let rest = value; rest >= 1; rest /= 256) length++;
  const out = new Uint8Array(length);
  for (let i = length - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  return out;
}

function largeBytes(value: bigint): Uint8Array {
  const words: bigint[] = [];
  for (let rest = value; rest > 0n; rest >>= 64n) words.push(rest & WORD_MASK);
  const out = new Uint8Array(8 * words.length);
  const view = new DataView(out.buffer);
  for (const [i, word] of words.entries()) view.setBigUint64(out.length - 8 * (i + 1), word);
  let zeros = 0;
  while (out[zeros] === 0) zeros++;
  return zeros === 0 ? out : out.slice(zeros);
}

const WORD_MASK = 2n ** 64n - 1n;

/** Big-endian bytes of `value`, padded on the left to `length` (which it must fit). */
export function paddedBytes(value: bigint, length: number): Uint8Array {
  const bytes = unsignedBytes(value);
  const out = new Uint8Array(length);
  out.set(bytes, length - bytes.length);
  return out;
}

/** The integer that big-endian `bytes` hold; 0 when empty. */
export function unsignedValue(bytes: Uint8Array): bigint {
  const { length } = bytes;
  if (length <= 6) {
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + (bytes[i] as number);
    return BigInt(value);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const head = length % 8;
  let value = unsignedValue(bytes.subarray(0, Math.min(head, 6)));
  for (let i = Math.min(head, 6); i < head; i++) value = (value << 8n) | BigInt(bytes[i] as number);
  for (let i = head; i < length; i += 8) value = (value << 64n) | view.getBigUint64(i);
  return value;
}

/** `bytes` without its leading zeros, as a view. */
export function trimZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return start === 0 ? bytes : bytes.subarray(start);
}

/** The smaller of two integers (Math.min takes no bigint). */
export function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
