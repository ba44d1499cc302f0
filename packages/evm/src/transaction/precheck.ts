/**
 * Whether a transaction may be executed at all, in the state that it meets: the conditions of the yellow paper,
 * section 6, and of later EIPs, in the order in which geth reports them. What is refused here changes nothing.
 */
import { isActive } from '../forks.js';
import { INITCODE_BYTES_MAX } from '../interpreter/createOps.js';
import { isDelegation } from '../interpreter/program.js';
import type {
  AccountState,
  BlockEnvironment,
  ForkName,
  ForkRules,
  Refusal,
  SentTransaction,
  TransactionFields,
} from '../types.js';
import { type IntrinsicGas, intrinsicGas } from './intrinsicGas.js';
import { type Message, transactionMessage } from './message.js';

/** The most gas of one transaction since Osaka (EIP-7825). */
export const OSAKA_TRANSACTION_GAS_MAX = 16_777_216n;
/** Gas of one blob (EIP-4844). */
export const GAS_PER_BLOB = 131_072n;
const NONCE_MAX = 2n ** 64n - 1n;
/** EIP-4844; again per transaction since EIP-7594. */
const BLOBS_MAX = 6;
/** EIP-7691: as many as a block has. */
const BLOBS_MAX_PRAGUE = 9;
const BLOB_VERSION = 1;

/** The state that a transaction is checked against. */
export interface PrecheckState {
  /** The sender's account. */
  readonly account: AccountState | undefined;
  /** The sender's code; only asked for when it has some. */
  readonly code: () => Uint8Array;
}

/** Why `item` cannot be executed here, or undefined when it can. */
export function precheck(
  item: SentTransaction,
  state: PrecheckState,
  environment: BlockEnvironment,
  rules: ForkRules,
): Refusal | undefined {
  const message = transactionMessage(item, environment);
  return (
    checkTransaction(item, state, environment, rules) ??
    checkMessage(message, state.account, rules, intrinsicGas(message, rules))
  );
}

/** The part of the checks that holds for transactions only: type, sender, fees, and the block's limits. */
export function checkTransaction(
  item: SentTransaction,
  state: PrecheckState,
  environment: BlockEnvironment,
  rules: ForkRules,
): Refusal | undefined {
  return (
    checkType(item.transaction, rules) ??
    checkSender(item, state) ??
    checkFees(item.transaction, environment) ??
    checkLists(item.transaction, environment, rules) ??
    checkGasLimit(item.transaction.gasLimit, environment, rules)
  );
}

/** The part of the checks that holds for calls too: funds, intrinsic gas and size. */
export function checkMessage(
  message: Message,
  account: AccountState | undefined,
  rules: ForkRules,
  { gas, floor }: IntrinsicGas,
): Refusal | undefined {
  const { gasLimit, from: address, feeCap, value, blobVersionedHashes, blobFeeCap } = message;
  let needed = gasLimit * feeCap + value;
  if (blobVersionedHashes.length > 0)
    needed += GAS_PER_BLOB * BigInt(blobVersionedHashes.length) * blobFeeCap;
  const balance = account?.balance ?? 0n;
  if (balance < needed) return { reason: 'insufficientFunds', address, balance, needed };
  if (gasLimit < gas) return { reason: 'intrinsicGasTooLow', gasLimit, needed: gas };
  if (gasLimit < floor) return { reason: 'floorGasTooLow', gasLimit, needed: floor };
  const size = message.data.length;
  if (message.to === undefined && size > INITCODE_BYTES_MAX && isActive(rules, 'shanghai')) {
    return { reason: 'initcodeTooLarge', size, max: INITCODE_BYTES_MAX };
  }
  return undefined;
}

function checkGasLimit(
  gasLimit: bigint,
  environment: BlockEnvironment,
  rules: ForkRules,
): Refusal | undefined {
  if (gasLimit > environment.gasLimit) {
    return { reason: 'exceedsBlockGasLimit', gasLimit, max: environment.gasLimit };
  }
  if (isActive(rules, 'osaka') && gasLimit > OSAKA_TRANSACTION_GAS_MAX) {
    return { reason: 'exceedsTransactionGasLimit', gasLimit, max: OSAKA_TRANSACTION_GAS_MAX };
  }
  return undefined;
}

const FORK_OF_TYPE: readonly ForkName[] = ['frontier', 'berlin', 'london', 'cancun', 'prague'];

function checkType(transaction: TransactionFields, rules: ForkRules): Refusal | undefined {
  const { type, chainId } = transaction;
  if (!isActive(rules, FORK_OF_TYPE[type] as ForkName)) return { reason: 'typeNotSupported', type };
  if (chainId === undefined) return undefined;
  const since = type === 0 && !isActive(rules, 'spuriousDragon');
  if (since || chainId !== rules.chainId)
    return { reason: 'wrongChainId', got: chainId, expected: rules.chainId };
  return undefined;
}

function checkSender(item: SentTransaction, state: PrecheckState): Refusal | undefined {
  const { sender: address, transaction } = item;
  const expected = state.account?.nonce ?? 0n;
  const got = transaction.nonce;
  if (got < expected) return { reason: 'nonceTooLow', address, expected, got };
  if (got > expected) return { reason: 'nonceTooHigh', address, expected, got };
  if (got === NONCE_MAX) return { reason: 'nonceMax', address };
  if (state.account?.codeHash !== undefined && !isDelegation(state.code())) {
    return { reason: 'senderHasCode', address };
  }
  return undefined;
}

function checkFees(transaction: TransactionFields, { baseFee }: BlockEnvironment): Refusal | undefined {
  const legacy = transaction.type === 0 || transaction.type === 1;
  const feeCap = legacy ? transaction.gasPrice : transaction.maxFeePerGas;
  const tip = legacy ? feeCap : transaction.maxPriorityFeePerGas;
  if (tip > feeCap) return { reason: 'tipAboveFeeCap', tip, feeCap };
  if (feeCap < baseFee) return { reason: 'feeCapTooLow', feeCap, baseFee };
  return undefined;
}

function checkLists(
  transaction: TransactionFields,
  environment: BlockEnvironment,
  rules: ForkRules,
): Refusal | undefined {
  if (transaction.type === 4 && transaction.authorizationList.length === 0) {
    return { reason: 'emptyAuthorizationList' };
  }
  if (transaction.type !== 3) return undefined;
  const { blobVersionedHashes, maxFeePerBlobGas: feeCap } = transaction;
  const count = blobVersionedHashes.length;
  const max = isActive(rules, 'prague') && !isActive(rules, 'osaka') ? BLOBS_MAX_PRAGUE : BLOBS_MAX;
  if (count === 0 || count > max || blobVersionedHashes.some((hash) => hash[0] !== BLOB_VERSION)) {
    return { reason: 'badBlobs' };
  }
  const { blobBaseFee } = environment;
  return feeCap < blobBaseFee ? { reason: 'blobFeeCapTooLow', feeCap, blobBaseFee } : undefined;
}
