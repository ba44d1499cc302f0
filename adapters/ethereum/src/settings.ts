/**
 * Limits and choices of the adapter, and which transactions they let in.
 */
import { TRANSACTION_BYTES_MAX } from './codec/decodeTransaction.js';
import type { EthereumSettings, EthereumTransaction, Refusal } from './types.js';

/** What holds where nothing else is said. */
export const defaultSettings: EthereumSettings = {
  transactionBytesMax: TRANSACTION_BYTES_MAX,
  transactionGasMax: 2n ** 24n,
  callGasMax: 50_000_000n,
  executionMsMax: 5_000,
  replayProtectedOnly: false,
  blobTransactions: false,
  engine: 'coco',
  recoveryThreads: 1,
};

/** Why these settings do not let `transaction` in, or undefined. Independent of any state. */
export function admit(transaction: EthereumTransaction, settings: EthereumSettings): Refusal | undefined {
  const { type, gasLimit, chainId } = transaction;
  if (type === 3 && !settings.blobTransactions) return { reason: 'typeNotSupported', type };
  if (chainId === undefined && settings.replayProtectedOnly) return { reason: 'unprotected' };
  const max = settings.transactionGasMax;
  return gasLimit > max ? { reason: 'exceedsTransactionGasLimit', gasLimit, max } : undefined;
}
