/**
 * Keccak-256: the sponge of FIPS 202 with a rate of 136 bytes and the padding of 2011 (0x01, where SHA3-256 has 0x06).
 */
import { SLOT, trim } from '../words/word.js';
import { permute } from './permutation.js';

const RATE = 136;
const PADDING_FIRST = 1;
const PADDING_LAST = 0x80 << 24;

/** Never left half-used: hashing is synchronous and calls nobody. */
const state = new Int32Array(50);

/** Keccak-256 of `bytes`: 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  absorb(bytes, 0, bytes.length);
  const hash = new Uint8Array(32);
  for (let i = 0; i < 32; i++) hash[i] = state[i >> 2] >>> (8 * (i & 3));
  return hash;
}

/** Writes Keccak-256 of `bytes[from .. from + length - 1]` as a word to the slot `a` of `s`. */
export function putKeccak(s: Uint32Array, a: number, bytes: Uint8Array, from: number, length: number): void {
  absorb(bytes, from, length);
  for (let i = 0; i < 8; i++) {
    const limb = state[7 - i];
    // The sponge is little-endian, words are big-endian.
    s[a + 1 + i] = (limb << 24) | ((limb & 0xff00) << 8) | ((limb >>> 8) & 0xff00) | (limb >>> 24);
  }
  trim(s, a, SLOT - 1);
}

function absorb(bytes: Uint8Array, from: number, length: number): void {
  state.fill(0);
  let at = from;
  const end = from + length;
  for (; end - at >= RATE; at += RATE) {
    mix(bytes, at, RATE >> 2);
    permute(state);
  }
  const words = (end - at) >> 2;
  mix(bytes, at, words);
  at += 4 * words;
  let last = PADDING_FIRST << (8 * (end - at));
  for (let shift = 0; at < end; at++, shift += 8) last |= bytes[at] << shift;
  state[words] ^= last;
  state[(RATE >> 2) - 1] ^= PADDING_LAST;
  permute(state);
}

/** Adds `count` little-endian words of `bytes` to the state. */
function mix(bytes: Uint8Array, from: number, count: number): void {
  for (let i = 0, at = from; i < count; i++, at += 4) {
    state[i] ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  }
}
