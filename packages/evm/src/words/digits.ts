/**
 * Words as digits of 24 bits in doubles, the least significant first: sums of a few hundred products of digits stay
 * exact (below 2^53), so that carries can wait. What is long is computed with digits, what is short with limbs.
 */
import { LIMBS_MAX, trim } from './word.js';

export const BASE = 0x100_0000;
const FRACTION = 1 / BASE;
/** What a word has at most, and room for a whole group. */
const DIGITS_MAX = 12;

/** Digits of the product of two words, and one more. */
export type Digits = Float64Array;

/** Room for the product of two words, and to look one digit further. */
export function createDigits(): Digits {
  return new Float64Array(2 * DIGITS_MAX + 2);
}

/** Writes the digits of the word at `a`; returns how many there are, without leading zeros (but at least one). */
export function loadDigits(digits: Digits, s: Uint32Array, a: number): number {
  const n = s[a];
  let count = 0;
  // Three limbs are four digits.
  for (let i = 1; i <= n; i += 3) {
    const first = s[a + i];
    const second = i < n ? s[a + i + 1] : 0;
    const third = i + 1 < n ? s[a + i + 2] : 0;
    digits[count] = first & 0xff_ffff;
    digits[count + 1] = (first >>> 24) | ((second & 0xffff) << 8);
    digits[count + 2] = (second >>> 16) | ((third & 0xff) << 16);
    digits[count + 3] = third >>> 8;
    count += 4;
  }
  return significant(digits, count);
}

/** Writes `count` digits, which are below 2^256, as the word at `a`. What follows them is overwritten. */
export function storeDigits(digits: Digits, count: number, s: Uint32Array, a: number): void {
  for (let i = count; i < DIGITS_MAX; i++) digits[i] = 0;
  for (let i = 0, limb = a + 1; i < DIGITS_MAX; i += 4, limb += 3) {
    const second = digits[i + 1];
    const third = digits[i + 2];
    s[limb] = digits[i] | (second << 24);
    s[limb + 1] = (second >>> 8) | (third << 16);
    if (i < 8) s[limb + 2] = (third >>> 16) | (digits[i + 3] << 8);
  }
  trim(s, a, LIMBS_MAX);
}

/** Makes `count` digits of any sign and size (below 2^52) proper ones; returns what is left above them. */
export function carryDigits(digits: Digits, count: number): number {
  let carry = 0;
  for (let i = 0; i < count; i++) {
    const sum = digits[i] + carry;
    carry = Math.floor(sum * FRACTION);
    digits[i] = sum - carry * BASE;
  }
  return carry;
}

/** The number of digits without leading zeros, at least one. */
export function significant(digits: Digits, count: number): number {
  let n = count;
  while (n > 1 && digits[n - 1] === 0) n--;
  return n;
}

/** Writes the product of `m` digits of `x` and `n` of `y`; returns how many there are. */
export function multiplyDigits(product: Digits, x: Digits, m: number, y: Digits, n: number): number {
  for (let i = 0; i < m + n; i++) product[i] = 0;
  for (let i = 0; i < m; i++) {
    const digit = x[i];
    for (let j = 0; j < n; j++) product[i + j] += digit * y[j];
  }
  carryDigits(product, m + n);
  return significant(product, m + n);
}
