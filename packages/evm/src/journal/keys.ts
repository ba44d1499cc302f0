/**
 * Addresses, hashes and words as keys of a Map: short texts of 16 bits a character, made without going through bytes.
 */
import { LIMBS_MAX, widen } from '../words/word.js';

/** A small word is its own key; others are texts, so that the two never meet. */
export type WordKey = number | string;

const ADDRESS_LIMBS = 5;

/** Key of 20 bytes. */
export function addressKey(b: Uint8Array): string {
  return String.fromCharCode(
    (b[0] << 8) | b[1],
    (b[2] << 8) | b[3],
    (b[4] << 8) | b[5],
    (b[6] << 8) | b[7],
    (b[8] << 8) | b[9],
    (b[10] << 8) | b[11],
    (b[12] << 8) | b[13],
    (b[14] << 8) | b[15],
    (b[16] << 8) | b[17],
    (b[18] << 8) | b[19],
  );
}

/** Key of the address in the lower 20 bytes of the word at `a`, whatever is above. */
export function addressKeyAt(s: Uint32Array, a: number): string {
  widen(s, a, ADDRESS_LIMBS);
  const [e, d, c, b, l] = [s[a + 5], s[a + 4], s[a + 3], s[a + 2], s[a + 1]];
  return String.fromCharCode(
    e >>> 16,
    e & 0xffff,
    d >>> 16,
    d & 0xffff,
    c >>> 16,
    c & 0xffff,
    b >>> 16,
    b & 0xffff,
    l >>> 16,
    l & 0xffff,
  );
}

/** The address in the lower 20 bytes of the word at `a`. */
export function addressAt(s: Uint32Array, a: number): Uint8Array {
  widen(s, a, ADDRESS_LIMBS);
  const address = new Uint8Array(20);
  for (let i = ADDRESS_LIMBS, at = 0; i > 0; i--, at += 4) {
    const limb = s[a + i];
    address[at] = limb >>> 24;
    address[at + 1] = limb >>> 16;
    address[at + 2] = limb >>> 8;
    address[at + 3] = limb;
  }
  return address;
}

/** Key of the word at `a`. */
export function wordKey(s: Uint32Array, a: number): WordKey {
  if (s[a] === 1) return s[a + 1];
  widen(s, a, LIMBS_MAX);
  return String.fromCharCode(
    s[a + 8] >>> 16,
    s[a + 8] & 0xffff,
    s[a + 7] >>> 16,
    s[a + 7] & 0xffff,
    s[a + 6] >>> 16,
    s[a + 6] & 0xffff,
    s[a + 5] >>> 16,
    s[a + 5] & 0xffff,
    s[a + 4] >>> 16,
    s[a + 4] & 0xffff,
    s[a + 3] >>> 16,
    s[a + 3] & 0xffff,
    s[a + 2] >>> 16,
    s[a + 2] & 0xffff,
    s[a + 1] >>> 16,
    s[a + 1] & 0xffff,
  );
}

/** Key of 32 bytes. */
export function hashKey(hash: Uint8Array): string {
  return addressKey(hash) + tailKey(hash);
}

function tailKey(b: Uint8Array): string {
  return String.fromCharCode(
    (b[20] << 8) | b[21],
    (b[22] << 8) | b[23],
    (b[24] << 8) | b[25],
    (b[26] << 8) | b[27],
    (b[28] << 8) | b[29],
    (b[30] << 8) | b[31],
  );
}
