/**
 * What transactions and calls have in common once their type no longer matters.
 */
import type {
  AccessListEntry,
  Address,
  Authorization,
  BlockEnvironment,
  CallMessage,
  Hash,
  SentTransaction,
} from '../types.js';

/** A transaction or call, whatever its type. */
export interface Message {
  readonly from: Address;
  readonly to: Address | undefined;
  readonly gasLimit: bigint;
  /** Wei per gas that is actually paid. */
  readonly gasPrice: bigint;
  /** The most that the sender would pay per gas. */
  readonly feeCap: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListEntry[];
  readonly authorizationList: readonly Authorization[];
  readonly blobVersionedHashes: readonly Hash[];
  /** The most that the sender would pay per blob gas. */
  readonly blobFeeCap: bigint;
}

const NOTHING: readonly never[] = [];

/** The message that a transaction stands for in a block with this environment. */
export function transactionMessage(item: SentTransaction, environment: BlockEnvironment): Message {
  const { transaction, sender } = item;
  const { type, to, gasLimit, value, data } = transaction;
  const legacy = type === 0 || type === 1;
  const feeCap = legacy ? transaction.gasPrice : transaction.maxFeePerGas;
  return {
    from: sender,
    to,
    gasLimit,
    gasPrice: legacy ? feeCap : smaller(environment.baseFee + transaction.maxPriorityFeePerGas, feeCap),
    feeCap,
    value,
    data,
    accessList: type === 0 ? NOTHING : transaction.accessList,
    authorizationList: type === 4 ? transaction.authorizationList : NOTHING,
    blobVersionedHashes: type === 3 ? transaction.blobVersionedHashes : NOTHING,
    blobFeeCap: type === 3 ? transaction.maxFeePerBlobGas : 0n,
  };
}

/** The message that a call without a signature stands for. */
export function callMessage(call: CallMessage): Message {
  const { from, to, gasLimit, gasPrice, value, data, accessList, authorizationList } = call;
  return {
    from,
    to,
    gasLimit,
    gasPrice,
    feeCap: gasPrice,
    value,
    data,
    accessList: accessList ?? NOTHING,
    authorizationList: authorizationList ?? NOTHING,
    blobVersionedHashes: NOTHING,
    blobFeeCap: 0n,
  };
}

/** The smaller of two integers (Math.min takes no bigint). */
export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
