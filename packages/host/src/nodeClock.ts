/**
 * The ticks of a node: time passes for its manager with each, for its worker and for what its operator should hear of only
 * now and then.
 */

export interface NodeClockOptions {
  readonly tickMs: number;
  /** So many milliseconds have passed. */
  readonly passed: (ms: number) => void;
  /** The worker is to be told the time. Before `passed`. */
  readonly tellWorker: () => void;
  /** Time to look how the node stands. */
  readonly look: () => void;
}

/** How often an idle worker is told the time; waking its thread is dear. A busy one hears it with every batch. */
const workerClockMs = 100;

/** How often the node looks for what its operator, or a client, should hear of. */
const watchMs = 250;

/** Starts it; call what it returns to stop it. */
export function startNodeClock({ tickMs, passed, tellWorker, look }: NodeClockOptions): () => void {
  let last = performance.now();
  let told = last;
  let looked = last;
  const tick = setInterval(() => {
    const now = performance.now();
    const ms = now - last;
    last = now;
    if (now - told >= workerClockMs) {
      told = now;
      tellWorker();
    }
    passed(ms);
    if (now - looked < watchMs) return;
    looked = now;
    look();
  }, tickMs);
  return () => clearInterval(tick);
}
