/**
 * Division and what is made of it: DIV, MOD, SDIV, SMOD, ADDMOD, MULMOD. Schoolbook division on digits of 24 bits,
 * whose carries wait until the end: each digit of the quotient is estimated from the first three digits of what is left
 * and of the divisor, which is right up to rounding; one that is off by one makes what is left negative, or leaves a
 * divisor too much, and the next digit makes up for it. The last is corrected at the end.
 */
import { negate } from './add.js';
import { compare, isNegative } from './compare.js';
import {
  BASE,
  carryDigits,
  createDigits,
  loadDigits,
  multiplyDigits,
  significant,
  storeDigits,
} from './digits.js';
import { copyWord, isZero } from './word.js';

/** Dividend, which becomes the remainder; divisor; quotient; factors. */
const u = createDigits();
const v = createDigits();
const q = createDigits();
const x = createDigits();
const y = createDigits();

/** DIV: first ÷ second, rounded down; 0 when the second is zero. */
export function divide(s: Uint32Array, a: number, b: number): void {
  if (s[a] === 1 && s[b] === 1) {
    s[b + 1] = s[b + 1] === 0 ? 0 : s[a + 1] / s[b + 1];
    return;
  }
  if (isZero(s, b)) return;
  if (compare(s, a, b) < 0) {
    s[b] = 1;
    s[b + 1] = 0;
    return;
  }
  const m = loadDigits(u, s, a);
  const n = loadDigits(v, s, b);
  divideDigits(m, n);
  storeDigits(q, m - n + 1, s, b);
}

/** MOD: the remainder of first ÷ second; 0 when the second is zero. */
export function modulo(s: Uint32Array, a: number, b: number): void {
  if (s[a] === 1 && s[b] === 1) {
    s[b + 1] = s[b + 1] === 0 ? 0 : s[a + 1] % s[b + 1];
    return;
  }
  if (isZero(s, b)) return;
  if (compare(s, a, b) < 0) copyWord(s, a, b);
  else reduce(loadDigits(u, s, a), s, b);
}

/** SDIV: first ÷ second, both signed, rounded towards zero. The first operand is spent. */
export function divideSigned(s: Uint32Array, a: number, b: number): void {
  const negativeA = isNegative(s, a);
  const negativeB = isNegative(s, b);
  if (negativeA) negate(s, a);
  if (negativeB) negate(s, b);
  divide(s, a, b);
  if (negativeA !== negativeB && !isZero(s, b)) negate(s, b);
}

/** SMOD: the remainder of first ÷ second, with the sign of the first. The first operand is spent. */
export function moduloSigned(s: Uint32Array, a: number, b: number): void {
  const negative = isNegative(s, a);
  if (negative) negate(s, a);
  if (isNegative(s, b)) negate(s, b);
  modulo(s, a, b);
  if (negative && !isZero(s, b)) negate(s, b);
}

/** ADDMOD: (first + second) mod third, the sum being exact; the result is in `c`. */
export function addModulo(s: Uint32Array, a: number, b: number, c: number): void {
  if (isZero(s, c)) return;
  const m = loadDigits(x, s, a);
  const n = loadDigits(y, s, b);
  const length = m > n ? m : n;
  for (let i = 0; i < length; i++) u[i] = (i < m ? x[i] : 0) + (i < n ? y[i] : 0);
  u[length] = carryDigits(u, length);
  reduce(significant(u, length + 1), s, c);
}

/** MULMOD: (first × second) mod third, the product being exact; the result is in `c`. */
export function multiplyModulo(s: Uint32Array, a: number, b: number, c: number): void {
  if (isZero(s, c)) return;
  const m = loadDigits(x, s, a);
  const n = loadDigits(y, s, b);
  reduce(multiplyDigits(u, x, m, y, n), s, c);
}

/** The remainder of the `m` digits in `u` by the word at `c`, which it replaces. */
function reduce(m: number, s: Uint32Array, c: number): void {
  const n = loadDigits(v, s, c);
  if (m >= n) divideDigits(m, n);
  storeDigits(u, m < n ? m : n, s, c);
}

/**
 * Divides the `m` digits of `u` by the `n` of `v` (m ≥ n, no leading zeros): m − n + 1 digits of the quotient in `q`,
 * the remainder in the lowest `n` digits of `u`.
 *
 * Exactness: a digit of `u` has at most eleven products taken from it, and stays below 2^52. Those below the first can
 * thus hold less than 2^28 of its unit, so that the first two together, `top`, are below 2^50.
 */
function divideDigits(m: number, n: number): void {
  const last = n - 1;
  const first = v[last];
  const second = n > 1 ? v[n - 2] : 0;
  const inverse = 1 / ((first * BASE + second) * BASE + (n > 2 ? v[n - 3] : 0));
  u[m] = 0;
  for (let j = m - n; j >= 0; j--) {
    const top = u[j + n] * BASE + u[j + last];
    const next = n > 1 ? u[j + n - 2] : 0;
    const digit = Math.floor(((top * BASE + next) * BASE + (n > 2 ? u[j + n - 3] : 0)) * inverse);
    q[j] = digit;
    if (digit !== 0) for (let i = 0; i < last; i++) u[j + i] -= digit * v[i];
    u[j + last] = top - digit * first;
  }
  correct(carryDigits(u, n), n);
  carryDigits(q, m - n + 1);
}

/** Brings a remainder (with `above` over its `n` digits) between zero and the divisor, and the quotient along. */
function correct(above: number, n: number): void {
  let carry = above;
  while (carry < 0) carry += addDivisor(1, n);
  while (carry > 0 || isTooLarge(n)) carry += addDivisor(-1, n);
}

/** Adds `sign` times the divisor to the remainder; returns the carry. */
function addDivisor(sign: number, n: number): number {
  for (let i = 0; i < n; i++) u[i] += sign * v[i];
  q[0] -= sign;
  return carryDigits(u, n);
}

/** Whether the remainder is not below the divisor. */
function isTooLarge(n: number): boolean {
  for (let i = n - 1; i >= 0; i--) if (u[i] !== v[i]) return u[i] > v[i];
  return true;
}
