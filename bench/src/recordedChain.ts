/**
 * Entries as a primary records them, and a backup's worker that follows them: to see what executing them again finds, and costs
 * (MIT-3).
 */
import process from 'node:process';
import type { FromWorker, ToWorker } from '@coco/adapter';
import {
  CodeCache,
  createCocoEvmEngine,
  createEthereumAdapter,
  decodeTransaction,
  defaultSettings,
  type EthereumItem,
  executeBatch,
  parseGenesis,
  recoverSender,
  writeGenesis,
} from '@coco/ethereum';
import { createStore } from '@coco/kv';
import { splitDomains } from '@coco/ledger';
import { createWorker } from '@coco/worker';

type Entry = Extract<ToWorker, { readonly type: 'apply' }>;
type Finding = Extract<FromWorker, { readonly type: 'reexecuted' }>;

/** What a backup gets: the genesis, and a block an entry. */
export interface RecordedChain {
  readonly entries: readonly Entry[];
  readonly transactions: number;
}

/** What became of following it. */
export interface Followed {
  readonly findings: readonly Finding[];
  /** Of the whole process, while it followed: microseconds. */
  readonly cpuUs: number;
  readonly elapsedMs: number;
}

const settings = { ...defaultSettings, transactionGasMax: 2n ** 63n };

/** Executes `raws` in blocks of `perBlock`, as a primary does. */
export async function recordChain(
  genesis: unknown,
  raws: readonly Uint8Array[],
  perBlock: number,
): Promise<RecordedChain> {
  const { config } = parseGenesis(genesis);
  const store = createStore();
  const entries: Entry[] = [];
  const first = store.begin();
  writeGenesis(first, parseGenesis(genesis));
  const record = (transaction: typeof first, claimsDigest?: Uint8Array): void => {
    const seqno = store.head + 1;
    const maps = splitDomains(transaction.writeSet());
    store.commit(transaction, seqno);
    entries.push({
      type: 'apply',
      txId: { view: 2, seqno },
      ...maps,
      ...(claimsDigest !== undefined && { claimsDigest }),
    });
  };
  record(first);
  const engine = createCocoEvmEngine();
  const executor = { engine, config, settings, codes: new CodeCache(), elapsedMs: () => 0 };
  let queue = raws.map((raw): EthereumItem => {
    const transaction = decodeTransaction(raw);
    return { transaction, sender: recoverSender(transaction) };
  });
  let transactions = 0;
  while (queue.length > 0) {
    const transaction = store.begin();
    const batch = {
      nowMs: 1_700_000_000_000 + 3000 * store.head,
      entropy: new Uint8Array(32).fill(store.head),
    };
    const limits = { itemsMax: perBlock, executeMs: Number.POSITIVE_INFINITY };
    const { results, claimsDigest } = await executeBatch(executor, transaction, queue, batch, limits);
    transactions += results.filter(({ kind }) => kind === 'executed').length;
    queue = queue.slice(results.length);
    record(transaction, claimsDigest);
  }
  return { entries, transactions };
}

/** A backup that executes `ppm` of a million entries again; it gets the next when there is nothing left to do for the last. */
export async function followChain({ entries }: RecordedChain, ppm: number): Promise<Followed> {
  const adapter = createEthereumAdapter({ settings: { ...settings, recoveryThreads: 1 } });
  const findings: Finding[] = [];
  let wake = (): void => undefined;
  const worker = createWorker({
    adapters: [adapter],
    settings: {
      batch: { itemsMax: 1000, executeMs: 50 },
      eagerItems: 256,
      uncommittedBatchesMax: 8,
      queueItemsMax: 1000,
      historySeqnos: 256,
      reexecution: { all: false, waitingMax: 16 },
    },
    post(message) {
      if (message.type !== 'reexecuted') return;
      findings.push(message);
      wake();
    },
  });
  const give = (entry: Entry): void => {
    worker.receive(entry);
    worker.receive({ type: 'committed', seqno: entry.txId.seqno });
  };
  const [genesis, ...blocks] = entries as [Entry, ...Entry[]];
  worker.receive({ type: 'clock', nowMs: 0, entropy: new Uint8Array(32).fill(1) });
  give(genesis);
  worker.receive({ type: 'sampling', ppm });
  const before = process.cpuUsage();
  const startedMs = performance.now();
  for (const entry of blocks) {
    const found = findings.length;
    give(entry);
    if (ppm >= 1_000_000 && findings.length === found)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = performance.now() - startedMs;
  await adapter.close();
  return { findings, cpuUs: user + system, elapsedMs };
}
