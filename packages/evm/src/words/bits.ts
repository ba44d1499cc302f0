/**
 * Bitwise operations and shifts (EIP-145), BYTE, SIGNEXTEND and CLZ (EIP-7939).
 */
import { isNegative } from './compare.js';
import { LIMBS_MAX, putNumber, toNumber, trim, widen } from './word.js';

/** AND. */
export function and(s: Uint32Array, a: number, b: number): void {
  const length = s[a] < s[b] ? s[a] : s[b];
  for (let i = 1; i <= length; i++) s[b + i] &= s[a + i];
  trim(s, b, length);
}

/** OR. */
export function or(s: Uint32Array, a: number, b: number): void {
  const n = s[a];
  const m = s[b];
  const shared = n < m ? n : m;
  for (let i = 1; i <= shared; i++) s[b + i] |= s[a + i];
  for (let i = shared + 1; i <= n; i++) s[b + i] = s[a + i];
  if (n > m) s[b] = n;
}

/** XOR. */
export function xor(s: Uint32Array, a: number, b: number): void {
  const n = s[a];
  const m = s[b];
  const shared = n < m ? n : m;
  for (let i = 1; i <= shared; i++) s[b + i] ^= s[a + i];
  for (let i = shared + 1; i <= n; i++) s[b + i] = s[a + i];
  trim(s, b, n > m ? n : m);
}

/** NOT, in place. */
export function not(s: Uint32Array, a: number): void {
  widen(s, a, LIMBS_MAX);
  for (let i = 1; i <= LIMBS_MAX; i++) s[a + i] = ~s[a + i];
  trim(s, a, LIMBS_MAX);
}

/** BYTE: the byte of the second whose index, from the most significant, is the first. */
export function byte(s: Uint32Array, a: number, b: number): void {
  const index = toNumber(s, a);
  const limb = LIMBS_MAX - (index >>> 2);
  const value = index < 32 && limb <= s[b] ? (s[b + limb] >>> (8 * (3 - (index & 3)))) & 255 : 0;
  s[b] = 1;
  s[b + 1] = value;
}

/** SHL: the second shifted to the left by the first. */
export function shiftLeft(s: Uint32Array, a: number, b: number): void {
  const shift = toNumber(s, a);
  if (shift >= 256) {
    s[b] = 1;
    s[b + 1] = 0;
    return;
  }
  const n = s[b];
  const limbs = shift >>> 5;
  const bits = shift & 31;
  const length = n + limbs + 1 < LIMBS_MAX ? n + limbs + 1 : LIMBS_MAX;
  for (let i = length; i > limbs; i--) {
    const at = i - limbs;
    const upper = at <= n ? s[b + at] : 0;
    const lower = at > 1 && at - 1 <= n ? s[b + at - 1] : 0;
    s[b + i] = bits === 0 ? upper : (upper << bits) | (lower >>> (32 - bits));
  }
  for (let i = limbs; i > 0; i--) s[b + i] = 0;
  trim(s, b, length);
}

/** SHR: the second shifted to the right by the first. */
export function shiftRight(s: Uint32Array, a: number, b: number): void {
  const shift = toNumber(s, a);
  const n = s[b];
  if (shift >= 32 * n) {
    s[b] = 1;
    s[b + 1] = 0;
    return;
  }
  const limbs = shift >>> 5;
  const bits = shift & 31;
  const length = n - limbs;
  for (let i = 1; i <= length; i++) {
    const lower = s[b + i + limbs];
    const upper = i < length ? s[b + i + limbs + 1] : 0;
    s[b + i] = bits === 0 ? lower : (lower >>> bits) | (upper << (32 - bits));
  }
  trim(s, b, length);
}

/** SAR: the second shifted to the right by the first, its sign kept. */
export function shiftRightSigned(s: Uint32Array, a: number, b: number): void {
  if (!isNegative(s, b)) {
    shiftRight(s, a, b);
    return;
  }
  // For a negative x: x >> n = ~(~x >> n).
  not(s, b);
  shiftRight(s, a, b);
  not(s, b);
}

/** SIGNEXTEND: the second as a signed number of first + 1 bytes. */
export function signExtend(s: Uint32Array, a: number, b: number): void {
  const index = toNumber(s, a);
  if (index >= 31) return;
  const limb = (index >>> 2) + 1;
  widen(s, b, LIMBS_MAX);
  const shift = 24 - 8 * (index & 3);
  const extended = (s[b + limb] << shift) >> shift;
  s[b + limb] = extended;
  const fill = extended < 0 ? 0xffff_ffff : 0;
  for (let i = limb + 1; i <= LIMBS_MAX; i++) s[b + i] = fill;
  trim(s, b, LIMBS_MAX);
}

/** CLZ: how many bits of the word are zero before the first that is not, in place. */
export function countLeadingZeros(s: Uint32Array, a: number): void {
  const n = s[a];
  putNumber(s, a, 32 * (LIMBS_MAX - n) + Math.clz32(s[a + n]));
}
