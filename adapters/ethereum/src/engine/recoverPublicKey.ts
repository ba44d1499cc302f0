/**
 * Recovering public keys natively, as the EVM and its precompile at 0x01 want it.
 */
import type { RecoverPublicKey } from '@coco/evm';
import { secp256k1 } from '../codec/secp256k1.js';

/** The 64 bytes of the public key, or undefined when there is none. */
export const recoverPublicKey: RecoverPublicKey = (hash, yParity, r, s) => {
  const signature = new Uint8Array(64);
  signature.set(r);
  signature.set(s, 32);
  try {
    return secp256k1.ecdsaRecover(signature, yParity, hash, false).subarray(1);
  } catch {
    return undefined;
  }
};
