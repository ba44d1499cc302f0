/**
 * ECDSA over secp256k1 as Ethereum uses it: the public key is recovered from the signature, and the low 20 bytes of
 * its hash are the sender. Native code (prebuilt for the common platforms, else JavaScript) does the arithmetic.
 */
import { CocoError } from '@coco/primitives';

import type { Address, EthereumTransaction, Hash } from '../types.js';
import { signingHash } from './encodeTransaction.js';
import { keccak256 } from './keccak.js';
import { paddedBytes } from './quantity.js';
import { recoverPublicKey } from './recoverPublicKey.js';

/** Order of the group of secp256k1 (SEC 2, section 2.4.1). */
export const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const HALF_ORDER = CURVE_ORDER / 2n;

/** The sender of a transaction; COCO_ETHEREUM_SIGNATURE when no public key fits its signature. */
export function recoverSender(transaction: EthereumTransaction): Address {
  const sender = recoverAddress(signingHash(transaction), transaction);
  if (sender === undefined) throw invalidSender();
  return sender;
}

/** Refuses values of r and s that no signature has, and s in the upper half unless `highS` (EIP-2). */
export function checkSignature(signature: Pick<EthereumTransaction, 'r' | 's'>, highS: boolean): void {
  const { r, s } = signature;
  if (r === 0n || s === 0n || r >= CURVE_ORDER || s >= CURVE_ORDER || (!highS && s > HALF_ORDER)) {
    throw new CocoError('COCO_ETHEREUM_SIGNATURE', 'invalid sender: invalid transaction v, r, s values');
  }
}

function invalidSender(): CocoError {
  return new CocoError('COCO_ETHEREUM_SIGNATURE', 'invalid sender');
}

/** Address of the 64 bytes of a public key. */
export function publicKeyAddress(publicKey: Uint8Array): Address {
  return keccak256(publicKey).slice(12);
}

function recoverAddress(
  hash: Hash,
  { r, s, yParity }: { readonly r: bigint; readonly s: bigint; readonly yParity: number },
): Address | undefined {
  if (r === 0n || s === 0n || r >= CURVE_ORDER || s >= CURVE_ORDER) return undefined;
  const publicKey = recoverPublicKey(hash, yParity, paddedBytes(r, 32), paddedBytes(s, 32));
  return publicKey === undefined ? undefined : publicKeyAddress(publicKey);
}
