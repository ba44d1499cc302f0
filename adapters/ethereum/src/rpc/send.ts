/**
 * eth_sendRawTransaction. A hash in the answer means that the transaction is committed (executed in a block that no
 * failure takes back), unless the client preferred not to wait, or sent a nonce ahead of its turn.
 */
import { CocoError, compareTxIds, type TxId } from '@coco/primitives';
import { decodeTransaction } from '../codec/decodeTransaction.js';
import type { Address, Awaitable, EthereumItem, EthereumSettings, EthereumTransaction } from '../types.js';
import { invalidParam, RPC_CODES, RpcError, serverError } from './errors.js';
import { formatData } from './format.js';
import { parseData } from './params.js';
import type { Pending, Pool, PoolOutcome } from './pool.js';
import { refusalError } from './refusalError.js';
import type { RpcSettings } from './settings.js';
import type { Validator } from './validate.js';

/** What sending needs. */
export interface SendOptions {
  readonly pool: Pool;
  readonly settings: EthereumSettings;
  readonly limits: RpcSettings;
  readonly validate: Validator;
  /** Who signed; throws a CocoError when nobody can have. */
  recover(transaction: EthereumTransaction): Awaitable<Address>;
}

/** The answer to one send: the hash as JSON would have it, or the error. */
export type SendAnswer =
  | { readonly kind: 'hash'; readonly hash: string; readonly txId?: TxId }
  | { readonly kind: 'error'; readonly error: RpcError };

/**
 * Sends the transactions of several calls (each given by its params), all on their way at the same time, entered
 * into the pool in the order of the calls.
 */
export async function sendAll(
  options: SendOptions,
  calls: readonly (readonly unknown[])[],
  respondAsync: boolean,
): Promise<readonly SendAnswer[]> {
  const items = calls.map((params) => prepare(options, params));
  const answers: Promise<SendAnswer>[] = [];
  for (const item of items) {
    const ready = await item;
    answers.push(ready instanceof RpcError ? failed(ready) : enter(options, ready, respondAsync));
  }
  return Promise.all(answers);
}

/** The newest ledger transaction that `answers` depend on. */
export function newestTxId(answers: readonly SendAnswer[]): TxId | undefined {
  let newest: TxId | undefined;
  for (const answer of answers) {
    if (answer.kind !== 'hash' || answer.txId === undefined) continue;
    if (newest === undefined || compareTxIds(answer.txId, newest) > 0) newest = answer.txId;
  }
  return newest;
}

/** Bytes to an item whose sender is known; never rejects for bad input. */
async function prepare(options: SendOptions, params: readonly unknown[]): Promise<EthereumItem | RpcError> {
  try {
    if (params.length > 1) throw new RpcError(RPC_CODES.invalidParams, 'too many arguments, want at most 1');
    const raw = parseData(params[0], 0, 'raw transaction');
    if (raw.length === 0) throw invalidParam(0, 'raw transaction: typed transaction too short');
    const transaction = decodeTransaction(raw, { bytesMax: options.settings.transactionBytesMax });
    const refusal = options.validate(transaction);
    if (refusal !== undefined) return refusalError(refusal);
    return { transaction, sender: await options.recover(transaction) };
  } catch (error) {
    if (error instanceof RpcError) return error;
    if (error instanceof CocoError) return serverError(error.message);
    throw error;
  }
}

async function enter(
  { pool, limits }: SendOptions,
  item: EthereumItem,
  respondAsync: boolean,
): Promise<SendAnswer> {
  let pending: Pending;
  try {
    pending = pool.add(item);
  } catch (error) {
    if (error instanceof RpcError) return { kind: 'error', error };
    throw error;
  }
  const hash = formatData(item.transaction.hash);
  const outcome = respondAsync ? 'accepted' : await settled(pending, limits);
  if (outcome === 'accepted') return { kind: 'hash', hash };
  if (outcome === 'late') return { kind: 'error', error: lateError(hash, limits) };
  if (outcome.kind === 'failed') return { kind: 'error', error: outcome.error };
  return { kind: 'hash', hash, txId: outcome.txId };
}

function lateError(hash: string, { commitWaitMs }: RpcSettings): RpcError {
  const message = `the transaction was accepted but not committed within ${commitWaitMs} ms; ask for its receipt`;
  return new RpcError(RPC_CODES.timeout, message, hash);
}

/** The outcome; or that it still waits for nonces before its own that nobody has sent; or that the commit takes too long. */
function settled(pending: Pending, limits: RpcSettings): Promise<PoolOutcome | 'accepted' | 'late'> {
  return new Promise((resolve) => {
    const { gapWaitMs, commitWaitMs } = limits;
    const giveUp = (): void => resolve(pending.isAhead() ? 'accepted' : 'late');
    let timer = setTimeout(
      () => {
        if (pending.isAhead() || gapWaitMs >= commitWaitMs) giveUp();
        else timer = setTimeout(giveUp, commitWaitMs - gapWaitMs).unref();
      },
      Math.min(gapWaitMs, commitWaitMs),
    ).unref();
    void pending.outcome.then((outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    });
  });
}

async function failed(error: RpcError): Promise<SendAnswer> {
  return { kind: 'error', error };
}
