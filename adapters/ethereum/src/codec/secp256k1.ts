/**
 * The native package `secp256k1` (prebuilt binaries, JavaScript where there is none), which has no types of its
 * own: the part that we use.
 */
import { createRequire } from 'node:module';

interface Secp256k1 {
  /** Public key for r ‖ s over a 32-byte message; throws when there is none. */
  ecdsaRecover(signature: Uint8Array, recid: number, message: Uint8Array, compressed: boolean): Uint8Array;
  /** r ‖ s with low s, deterministic (RFC 6979). */
  ecdsaSign(
    message: Uint8Array,
    privateKey: Uint8Array,
  ): { readonly signature: Uint8Array; readonly recid: number };
  publicKeyCreate(privateKey: Uint8Array, compressed: boolean): Uint8Array;
}

export const secp256k1 = createRequire(import.meta.url)('secp256k1') as Secp256k1;
