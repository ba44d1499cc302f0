/**
 * Executing a batch: its transactions in order, over one store transaction, as one block. A transaction that is
 * refused is not part of the block and changes nothing; a batch of which nothing is left makes no block.
 */
import type { BatchContext, BatchLimits, BatchResult } from '@coco/adapter';
import { forkRules } from '@coco/evm';
import type { Transaction } from '@coco/kv';
import { claimsDigest, type Executed, makeBlock, writeBlock } from './block.js';
import { BlockState } from './blockState.js';
import { readHead, readPlace } from './chain.js';
import type { CodeCache } from './codeCache.js';
import { nextEnvironment } from './environment.js';
import { admit } from './settings.js';
import { startOfBlock } from './systemCalls.js';
import type {
  Awaitable,
  BlockEnvironment,
  ChainConfig,
  EthereumItem,
  EthereumResult,
  EthereumSettings,
  EthereumTransactionReceipt,
  EvmEngine,
  ExecutionContext,
  ForkRules,
  Refusal,
  TransactionOutcome,
} from './types.js';

/** What executing takes besides the transactions. */
export interface Executor {
  readonly engine: EvmEngine;
  readonly config: ChainConfig;
  readonly settings: EthereumSettings;
  readonly codes: CodeCache;
  /** Milliseconds of a clock that only goes forward; for limits, never for results. */
  readonly elapsedMs: () => number;
}

/** The most bytes of revert data that a receipt keeps. */
export const REVERT_BYTES_MAX = 1024;

/** Executes `items` and writes their block into `transaction`; see the adapter's contract. */
export async function executeBatch(
  executor: Executor,
  transaction: Transaction,
  items: readonly EthereumItem[],
  batch: BatchContext,
  limits: BatchLimits,
): Promise<BatchResult<EthereumResult>> {
  const parent = readHead(transaction);
  const environment = nextEnvironment(executor.config, parent.header, batch.nowMs, batch.entropy);
  const rules = forkRules(executor.config, environment.number, environment.timestamp);
  const state = new BlockState(transaction, executor.codes);
  const block: OpenBlock = {
    executor,
    transaction,
    environment,
    rules,
    state,
    executed: [],
    gasUsed: 0n,
    logs: 0,
  };
  await startOfBlock(executor.engine, { state, environment, rules }, parent.hash, state);
  const start = executor.elapsedMs();
  const results: EthereumResult[] = [];
  for (const item of items.slice(0, limits.itemsMax)) {
    if (isFull(block, item)) break;
    const result = executeOne(block, item);
    // An engine that answers at once costs no turn of the event loop.
    results.push(result instanceof Promise ? await result : result);
    if (executor.elapsedMs() - start >= limits.executeMs) break;
  }
  if (block.executed.length === 0) return { results };
  const stateDigest = state.flush(transaction);
  const made = makeBlock({ parent, environment, rules, executed: block.executed, stateDigest });
  writeBlock(transaction, made, block.executed);
  return { results, claimsDigest: claimsDigest(made) };
}

/** A block that is being filled. */
interface OpenBlock {
  readonly executor: Executor;
  readonly transaction: Transaction;
  readonly environment: BlockEnvironment;
  readonly rules: ForkRules;
  readonly state: BlockState;
  readonly executed: Executed[];
  gasUsed: bigint;
  logs: number;
}

/** True when `item` would fit into a block, but no longer into this one: it begins the next. */
function isFull(block: OpenBlock, { transaction }: EthereumItem): boolean {
  const { gasLimit } = block.environment;
  return (
    block.gasUsed > 0n && transaction.gasLimit <= gasLimit && block.gasUsed + transaction.gasLimit > gasLimit
  );
}

function executeOne(block: OpenBlock, item: EthereumItem): Awaitable<EthereumResult> {
  const { executor, environment, rules, state } = block;
  const refusal = admit(item.transaction, executor.settings);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const deadline = executor.elapsedMs() + executor.settings.executionMsMax;
  const expired = () => executor.elapsedMs() > deadline;
  const context: ExecutionContext = { state, environment, rules, expired };
  const outcome = executor.engine.execute(item, context);
  return outcome instanceof Promise
    ? outcome.then((settled) => settle(block, item, settled))
    : settle(block, item, outcome);
}

/** Makes a transaction that was executed part of the block. */
function settle(block: OpenBlock, item: EthereumItem, outcome: TransactionOutcome): EthereumResult {
  const { environment, state } = block;
  if (outcome.outcome === 'refused')
    return { kind: 'refused', refusal: knownOr(outcome.refusal, block, item) };
  state.apply(outcome.changes);
  block.gasUsed += outcome.execution.gasUsed;
  const receipt = receiptOf(item, outcome, block.gasUsed, block.logs);
  block.logs += receipt.logs.length;
  const index = block.executed.length;
  block.executed.push({ item, receipt });
  return { kind: 'executed', blockNumber: environment.number, index, receipt };
}

/** A used nonce may mean that it is this very transaction that used it. */
function knownOr(refusal: Refusal, block: OpenBlock, { transaction }: EthereumItem): Refusal {
  if (refusal.reason !== 'nonceTooLow') return refusal;
  const { hash } = transaction;
  const here = block.executed.some(({ item }) => Buffer.compare(item.transaction.hash, hash) === 0);
  return here || readPlace(block.transaction, hash) !== undefined
    ? { reason: 'alreadyKnown', hash }
    : refusal;
}

const NO_BYTES = new Uint8Array(0);

function receiptOf(
  { transaction }: EthereumItem,
  { execution, effectiveGasPrice }: Extract<TransactionOutcome, { outcome: 'executed' }>,
  cumulativeGasUsed: bigint,
  firstLogIndex: number,
): EthereumTransactionReceipt {
  const { status, gasUsed, logs, output, createdAddress } = execution;
  return {
    type: transaction.type,
    status,
    gasUsed,
    cumulativeGasUsed,
    effectiveGasPrice,
    ...(createdAddress === undefined ? {} : { contractAddress: createdAddress }),
    firstLogIndex,
    logs,
    revertData: status === 1 ? NO_BYTES : output.slice(0, REVERT_BYTES_MAX),
  };
}
