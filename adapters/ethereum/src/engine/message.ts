/**
 * What transactions and calls have in common once their type no longer matters: the input of the transition, and the
 * door to the code that actually runs bytecode.
 */
import { smaller } from '../codec/quantity.js';
import type {
  AccessListEntry,
  Address,
  Authorization,
  Awaitable,
  BlockEnvironment,
  CallMessage,
  EthereumItem,
  ExecutionContext,
  Hash,
  Log,
} from '../types.js';
import type { Journal } from './journal.js';

/** A transaction or call, whatever its type. */
export interface Message {
  readonly from: Address;
  readonly to?: Address;
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

/** What running the code of a message gave; the journal has its effects. */
export interface MessageResult {
  /** Beyond the intrinsic gas, before refunds. */
  readonly gasUsed: bigint;
  /** Counter of refunds (yellow paper, A_r). */
  readonly gasRefund: bigint;
  readonly logs: readonly Log[];
  readonly output: Uint8Array;
  /** "revert", or the name of the exception. */
  readonly error?: string;
  readonly createdAddress?: Address;
  /** Accounts to be removed. */
  readonly destroyed: readonly Address[];
}

/**
 * Runs the code of `message` with `gasLimit` over `journal`, where the sender's nonce is already increased.
 * `warmAddresses` and the access list are warm from the start (EIP-2929), besides those that the rules name.
 */
export type RunMessage = (
  message: Message,
  gasLimit: bigint,
  journal: Journal,
  warmAddresses: readonly Address[],
  context: ExecutionContext,
) => Awaitable<MessageResult>;

const NONE = { accessList: [], authorizationList: [], blobVersionedHashes: [], blobFeeCap: 0n };

/** The message that a transaction stands for in a block with this environment. */
export function transactionMessage(item: EthereumItem, environment: BlockEnvironment): Message {
  const { transaction, sender } = item;
  const { gasLimit, value, data } = transaction;
  const to = transaction.to === undefined ? {} : { to: transaction.to };
  const base = { ...NONE, from: sender, ...to, gasLimit, value, data };
  if (transaction.type === 0)
    return { ...base, gasPrice: transaction.gasPrice, feeCap: transaction.gasPrice };
  const { accessList } = transaction;
  if (transaction.type === 1) {
    return { ...base, gasPrice: transaction.gasPrice, feeCap: transaction.gasPrice, accessList };
  }
  const feeCap = transaction.maxFeePerGas;
  const wanted = environment.baseFee + transaction.maxPriorityFeePerGas;
  const priced = { ...base, gasPrice: smaller(wanted, feeCap), feeCap, accessList };
  if (transaction.type === 3) {
    const { blobVersionedHashes, maxFeePerBlobGas } = transaction;
    return { ...priced, blobVersionedHashes, blobFeeCap: maxFeePerBlobGas };
  }
  return transaction.type === 4 ? { ...priced, authorizationList: transaction.authorizationList } : priced;
}

/** The message that a call without a signature stands for. */
export function callMessage(call: CallMessage): Message {
  return { ...NONE, ...call, feeCap: call.gasPrice };
}
