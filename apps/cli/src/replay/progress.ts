/**
 * How far a replay is: counts, the rate of the last seconds, and what was not as it should be.
 */
import { compareReceipt, type Difference } from './compareReceipt.js';
import type { ReplayResult } from './orderedStream.js';
import type { ReplayTransaction } from './replaySet.js';

/** A transaction that did not do what it did. */
export interface Deviation {
  readonly index: number;
  readonly hash: string;
  readonly differences: readonly Difference[];
}

export interface ReplayProgress {
  /** Transactions that have a result. */
  readonly replayed: number;
  readonly equal: number;
  /** In the order in which they were found; at most `deviationsMax`. */
  readonly deviations: readonly Deviation[];
  /** Transactions per second over the last two seconds, or since the start. */
  rate(): number;
  /** Transactions per second over all. */
  mean(): number;
  seconds(): number;
  /** Takes the result of the transaction at `index`. */
  take(index: number, result: ReplayResult): void;
}

const deviationsMax = 1_000;
const windowMs = 2_000;

export function createProgress(
  transactions: readonly ReplayTransaction[],
  nowMs: () => number,
): ReplayProgress {
  const startMs = nowMs();
  let lastMs = startMs;
  const samples: { readonly atMs: number; readonly replayed: number }[] = [{ atMs: startMs, replayed: 0 }];
  const deviations: Deviation[] = [];
  let [replayed, equal] = [0, 0];
  return {
    get replayed() {
      return replayed;
    },
    get equal() {
      return equal;
    },
    deviations,
    rate() {
      samples.push({ atMs: nowMs(), replayed });
      while (samples.length > 2 && (samples[1]?.atMs ?? 0) < nowMs() - windowMs) samples.shift();
      const [first] = samples;
      return first === undefined ? 0 : perSecond(replayed - first.replayed, nowMs() - first.atMs);
    },
    mean: () => perSecond(replayed, lastMs - startMs),
    seconds: () => (lastMs - startMs) / 1000,
    take(index, result) {
      const transaction = transactions[index];
      if (transaction === undefined) return;
      lastMs = nowMs();
      replayed += 1;
      const { expect } = transaction;
      const differences =
        result.kind === 'receipt'
          ? compareReceipt(expect, result.receipt)
          : [{ field: 'result', expected: 'a receipt', got: `refused: ${result.reason}` }];
      if (differences.length === 0) equal += 1;
      else if (deviations.length < deviationsMax) deviations.push({ index, hash: expect.hash, differences });
    },
  };
}

function perSecond(count: number, ms: number): number {
  return ms <= 0 ? 0 : (1000 * count) / ms;
}
