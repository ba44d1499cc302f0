/**
 * Keccak-256: the sponge of FIPS 202 with the padding of 2011 (0x01, where SHA3-256 has 0x06). Contracts hash at every
 * other step, so it has to be fast; lanes of 64 bits are native in WebAssembly, and Node's own crypto does not have it.
 */
import { createKeccak } from 'hash-wasm';
import { putBytes } from './words/word.js';

/** One for all: hashing is synchronous and calls nobody, so it is never left half-used. */
const hasher = await createKeccak(256);

/** Keccak-256 of `bytes`: 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  hasher.init();
  hasher.update(bytes);
  return hasher.digest('binary');
}

/** Writes Keccak-256 of `bytes[from .. from + length - 1]` as a word to the slot `a` of `s`. */
export function putKeccak(s: Uint32Array, a: number, bytes: Uint8Array, from: number, length: number): void {
  putBytes(s, a, keccak256(bytes.subarray(from, from + length)), 0, 32);
}
