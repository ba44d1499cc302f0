/**
 * Division and what is made of it: DIV, MOD, SDIV, SMOD, ADDMOD, MULMOD. Small operands take short ways; the rest is
 * algorithm D of Knuth (The Art of Computer Programming 2, 4.3.1) on digits of 16 bits, so that all intermediate
 * values are exact in a double.
 */
import { negate } from './add.js';
import { compare, isNegative } from './compare.js';
import { multiplyWide } from './multiply.js';
import { isZero, LIMBS_MAX, trim } from './word.js';

const BASE = 0x1_0000;
const TWO_32 = 0x1_0000_0000;

/** Digits, the least significant first: dividend (one more for normalisation), divisor, quotient. */
const u = new Int32Array(4 * LIMBS_MAX + 1);
const v = new Int32Array(2 * LIMBS_MAX);
const q = new Int32Array(4 * LIMBS_MAX);

/** DIV: first ÷ second, rounded down; 0 when the second is zero. */
export function divide(s: Uint32Array, a: number, b: number): void {
  if (s[a] === 1 && s[b] === 1) {
    s[b + 1] = s[b + 1] === 0 ? 0 : s[a + 1] / s[b + 1];
    return;
  }
  if (compare(s, a, b) < 0 || isZero(s, b)) {
    setZero(s, b);
    return;
  }
  const m = loadWord(u, s, a);
  const n = loadWord(v, s, b);
  putDigits(s, b, q, divideDigits(m, n));
}

/** MOD: the remainder of first ÷ second; 0 when the second is zero. */
export function modulo(s: Uint32Array, a: number, b: number): void {
  if (s[a] === 1 && s[b] === 1) {
    s[b + 1] = s[b + 1] === 0 ? 0 : s[a + 1] % s[b + 1];
    return;
  }
  if (isZero(s, b)) return;
  if (compare(s, a, b) < 0) {
    const n = s[a];
    s[b] = n;
    for (let i = 1; i <= n; i++) s[b + i] = s[a + i];
    return;
  }
  const m = loadWord(u, s, a);
  const n = loadWord(v, s, b);
  divideDigits(m, n);
  putDigits(s, b, u, n);
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
  const m = s[a];
  const n = s[b];
  const length = m > n ? m : n;
  let carry = 0;
  for (let i = 1; i <= length; i++) {
    const sum = (i <= m ? s[a + i] : 0) + (i <= n ? s[b + i] : 0) + carry;
    carry = sum >= TWO_32 ? 1 : 0;
    u[2 * i - 2] = sum & 0xffff;
    u[2 * i - 1] = (sum >>> 16) & 0xffff;
  }
  u[2 * length] = carry;
  reduce(s, c, 2 * length + 1);
}

/** MULMOD: (first × second) mod third, the product being exact; the result is in `c`. */
export function multiplyModulo(s: Uint32Array, a: number, b: number, c: number): void {
  if (isZero(s, c)) return;
  const { limbs, length } = multiplyWide(s, a, b, 2 * LIMBS_MAX);
  for (let i = 0; i < length; i++) {
    u[2 * i] = limbs[i] & 0xffff;
    u[2 * i + 1] = limbs[i] >>> 16;
  }
  reduce(s, c, 2 * length);
}

/** The remainder of the `digits` digits in `u` by the word at `c`, which it replaces. */
function reduce(s: Uint32Array, c: number, digits: number): void {
  let m = digits;
  while (m > 1 && u[m - 1] === 0) m--;
  const n = loadWord(v, s, c);
  if (m < n) {
    putDigits(s, c, u, m);
    return;
  }
  divideDigits(m, n);
  putDigits(s, c, u, n);
}

/** Writes the digits of a word to `digits`; returns how many there are (the first is not zero). */
function loadWord(digits: Int32Array, s: Uint32Array, a: number): number {
  const n = s[a];
  for (let i = 0; i < n; i++) {
    const limb = s[a + 1 + i];
    digits[2 * i] = limb & 0xffff;
    digits[2 * i + 1] = limb >>> 16;
  }
  return digits[2 * n - 1] === 0 ? 2 * n - 1 : 2 * n;
}

function putDigits(s: Uint32Array, a: number, digits: Int32Array, count: number): void {
  const limbs = (count + 1) >> 1;
  if ((count & 1) === 1) digits[count] = 0;
  for (let i = 0; i < limbs; i++) s[a + 1 + i] = digits[2 * i] | (digits[2 * i + 1] << 16);
  trim(s, a, limbs);
}

function setZero(s: Uint32Array, a: number): void {
  s[a] = 1;
  s[a + 1] = 0;
}

/**
 * Divides the `m` digits of `u` by the `n` of `v` (m ≥ n, v's first digit not zero): quotient in `q`, remainder in the
 * lowest `n` digits of `u`. Returns the number of digits of the quotient.
 */
function divideDigits(m: number, n: number): number {
  if (n === 1) return divideByDigit(m);
  const shift = Math.clz32(v[n - 1]) - 16;
  shiftDigits(v, n, shift);
  u[m] = 0;
  shiftDigits(u, m + 1, shift);
  const divisor = v[n - 1] * BASE + v[n - 2];
  for (let j = m - n; j >= 0; j--) {
    const top = u[j + n] * TWO_32 + u[j + n - 1] * BASE + u[j + n - 2];
    let digit = Math.floor(top / divisor);
    if (digit > 0xffff) digit = 0xffff;
    if (digit !== 0 && subtractMultiple(j, n, digit)) {
      digit--;
      addBack(j, n);
    }
    q[j] = digit;
  }
  for (let i = 0; i < n; i++) u[i] = ((u[i] | (u[i + 1] << 16)) >>> shift) & 0xffff;
  return m - n + 1;
}

function divideByDigit(m: number): number {
  const divisor = v[0];
  let remainder = 0;
  for (let j = m - 1; j >= 0; j--) {
    const part = remainder * BASE + u[j];
    const digit = (part / divisor) >>> 0;
    q[j] = digit;
    remainder = part - digit * divisor;
  }
  u[0] = remainder;
  return m;
}

function shiftDigits(digits: Int32Array, count: number, shift: number): void {
  if (shift === 0) return;
  for (let i = count - 1; i > 0; i--) {
    digits[i] = ((digits[i] << shift) | (digits[i - 1] >>> (16 - shift))) & 0xffff;
  }
  digits[0] = (digits[0] << shift) & 0xffff;
}

/** Takes `digit` × v from u at `j`; true when that was too much. */
function subtractMultiple(j: number, n: number, digit: number): boolean {
  let borrow = 0;
  let carry = 0;
  for (let i = 0; i < n; i++) {
    // Below 2^32: (2^16 − 1)² + 2^16 − 1.
    const multiple = (Math.imul(digit, v[i]) + carry) >>> 0;
    carry = multiple >>> 16;
    const difference = u[j + i] - (multiple & 0xffff) - borrow;
    borrow = difference < 0 ? 1 : 0;
    u[j + i] = difference & 0xffff;
  }
  const difference = u[j + n] - carry - borrow;
  u[j + n] = difference & 0xffff;
  return difference < 0;
}

function addBack(j: number, n: number): void {
  let carry = 0;
  for (let i = 0; i < n; i++) {
    const sum = u[j + i] + v[i] + carry;
    u[j + i] = sum & 0xffff;
    carry = sum >>> 16;
  }
  u[j + n] = (u[j + n] + carry) & 0xffff;
}
