/**
 * Comparisons. Lengths are minimal, so that they often decide alone.
 */
import { LIMBS_MAX } from './word.js';

/** Negative, zero or positive as the word at `a` is below, equal to or above the one at `b`, both unsigned. */
export function compare(s: Uint32Array, a: number, b: number): number {
  const n = s[a];
  if (n !== s[b]) return n - s[b];
  for (let i = n; i > 0; i--) {
    const x = s[a + i];
    const y = s[b + i];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** True when the word at `a` is below zero in two's complement. */
export function isNegative(s: Uint32Array, a: number): boolean {
  return s[a] === LIMBS_MAX && s[a + LIMBS_MAX] > 0x7fff_ffff;
}

/** As `compare`, both signed: among numbers of the same sign the order is that of unsigned ones. */
export function compareSigned(s: Uint32Array, a: number, b: number): number {
  const negative = isNegative(s, a);
  if (negative !== isNegative(s, b)) return negative ? -1 : 1;
  return compare(s, a, b);
}

/** EQ, as a truth value. */
export function equal(s: Uint32Array, a: number, b: number): boolean {
  const n = s[a];
  if (n !== s[b]) return false;
  for (let i = n; i > 0; i--) if (s[a + i] !== s[b + i]) return false;
  return true;
}
