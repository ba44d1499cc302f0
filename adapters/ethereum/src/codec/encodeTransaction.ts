/**
 * From a transaction's fields to its bytes: signed (what is hashed and sent) and unsigned (what is signed). The
 * layouts are those of decodeTransaction.ts; the unsigned legacy form ends with [chainId, 0, 0] since EIP-155.
 */
import { concatBytes } from '@coco/primitives';
import type { AccessListEntry, Authorization, EthereumTransaction, Hash } from '../types.js';
import { keccak256 } from './keccak.js';
import { unsignedBytes } from './quantity.js';
import { encodeRlp, type Rlp } from './rlp.js';

/** What a union's members have, less some keys. */
type Without<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never;

/** A transaction before it is encoded. */
export type SignedFields = Without<EthereumTransaction, 'hash' | 'raw'>;

/** A transaction before it is signed. */
export type UnsignedFields = Without<EthereumTransaction, 'hash' | 'raw' | 'yParity' | 'r' | 's' | 'v'>;

/** The bytes of a signed transaction. */
export function encodeTransaction(transaction: SignedFields): Uint8Array {
  const { r, s } = transaction;
  const parity = transaction.type === 0 ? transaction.v : BigInt(transaction.yParity);
  const signature = [unsignedBytes(parity), unsignedBytes(r), unsignedBytes(s)];
  return withType(transaction.type, [...payload(transaction), ...signature]);
}

/** Keccak-256 of what the sender signs. */
export function signingHash(transaction: UnsignedFields): Hash {
  const fields = payload(transaction);
  if (transaction.type === 0 && transaction.chainId !== undefined) {
    fields.push(unsignedBytes(transaction.chainId), NOTHING, NOTHING);
  }
  return keccak256(withType(transaction.type, fields));
}

/** Keccak-256 of what the authority of an EIP-7702 authorization signs: 0x05 ‖ rlp [chainId, address, nonce]. */
export function authorizationHash(authorization: Pick<Authorization, 'chainId' | 'address' | 'nonce'>): Hash {
  const { chainId, address, nonce } = authorization;
  return keccak256(withType(5, [unsignedBytes(chainId), address, unsignedBytes(nonce)]));
}

const NOTHING = new Uint8Array(0);

function withType(type: number, fields: readonly Rlp[]): Uint8Array {
  const body = encodeRlp(fields);
  return type === 0 ? body : concatBytes(Uint8Array.of(type), body);
}

function payload(transaction: UnsignedFields): Rlp[] {
  const { nonce, gasLimit, value, data } = transaction;
  const last = [unsignedBytes(gasLimit), transaction.to ?? NOTHING, unsignedBytes(value), data];
  if (transaction.type === 0) return [unsignedBytes(nonce), unsignedBytes(transaction.gasPrice), ...last];
  const first = [unsignedBytes(transaction.chainId), unsignedBytes(nonce)];
  const accessList = encodeAccessList(transaction.accessList);
  if (transaction.type === 1) return [...first, unsignedBytes(transaction.gasPrice), ...last, accessList];
  const { maxPriorityFeePerGas, maxFeePerGas } = transaction;
  const fees = [unsignedBytes(maxPriorityFeePerGas), unsignedBytes(maxFeePerGas)];
  const feeMarket = [...first, ...fees, ...last, accessList];
  if (transaction.type === 3) {
    return [...feeMarket, unsignedBytes(transaction.maxFeePerBlobGas), transaction.blobVersionedHashes];
  }
  if (transaction.type === 4) return [...feeMarket, transaction.authorizationList.map(encodeAuthorization)];
  return feeMarket;
}

function encodeAccessList(list: readonly AccessListEntry[]): Rlp {
  return list.map((entry) => [entry.address, entry.storageKeys]);
}

function encodeAuthorization(authorization: Authorization): Rlp {
  const { chainId, address, nonce, yParity, r, s } = authorization;
  const numbers = [BigInt(yParity), r, s].map(unsignedBytes);
  return [unsignedBytes(chainId), address, unsignedBytes(nonce), ...numbers];
}
