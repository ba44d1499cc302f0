/**
 * Recovering public keys natively, for senders and as the EVM and its precompile at 0x01 want it.
 */
import type { Hash } from '../types.js';
import { secp256k1 } from './secp256k1.js';

/** The 64 bytes of the public key behind r and s (32 bytes each), or undefined when there is none. */
export function recoverPublicKey(
  hash: Hash,
  yParity: number,
  r: Uint8Array,
  s: Uint8Array,
): Uint8Array | undefined {
  const signature = new Uint8Array(64);
  signature.set(r);
  signature.set(s, 32);
  try {
    return secp256k1.ecdsaRecover(signature, yParity, hash, false).subarray(1);
  } catch {
    return undefined;
  }
}
