/**
 * Asks a node for something that it may not have ready: again when it says, and not for longer than somebody wants to wait.
 */
import type { HttpReply } from '@coco/client';
import type { CocoError } from '@coco/primitives';

/** Time, to be invented in tests. */
export interface FetchClock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Told before each wait. */
  readonly onWait?: (state: string, waitedMs: number) => void;
  readonly clock: FetchClock;
}

const pollMsMin = 50;
const pollMsMax = 1000;
const retryAfterSecondsMax = 60;

/** Waits for `waitMs`, or a little longer from time to time; throws `tooLong()` when that would be beyond the limit. */
export type Wait = (
  state: string,
  waitMs: number | undefined,
  tooLong: () => CocoError,
  limitMs?: number,
) => Promise<void>;

/** Begins to count the time. */
export function waiting({ timeoutMs, onWait, clock }: WaitOptions): Wait {
  const startMs = clock.nowMs();
  let pollMs = pollMsMin;
  return async (state, waitMs, tooLong, limitMs = timeoutMs) => {
    const waitedMs = clock.nowMs() - startMs;
    const nextMs = waitMs ?? pollMs;
    if (waitedMs + nextMs > Math.min(limitMs, timeoutMs)) throw tooLong();
    onWait?.(state, waitedMs);
    await clock.sleep(nextMs);
    if (waitMs === undefined) pollMs = Math.min(2 * pollMs, pollMsMax);
  };
}

/** When to ask again, in seconds (RFC 9110, section 10.2.3); dates are not understood. */
export function retryAfterMs({ headers }: HttpReply): number | undefined {
  const value = headers['retry-after'] ?? '';
  return /^\d{1,9}$/.test(value) ? 1000 * Math.min(Number(value), retryAfterSecondsMax) : undefined;
}
