/**
 * Executing a recorded block again (MIT-3): its transactions, with its time and randomness, over the state before it. Everything
 * else follows: who sent each from its signature, the rest of the header from the parent and the chain's configuration. What
 * the primary recorded of senders, results and state is not looked at; the worker compares it with what is written here.
 */
import type { Reexecuted } from '@coco/adapter';
import type { Transaction, WriteSet } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import { decodeBlock, readHeadNumber } from './chain.js';
import { decodeTransaction } from './codec/decodeTransaction.js';
import { type Executor, executeBatch } from './execute.js';
import { blockKey, decodeTransactionRow, TABLES } from './tables.js';
import type {
  Address,
  Awaitable,
  BlockHeader,
  EthereumItem,
  EthereumSettings,
  EthereumTransaction,
  EvmEngine,
} from './types.js';

/** Who executes, and who says who signed. */
export interface Repeater extends Executor {
  readonly recover: (transaction: EthereumTransaction) => Awaitable<Address>;
}

/** How long it executes before other work has its turn. */
const turnMs = 4;

/** What the block in `recorded` should have written; nothing when there is none in it. Throws when it takes too long. */
export async function reexecuteBlock(
  repeater: Repeater,
  transaction: Transaction,
  recorded: WriteSet,
): Promise<Reexecuted> {
  const block = await recordedBlock(repeater, transaction, recorded);
  if (block === undefined) return {};
  const { items, header } = block;
  const { elapsedMs } = repeater;
  const executor: Executor = {
    ...repeater,
    settings: settingsOfAnybody(repeater.settings),
    engine: considerate(repeater.engine, elapsedMs),
  };
  const batch = { nowMs: header.timestamp * 1000, entropy: header.mixHash };
  const limits = { itemsMax: items.length, executeMs: Number.POSITIVE_INFINITY };
  const { results, claimsDigest } = await executeBatch(executor, transaction, items, batch, limits);
  if (results.some((result) => result.kind === 'refused' && result.refusal.reason === 'timeout')) {
    throw new CocoError('COCO_ETHEREUM_REEXECUTION', 'executing the block again takes too long', {
      block: header.number,
    });
  }
  return claimsDigest === undefined ? {} : { claimsDigest };
}

/**
 * What a node lets in, and for how long it executes, is its own choice, and no lie when another chose differently. A limit there
 * must be: a primary that lies could make others execute for minutes.
 */
function settingsOfAnybody(settings: EthereumSettings): EthereumSettings {
  return {
    ...settings,
    transactionGasMax: 2n ** 64n,
    replayProtectedOnly: false,
    blobTransactions: true,
    executionMsMax: 2 * settings.executionMsMax,
  };
}

/** The same engine, which lets others have their turn between two transactions. */
function considerate(engine: EvmEngine, elapsedMs: () => number): EvmEngine {
  let sinceMs = elapsedMs();
  const isLong = (): boolean => elapsedMs() - sinceMs >= turnMs;
  const turn = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    sinceMs = elapsedMs();
  };
  return {
    name: engine.name,
    call: (message, context) => engine.call(message, context),
    execute: (item, context) =>
      isLong() ? turn().then(() => engine.execute(item, context)) : engine.execute(item, context),
  };
}

interface RecordedBlock {
  readonly header: BlockHeader;
  readonly items: readonly EthereumItem[];
}

/** Whoever recorded this may have been taken over. */
async function recordedBlock(
  { recover }: Repeater,
  transaction: Transaction,
  recorded: WriteSet,
): Promise<RecordedBlock | undefined> {
  const parent = readHeadNumber(transaction);
  if (parent === undefined) return undefined;
  const row = rowsOf(recorded, TABLES.blocks).find(
    ({ key }) => Buffer.compare(key, blockKey(parent + 1)) === 0,
  );
  if (row === undefined) return undefined;
  try {
    const { header } = decodeBlock(row.value);
    if (!Number.isSafeInteger(header.timestamp * 1000) || header.mixHash.length !== 32) return undefined;
    const items = rowsOf(recorded, TABLES.transactions).map(async ({ value }): Promise<EthereumItem> => {
      const { raw } = decodeTransactionRow(value);
      const decoded = decodeTransaction(raw, { bytesMax: raw.length });
      return { transaction: decoded, sender: await recover(decoded) };
    });
    return { header, items: await Promise.all(items) };
  } catch (error) {
    if (error instanceof CocoError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function rowsOf(recorded: WriteSet, name: string): WriteSet[number]['puts'] {
  return recorded.find(({ table }) => table === name)?.puts ?? [];
}
