/**
 * The precompile at 0x100 (EIP-7951): whether a signature on the curve secp256r1 is good. It answers 1, or nothing for
 * whatever is wrong: the call itself never fails.
 *
 * Input, exactly: hash, r, s, x, y, 32 bytes each.
 */
import { p256 } from '@noble/curves/nist.js';
import type { Precompile, VerifyP256 } from './types.js';

const GAS = 6_900;
const INPUT_BYTES = 160;

/** P256VERIFY over `verify`. */
export function createP256Verify(verify: VerifyP256 = verifyP256): Precompile {
  return {
    name: 'P256VERIFY',
    gas: () => GAS,
    run(input) {
      if (input.length !== INPUT_BYTES) return new Uint8Array(0);
      if (!verify(input.subarray(0, 32), input.subarray(32, 96), input.subarray(96)))
        return new Uint8Array(0);
      const out = new Uint8Array(32);
      out[31] = 1;
      return out;
    },
  };
}

/** `VerifyP256` in JavaScript. */
export function verifyP256(hash: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const key = new Uint8Array(65);
  key[0] = 4;
  key.set(publicKey, 1);
  try {
    // Throws for r and s out of range and for a key that is no point of the curve.
    return p256.verify(signature, hash, key, { prehash: false, lowS: false });
  } catch {
    return false;
  }
}
