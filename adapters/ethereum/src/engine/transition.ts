/**
 * A transaction or call from beginning to end with an interpreter that is not our own and may take its time: what
 * comes before and after is the EVM's.
 */
import {
  type Beginning,
  type Begun,
  beginCall,
  beginTransaction,
  finish,
  Journal,
  type MessageResult,
} from '@coco/evm';
import { recoverPublicKey } from '../codec/recoverPublicKey.js';
import type { CallMessage, EthereumItem, ExecutionContext, TransactionOutcome } from '../types.js';

/** Runs the code of what has begun, over its journal; marks there what is to be removed. */
export type RunMessage = (begun: Begun) => Promise<MessageResult>;

/** Executes a transaction with `run` as its interpreter. */
export function transact(
  item: EthereumItem,
  context: ExecutionContext,
  run: RunMessage,
): Promise<TransactionOutcome> {
  return settle(beginTransaction(item, new Journal(context.state), context, recoverPublicKey), run);
}

/** Executes a call with `run` as its interpreter. */
export function simulate(
  call: CallMessage,
  context: ExecutionContext,
  run: RunMessage,
): Promise<TransactionOutcome> {
  return settle(beginCall(call, new Journal(context.state), context, recoverPublicKey), run);
}

async function settle(beginning: Beginning, run: RunMessage): Promise<TransactionOutcome> {
  if (beginning.outcome === 'refused') return beginning;
  const { begun } = beginning;
  const execution = finish(begun, await run(begun));
  const effectiveGasPrice = begun.message.gasPrice;
  return { outcome: 'executed', execution, effectiveGasPrice, changes: begun.journal.changes() };
}
