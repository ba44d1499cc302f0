/**
 * The precompiles 0x02, 0x03 and 0x04 (yellow paper, appendix E.1): two hash functions and the copy of what they are
 * given. They cannot fail.
 */
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Precompile } from './types.js';

/** SHA256: FIPS 180-4. */
export const SHA256: Precompile = {
  name: 'SHA256',
  gas: (input) => 60 + 12 * words(input),
  run: (input) => sha256(input),
};

/** RIPEMD160, padded on the left to 32 bytes. */
export const RIPEMD160: Precompile = {
  name: 'RIPEMD160',
  gas: (input) => 600 + 120 * words(input),
  run(input) {
    const out = new Uint8Array(32);
    out.set(ripemd160(input), 12);
    return out;
  },
};

/** IDENTITY: the input itself. */
export const IDENTITY: Precompile = {
  name: 'IDENTITY',
  gas: (input) => 15 + 3 * words(input),
  run: (input) => input,
};

function words(input: Uint8Array): number {
  return Math.ceil(input.length / 32);
}
