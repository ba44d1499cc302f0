/**
 * Signs transactions with a private key, for tests and load generators.
 */
import { decodeTransaction } from '../codec/decodeTransaction.js';
import {
  authorizationHash,
  encodeTransaction,
  type SignedFields,
  signingHash,
  type UnsignedFields,
} from '../codec/encodeTransaction.js';
import { unsignedValue } from '../codec/quantity.js';
import { secp256k1 } from '../codec/secp256k1.js';
import { publicKeyAddress } from '../codec/signature.js';
import type { Address, Authorization, EthereumItem, Hash } from '../types.js';

/** An account whose key is known. */
export interface Signer {
  readonly address: Address;
  readonly privateKey: Uint8Array;
  /** The signed transaction, decoded from its bytes. */
  sign(fields: UnsignedFields): EthereumItem;
  /** A signed EIP-7702 authorization. */
  authorize(fields: Pick<Authorization, 'chainId' | 'address' | 'nonce'>): Authorization;
}

/** A signer for a 32-byte private key. */
export function createSigner(privateKey: Uint8Array): Signer {
  const address = publicKeyAddress(secp256k1.publicKeyCreate(privateKey, false).subarray(1));
  const signHash = (hash: Hash) => {
    const { signature, recid } = secp256k1.ecdsaSign(hash, privateKey);
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(unsignedValue) as [bigint, bigint];
    return { r, s, yParity: recid };
  };
  return {
    address,
    privateKey,
    sign(fields) {
      const signature = signHash(signingHash(fields));
      const chain = 'chainId' in fields && fields.chainId !== undefined ? 35n + 2n * fields.chainId : 27n;
      const v = chain + BigInt(signature.yParity);
      const raw = encodeTransaction({ ...fields, ...signature, v } as SignedFields);
      return { transaction: decodeTransaction(raw), sender: address };
    },
    authorize: (fields) => ({ ...fields, ...signHash(authorizationHash(fields)) }),
  };
}

/** A signer whose key is `number` (1, 2, …): nobody's secret. */
export function numberedSigner(number: number): Signer {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, number);
  return createSigner(key);
}
