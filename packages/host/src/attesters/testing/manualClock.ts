/**
 * A clock for tests: waiting takes no time, and lets `step` do what would happen meanwhile.
 */
import type { Clock } from '../clock.js';

export interface ManualClock extends Clock {
  pass(ms: number): void;
}

export function manualClock(nowMs: number, step: () => void = () => undefined): ManualClock {
  let now = nowMs;
  return {
    nowMs: () => now,
    pass(ms) {
      now += ms;
    },
    async wait(ms) {
      now += ms;
      step();
    },
  };
}
