/**
 * Addition and subtraction modulo 2^256. Carries are found by comparison, so that everything stays in 32-bit registers.
 */
import { LIMBS_MAX, trim } from './word.js';

/** ADD: first + second. */
export function add(s: Uint32Array, a: number, b: number): void {
  const m = s[a];
  const n = s[b];
  const shared = m < n ? m : n;
  let carry = 0;
  for (let i = 1; i <= shared; i++) {
    const x = s[a + i];
    const partial = (x + carry) >>> 0;
    const sum = (partial + s[b + i]) >>> 0;
    carry = partial < carry || sum < partial ? 1 : 0;
    s[b + i] = sum;
  }
  const longer = m > n ? a : b;
  const length = m > n ? m : n;
  for (let i = shared + 1; i <= length; i++) {
    const sum = (s[longer + i] + carry) >>> 0;
    carry = sum < carry ? 1 : 0;
    s[b + i] = sum;
  }
  if (carry === 1 && length < LIMBS_MAX) {
    s[b + length + 1] = 1;
    s[b] = length + 1;
  } else if (carry === 1) trim(s, b, length);
  else s[b] = length;
}

/** SUB: first − second. */
export function subtract(s: Uint32Array, a: number, b: number): void {
  const m = s[a];
  const n = s[b];
  const length = m > n ? m : n;
  let borrow = 0;
  for (let i = 1; i <= length; i++) {
    const x = i <= m ? s[a + i] : 0;
    const y = i <= n ? s[b + i] : 0;
    const partial = (x - borrow) >>> 0;
    const underflow = partial > x;
    const difference = (partial - y) >>> 0;
    borrow = underflow || difference > partial ? 1 : 0;
    s[b + i] = difference;
  }
  if (borrow === 0) {
    trim(s, b, length);
    return;
  }
  for (let i = length + 1; i <= LIMBS_MAX; i++) s[b + i] = 0xffff_ffff;
  trim(s, b, LIMBS_MAX);
}

/** 2^256 − the word at `a`, in place. */
export function negate(s: Uint32Array, a: number): void {
  const n = s[a];
  let carry = 1;
  for (let i = 1; i <= LIMBS_MAX; i++) {
    const limb = ((i <= n ? ~s[a + i] : -1) + carry) >>> 0;
    carry = carry === 1 && limb === 0 ? 1 : 0;
    s[a + i] = limb;
  }
  trim(s, a, LIMBS_MAX);
}
