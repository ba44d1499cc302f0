/**
 * Multiplication: the schoolbook method on 32-bit limbs, each product made of four products of 16 bits, for words that
 * are short; EXP by squaring.
 */
import { multiplyLong } from './multiplyLong.js';
import { isZero, LIMBS_MAX, SLOT, trim } from './word.js';

/** Up to so many limbs in both operands together, limbs are faster than digits. */
const SHORT_LIMBS_MAX = 5;

/** Twice as many limbs as a word has. */
const product = new Uint32Array(2 * LIMBS_MAX);

/**
 * Limbs of first × second, the least significant first, as far as `limit`; returns how many were written. The array
 * is the same each time.
 */
export function multiplyWide(
  s: Uint32Array,
  a: number,
  b: number,
  limit: number,
): { readonly limbs: Uint32Array; readonly length: number } {
  return { limbs: product, length: multiplyInto(s, a, b, limit) };
}

function multiplyInto(s: Uint32Array, a: number, b: number, limit: number): number {
  const m = s[a];
  const n = s[b];
  const length = m + n < limit ? m + n : limit;
  const p = product;
  for (let i = 0; i < length; i++) p[i] = 0;
  for (let i = 0; i < m; i++) {
    const x = s[a + 1 + i];
    const x0 = x & 0xffff;
    const x1 = x >>> 16;
    let carry = 0;
    const end = i + n < limit ? n : limit - i;
    for (let j = 0; j < end; j++) {
      const y = s[b + 1 + j];
      const y0 = y & 0xffff;
      const y1 = y >>> 16;
      const low = Math.imul(x0, y0) >>> 0;
      const mid = ((Math.imul(x1, y0) >>> 0) + (low >>> 16)) >>> 0;
      const mid2 = ((Math.imul(x0, y1) >>> 0) + (mid & 0xffff)) >>> 0;
      const high = (Math.imul(x1, y1) + (mid >>> 16) + (mid2 >>> 16)) >>> 0;
      const lower = ((mid2 << 16) | (low & 0xffff)) >>> 0;
      const partial = (lower + p[i + j]) >>> 0;
      const sum = (partial + carry) >>> 0;
      p[i + j] = sum;
      carry = (high + (partial < lower ? 1 : 0) + (sum < partial ? 1 : 0)) >>> 0;
    }
    if (i + end < limit) p[i + end] = carry;
  }
  return length;
}

/** MUL: first × second modulo 2^256. */
export function multiply(s: Uint32Array, a: number, b: number): void {
  if (s[a] + s[b] > SHORT_LIMBS_MAX) {
    multiplyLong(s, a, b);
    return;
  }
  const length = multiplyInto(s, a, b, LIMBS_MAX);
  for (let i = 0; i < length; i++) s[b + 1 + i] = product[i];
  trim(s, b, length);
}

const power = new Uint32Array(2 * SLOT);
const BASE = 0;
const RESULT = SLOT;

/** EXP: first to the power of second, modulo 2^256. */
export function exponentiate(s: Uint32Array, a: number, b: number): void {
  const n = s[b];
  const bits = isZero(s, b) ? 0 : 32 * n - Math.clz32(s[b + n]);
  power[BASE] = s[a];
  for (let i = 1; i <= s[a]; i++) power[BASE + i] = s[a + i];
  power[RESULT] = 1;
  power[RESULT + 1] = 1;
  for (let i = bits - 1; i >= 0; i--) {
    multiply(power, RESULT, RESULT);
    if (((s[b + 1 + (i >>> 5)] >>> (i & 31)) & 1) === 1) multiply(power, BASE, RESULT);
  }
  const length = power[RESULT];
  s[b] = length;
  for (let i = 1; i <= length; i++) s[b + i] = power[RESULT + i];
}

/** The number of bytes that the word at `a` needs; 0 for zero (what EXP is charged for). */
export function byteLength(s: Uint32Array, a: number): number {
  const n = s[a];
  return isZero(s, a) ? 0 : 4 * n - (Math.clz32(s[a + n]) >>> 3);
}
