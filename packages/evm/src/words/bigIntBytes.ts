/**
 * Non-negative integers as big-endian bytes without leading zeros, as RLP wants them.
 */
import { putBigInt, SLOT, toWord, wordBytes } from './word.js';

const slot = new Uint32Array(SLOT);

/** Bytes of a value below 2^256; empty for zero. */
export function bigIntBytes(value: bigint): Uint8Array {
  putBigInt(slot, 0, value);
  return wordBytes(toWord(slot, 0));
}
