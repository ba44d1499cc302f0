/**
 * A transaction as eth_getTransactionByHash shows it (execution-apis, schemas/transaction.yaml).
 */
import { smaller } from '../codec/quantity.js';
import type { AccessListEntry, Address, Authorization, EthereumTransaction, Hash } from '../types.js';
import { formatData, formatQuantity } from './format.js';

/** Where a committed transaction is; a pending one is nowhere yet. */
export interface TransactionLocation {
  readonly blockHash: Hash;
  readonly blockNumber: number;
  /** Seconds since 1970. */
  readonly blockTimestamp: number;
  readonly index: number;
  /** Wei per gas; 0 before London. */
  readonly baseFee: bigint;
}

/** JSON of `transaction`; fields of its place are null when `location` is undefined. */
export function formatTransaction(
  transaction: EthereumTransaction,
  sender: Address,
  location: TransactionLocation | undefined,
): Record<string, unknown> {
  return {
    blockHash: location === undefined ? null : formatData(location.blockHash),
    blockNumber: location === undefined ? null : formatQuantity(location.blockNumber),
    blockTimestamp: location === undefined ? null : formatQuantity(location.blockTimestamp),
    from: formatData(sender),
    gas: formatQuantity(transaction.gasLimit),
    ...formatFees(transaction, location?.baseFee),
    hash: formatData(transaction.hash),
    input: formatData(transaction.data),
    nonce: formatQuantity(transaction.nonce),
    to: transaction.to === undefined ? null : formatData(transaction.to),
    transactionIndex: location === undefined ? null : formatQuantity(location.index),
    value: formatQuantity(transaction.value),
    type: formatQuantity(transaction.type),
    ...formatTyped(transaction),
    ...formatSignature(transaction),
  };
}

/** `gasPrice` is what was paid; of a pending transaction, the most that would be. */
function formatFees(transaction: EthereumTransaction, baseFee: bigint | undefined): Record<string, unknown> {
  if (transaction.type === 0 || transaction.type === 1) {
    return { gasPrice: formatQuantity(transaction.gasPrice) };
  }
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const wanted = baseFee === undefined ? maxFeePerGas : baseFee + maxPriorityFeePerGas;
  return {
    gasPrice: formatQuantity(smaller(wanted, maxFeePerGas)),
    maxFeePerGas: formatQuantity(maxFeePerGas),
    maxPriorityFeePerGas: formatQuantity(maxPriorityFeePerGas),
  };
}

function formatTyped(transaction: EthereumTransaction): Record<string, unknown> {
  if (transaction.type === 0) {
    return transaction.chainId === undefined ? {} : { chainId: formatQuantity(transaction.chainId) };
  }
  return {
    accessList: formatAccessList(transaction.accessList),
    chainId: formatQuantity(transaction.chainId),
    ...(transaction.type === 3
      ? {
          maxFeePerBlobGas: formatQuantity(transaction.maxFeePerBlobGas),
          blobVersionedHashes: transaction.blobVersionedHashes.map(formatData),
        }
      : {}),
    ...(transaction.type === 4
      ? { authorizationList: transaction.authorizationList.map(formatAuthorization) }
      : {}),
  };
}

function formatSignature(transaction: EthereumTransaction): Record<string, unknown> {
  const r = formatQuantity(transaction.r);
  const s = formatQuantity(transaction.s);
  if (transaction.type === 0) return { v: formatQuantity(transaction.v), r, s };
  const yParity = formatQuantity(transaction.yParity);
  return { v: yParity, r, s, yParity };
}

/** JSON of an access list (EIP-2930). */
export function formatAccessList(accessList: readonly AccessListEntry[]): unknown {
  return accessList.map(({ address, storageKeys }) => ({
    address: formatData(address),
    storageKeys: storageKeys.map(formatData),
  }));
}

function formatAuthorization(authorization: Authorization): unknown {
  return {
    chainId: formatQuantity(authorization.chainId),
    address: formatData(authorization.address),
    nonce: formatQuantity(authorization.nonce),
    yParity: formatQuantity(authorization.yParity),
    r: formatQuantity(authorization.r),
    s: formatQuantity(authorization.s),
  };
}
