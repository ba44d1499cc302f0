/**
 * Reading what a precompile is called with: as if it were followed by zeros without end, its integers big-endian.
 */
import { toHex } from '@coco/primitives';

/** The first `length` bytes of `input`, with zeros where it has none. */
export function paddedInput(input: Uint8Array, length: number): Uint8Array {
  if (input.length === length) return input;
  if (input.length > length) return input.subarray(0, length);
  const out = new Uint8Array(length);
  out.set(input);
  return out;
}

/** The integer of `length` bytes at `start`; there may be fewer. */
export function readInteger(input: Uint8Array, start: number, length: number): bigint {
  const present = input.subarray(start, start + length);
  if (present.length === 0) return 0n;
  const value = BigInt(`0x${toHex(present)}`);
  const missing = length - present.length;
  return missing === 0 || value === 0n ? value : value << BigInt(8 * missing);
}

/** Writes an integer that fits into `length` bytes of `out`, which are zero, at `start`. */
export function writeInteger(value: bigint, out: Uint8Array, start: number, length: number): void {
  const text = value.toString(16);
  let at = start + length;
  for (let end = text.length; end > 0; end -= 2) {
    out[--at] = Number.parseInt(text.slice(Math.max(0, end - 2), end), 16);
  }
}

/** True when those bytes of `input` are all zero. */
export function isZero(input: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) if (input[i] !== 0) return false;
  return true;
}
