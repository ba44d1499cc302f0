/**
 * Multiplication: the schoolbook method on 32-bit limbs, each product made of four products of 16 bits, for words that
 * are short; EXP by squaring.
 */
import { multiplyLong } from './multiplyLong.js';
import { isZero, SLOT, trim } from './word.js';

/** Up to so many limbs in both operands together, limbs are faster than digits. */
const SHORT_LIMBS_MAX = 5;

const product = new Uint32Array(SHORT_LIMBS_MAX);

/** MUL: first × second modulo 2^256. */
export function multiply(s: Uint32Array, a: number, b: number): void {
  if (s[a] + s[b] > SHORT_LIMBS_MAX) multiplyLong(s, a, b);
  else multiplyShort(s, a, b);
}

function multiplyShort(s: Uint32Array, a: number, b: number): void {
  const m = s[a];
  const n = s[b];
  for (let i = 0; i < n; i++) product[i] = 0;
  for (let i = 0; i < m; i++) {
    const x = s[a + 1 + i];
    const x0 = x & 0xffff;
    const x1 = x >>> 16;
    let carry = 0;
    for (let j = 0; j < n; j++) {
      const y = s[b + 1 + j];
      const y0 = y & 0xffff;
      const y1 = y >>> 16;
      const low = Math.imul(x0, y0) >>> 0;
      const middle = ((Math.imul(x1, y0) >>> 0) + (low >>> 16)) >>> 0;
      const other = ((Math.imul(x0, y1) >>> 0) + (middle & 0xffff)) >>> 0;
      const upper = (Math.imul(x1, y1) + (middle >>> 16) + (other >>> 16)) >>> 0;
      const lower = ((other << 16) | (low & 0xffff)) >>> 0;
      const partial = (lower + product[i + j]) >>> 0;
      const sum = (partial + carry) >>> 0;
      product[i + j] = sum;
      carry = (upper + (partial < lower ? 1 : 0) + (sum < partial ? 1 : 0)) >>> 0;
    }
    product[i + n] = carry;
  }
  for (let i = 0; i < m + n; i++) s[b + 1 + i] = product[i];
  trim(s, b, m + n);
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
