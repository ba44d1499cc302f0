/**
 * Unsigned integers as bytes: big-endian and without leading zeros, as RLP, rows and rules about hashes want them.
 */

/** Big-endian bytes of a non-negative integer without leading zeros; empty for zero. */
export function unsignedBytes(value: bigint): Uint8Array {
  if (value === 0n) return NO_BYTES;
  let text = value.toString(16);
  if (text.length % 2 === 1) text = `0${text}`;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const NO_BYTES = new Uint8Array(0);

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
