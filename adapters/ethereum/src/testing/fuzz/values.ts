/**
 * Random choices with a taste for edges.
 */
import type { Random } from '@coco/primitives';
import { unsignedBytes, unsignedValue } from '../../codec/quantity.js';

/** One of `choices`. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.integer(choices.length)] as T;
}

/** True once in `times`. */
export function oneIn(random: Random, times: number): boolean {
  return random.integer(times) === 0;
}

/** Bytes of which nothing is known. */
export function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
}

/** Big-endian bytes without leading zeros, at least one. */
export function minimalBytes(value: bigint): Uint8Array {
  return value === 0n ? Uint8Array.of(0) : unsignedBytes(value);
}

/** An integer below 2^256: small, near a power of two, near the ends of the range (also the signed one), or any. */
export function randomWord(random: Random): bigint {
  switch (random.integer(8)) {
    case 0:
    case 1:
      return BigInt(random.integer(5));
    case 2:
      return BigInt(random.integer(300));
    case 3: {
      const near = (1n << BigInt(random.integer(256))) + BigInt(random.integer(3)) - 1n;
      return near;
    }
    case 4:
      return 2n ** 256n - 1n - BigInt(random.integer(4));
    case 5:
      return 2n ** 255n + BigInt(random.integer(3)) - 1n;
    case 6:
      return unsignedValue(randomBytes(random, 1 + random.integer(32)));
    default:
      return unsignedValue(randomBytes(random, 1 + random.integer(8)));
  }
}
