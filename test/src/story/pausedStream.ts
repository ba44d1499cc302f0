/**
 * Recorded transactions, sent in their order and little by little, to whichever node is there; each must do what it did
 * where it comes from, however often nodes come and go meanwhile.
 */
import {
  createProgress,
  type ReplayProgress,
  type ReplaySet,
  type ReplayTarget,
  streamInOrder,
} from '@coco/cli';
import type { Client, JsonRpcOutcome } from '@coco/client';

export interface PausedStreamOptions {
  readonly set: ReplaySet;
  /** JSON-RPC of a node that is there at the moment. */
  readonly client: () => Client;
  /** Between two requests, until `hurry`. */
  readonly pauseMs: number;
  readonly onAcknowledged: (hash: string, receipt: unknown) => void;
  /** Gives up when for so long nothing was committed. Default 60,000. */
  readonly patienceMs?: number;
}

export interface PausedStream {
  readonly progress: ReplayProgress;
  /** No more pauses; resolves when every transaction has its result. */
  hurry(): Promise<void>;
}

const batchItems = 10;
const patienceMsDefault = 60_000;
const lagMs = 3_000;

/** Starts it. */
export function startPausedStream(options: PausedStreamOptions): PausedStream {
  const { transactions } = options.set;
  const nowMs = (): number => performance.now();
  const progress = createProgress(transactions, nowMs);
  const pace = { pauseMs: options.pauseMs, skip: (): void => undefined };
  const end = streamInOrder(transactions, {
    target: targetOf(options, () => pauseFor(pace)),
    batchItems,
    inFlightBatches: 1,
    patienceMs: options.patienceMs ?? patienceMsDefault,
    nowMs,
    sleep,
    onResult(index, result) {
      progress.take(index, result);
      const hash = transactions[index]?.expect.hash;
      if (result.kind === 'receipt' && hash !== undefined) options.onAcknowledged(hash, result.receipt);
    },
  });
  // Told to whoever waits for the end.
  end.catch(() => undefined);
  return {
    progress,
    async hurry() {
      pace.pauseMs = 0;
      pace.skip();
      await end;
    },
  };
}

function targetOf({ client }: PausedStreamOptions, pause: () => Promise<void>): ReplayTarget {
  const call = (method: string, operands: readonly string[]): Promise<readonly JsonRpcOutcome[]> =>
    client().jsonRpcBatch(operands.map((operand) => ({ method, params: [operand] })));
  return {
    accept: () => Promise.reject(new Error('one batch at a time')),
    async commit(raws) {
      await pause();
      return call('eth_sendRawTransaction', raws);
    },
    async receipts(hashes) {
      const endMs = performance.now() + lagMs;
      for (;;) {
        const outcomes = await call('eth_getTransactionReceipt', hashes);
        // The node that answers now may be a little behind the one that was sent to.
        if (outcomes.every((one) => one.ok && one.result !== null) || performance.now() > endMs)
          return outcomes;
        await sleep(50);
      }
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function pauseFor(pace: { readonly pauseMs: number; skip: () => void }): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, pace.pauseMs);
    pace.skip = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
