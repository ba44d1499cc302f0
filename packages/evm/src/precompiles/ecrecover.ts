/**
 * The precompile at 0x01 (yellow paper, appendix E.1): from a hash and a signature, who signed. An address padded to
 * 32 bytes, or nothing when there is no such key: a bad signature is no failure of the call.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { paddedInput } from './input.js';
import type { Precompile, RecoverPublicKey } from './types.js';

const GAS = 3_000;
const INPUT_BYTES = 128;
const NOTHING = new Uint8Array(0);

/** ECRECOVER over `recover`. */
export function createEcrecover(recover: RecoverPublicKey = recoverPublicKey): Precompile {
  return {
    name: 'ECRECOVER',
    gas: () => GAS,
    run(input) {
      const padded = paddedInput(input, INPUT_BYTES);
      const yParity = readYParity(padded);
      if (yParity === undefined) return NOTHING;
      const [hash, r, s] = [padded.subarray(0, 32), padded.subarray(64, 96), padded.subarray(96, 128)];
      const publicKey = recover(hash, yParity, r, s);
      if (publicKey === undefined) return NOTHING;
      const out = keccak_256(publicKey);
      return out.fill(0, 0, 12);
    },
  };
}

/** The second word: 27 or 28, and nothing else. */
function readYParity(input: Uint8Array): 0 | 1 | undefined {
  for (let i = 32; i < 63; i++) if (input[i] !== 0) return undefined;
  if (input[63] === 27) return 0;
  return input[63] === 28 ? 1 : undefined;
}

/** `RecoverPublicKey` in JavaScript. */
export function recoverPublicKey(
  hash: Uint8Array,
  yParity: 0 | 1,
  r: Uint8Array,
  s: Uint8Array,
): Uint8Array | undefined {
  const signature = new Uint8Array(65);
  signature[0] = yParity;
  signature.set(r, 1);
  signature.set(s, 33);
  try {
    // Throws for r and s out of range, for an r that is no coordinate, and for a key at infinity.
    const point = secp256k1.Signature.fromBytes(signature, 'recovered').recoverPublicKey(hash);
    return point.toBytes(false).subarray(1);
  } catch {
    return undefined;
  }
}
