/**
 * Time and chance for this room's own decisions, handed in so that tests need not wait.
 */
import type { Random } from '@coco/primitives';

export interface Timing {
  /** Calls `callback` once after `ms` milliseconds, unless the returned function was called before. */
  after(ms: number, callback: () => void): () => void;
  readonly random: Random;
}

/** The real clock. Its timers do not keep the process alive. */
export function realTiming(random: Random): Timing {
  return {
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
    random,
  };
}
