/**
 * How 256-bit words lie on the stack: slots of nine 32-bit numbers, in one `Uint32Array` for all words.
 *
 *   slot      number of limbs (1..8) ‖ limbs, the least significant first
 *
 * The number of limbs is the smallest that holds the value (1 for zero); what stands in a slot beyond it means
 * nothing. Most words of real code are small, so that most operations touch one limb or two. No operation allocates.
 *
 * Operations have the form `op(s, a, b)`: `a` and `b` are the offsets of the slots of the first (topmost) and second
 * operand, and the result replaces the second. `Word` is a word that is kept elsewhere: its limbs alone.
 */

/** Numbers from the beginning of one slot to the next. */
export const SLOT = 9;
/** The most limbs of a word. */
export const LIMBS_MAX = 8;

/** A word outside of the stack: as many limbs as it needs, the least significant first. Never written to. */
export type Word = Uint32Array;

const TWO_32 = 0x1_0000_0000;
/** Two limbs are a safe integer when the upper one is below this. */
const SAFE_UPPER = 0x20_0000;

export const ZERO_WORD: Word = Uint32Array.of(0);

/** True when the word at `a` is zero. */
export function isZero(s: Uint32Array, a: number): boolean {
  return s[a] === 1 && s[a + 1] === 0;
}

/** Makes the length of the word at `a` the smallest, given that it is at most `length`. */
export function trim(s: Uint32Array, a: number, length: number): void {
  let n = length;
  while (n > 1 && s[a + n] === 0) n--;
  s[a] = n;
}

/** Makes all limbs of the word at `a` up to `length` readable: those beyond its own become zero. */
export function widen(s: Uint32Array, a: number, length: number): void {
  for (let i = s[a] + 1; i <= length; i++) s[a + i] = 0;
}

/** Copies a word from slot `from` to slot `to`. */
export function copyWord(s: Uint32Array, from: number, to: number): void {
  const n = s[from];
  s[to] = n;
  for (let i = 1; i <= n; i++) s[to + i] = s[from + i];
}

/** Writes a whole number below 2^53. */
export function putNumber(s: Uint32Array, a: number, value: number): void {
  s[a + 1] = value;
  if (value < TWO_32) s[a] = 1;
  else {
    s[a] = 2;
    s[a + 2] = value / TWO_32;
  }
}

/** The word at `a` as a number; Infinity when it is 2^53 or more. */
export function toNumber(s: Uint32Array, a: number): number {
  const n = s[a];
  if (n === 1) return s[a + 1];
  if (n === 2 && s[a + 2] < SAFE_UPPER) return s[a + 2] * TWO_32 + s[a + 1];
  return Number.POSITIVE_INFINITY;
}

/** Writes a non-negative integer below 2^256. */
export function putBigInt(s: Uint32Array, a: number, value: bigint): void {
  let rest = value;
  let n = 0;
  do {
    s[a + ++n] = Number(rest & 0xffff_ffffn);
    rest >>= 32n;
  } while (rest > 0n);
  s[a] = n;
}

export function toBigInt(s: Uint32Array, a: number): bigint {
  const n = s[a];
  let value = BigInt(s[a + n]);
  for (let i = n - 1; i > 0; i--) value = (value << 32n) | BigInt(s[a + i]);
  return value;
}

/** Writes the big-endian `bytes[from .. from + length - 1]`, at most 32. */
export function putBytes(s: Uint32Array, a: number, bytes: Uint8Array, from: number, length: number): void {
  let n = 0;
  let end = from + length;
  while (end - from >= 4) {
    s[a + ++n] = (bytes[end - 4] << 24) | (bytes[end - 3] << 16) | (bytes[end - 2] << 8) | bytes[end - 1];
    end -= 4;
  }
  if (end > from) {
    let limb = 0;
    for (let i = from; i < end; i++) limb = (limb << 8) | bytes[i];
    s[a + ++n] = limb;
  }
  if (n === 0) s[a + ++n] = 0;
  trim(s, a, n);
}

/** Writes the word at `a` as 32 big-endian bytes to `bytes[to ..]`. */
export function writeBytes(s: Uint32Array, a: number, bytes: Uint8Array, to: number): void {
  const n = s[a];
  for (let i = 1, at = to + 28; i <= LIMBS_MAX; i++, at -= 4) {
    const limb = i <= n ? s[a + i] : 0;
    bytes[at] = limb >>> 24;
    bytes[at + 1] = limb >>> 16;
    bytes[at + 2] = limb >>> 8;
    bytes[at + 3] = limb;
  }
}

/** The word at `a` as 32 big-endian bytes. */
export function toBytes(s: Uint32Array, a: number): Uint8Array {
  const bytes = new Uint8Array(32);
  writeBytes(s, a, bytes, 0);
  return bytes;
}

/** The word at `a`, to be kept. */
export function toWord(s: Uint32Array, a: number): Word {
  return isZero(s, a) ? ZERO_WORD : s.slice(a + 1, a + 1 + s[a]);
}

/** Writes a kept word. */
export function putWord(s: Uint32Array, a: number, word: Word): void {
  const n = word.length;
  s[a] = n;
  for (let i = 0; i < n; i++) s[a + 1 + i] = word[i];
}

export function isZeroWord(word: Word): boolean {
  return word.length === 1 && word[0] === 0;
}

export function equalWords(a: Word, b: Word): boolean {
  const n = a.length;
  if (n !== b.length) return false;
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Big-endian bytes of a kept word without leading zeros; empty for zero. */
export function wordBytes(word: Word): Uint8Array {
  if (isZeroWord(word)) return NO_BYTES;
  const top = word.length - 1;
  const topBytes = 4 - (Math.clz32(word[top]) >>> 3);
  const bytes = new Uint8Array(4 * top + topBytes);
  let at = bytes.length;
  for (let i = 0; i <= top; i++) {
    for (let shift = 0; shift < 32 && at > 0; shift += 8) bytes[--at] = word[i] >>> shift;
  }
  return bytes;
}

const NO_BYTES = new Uint8Array(0);
const scratch = new Uint32Array(SLOT);

/** A kept word of big-endian bytes, at most 32. */
export function bytesWord(bytes: Uint8Array): Word {
  if (bytes.length === 0) return ZERO_WORD;
  putBytes(scratch, 0, bytes, 0, bytes.length);
  return toWord(scratch, 0);
}
