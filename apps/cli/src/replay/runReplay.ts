/**
 * Replays a set on a node: streams the transactions, shows how it goes, and says what was not equal.
 */
import { streamInOrder } from './orderedStream.js';
import { createProgress, type ReplayProgress } from './progress.js';
import type { ReplaySet } from './replaySet.js';
import { describeProgress } from './replayText.js';
import { rpcTarget } from './rpcTarget.js';

export interface ReplayRun {
  readonly set: ReplaySet;
  readonly url: string;
  readonly serviceCertificatePem: string;
  readonly batchItems: number;
  readonly inFlightBatches: number;
  /** Draws the live line anew. */
  readonly show: (line: string) => void;
  /** Called with the share of the transactions that have a result, above 0 and up to 1, whenever it grows. */
  readonly onShare?: (share: number) => void;
}

const patienceMs = 30_000;
const redrawMs = 100;

/** Settles when every transaction has a result. COCO_CLIENT_* when the node cannot be talked to. */
export async function runReplay(run: ReplayRun): Promise<ReplayProgress> {
  const { transactions } = run.set;
  const nowMs = (): number => performance.now();
  const target = rpcTarget(run.url, run.serviceCertificatePem);
  const progress = createProgress(transactions, nowMs);
  const timer = setInterval(() => run.show(describeProgress(progress, transactions.length)), redrawMs);
  try {
    await streamInOrder(transactions, {
      target,
      batchItems: run.batchItems,
      inFlightBatches: run.inFlightBatches,
      patienceMs,
      nowMs,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      onResult(index, result) {
        progress.take(index, result);
        run.onShare?.(progress.replayed / transactions.length);
      },
    });
  } finally {
    clearInterval(timer);
    target.close();
  }
  return progress;
}
