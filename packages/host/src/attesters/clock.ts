/**
 * Time for what waits for devices and sources, handed in so that tests need not wait.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

export const realClock: Clock = {
  nowMs: () => Date.now(),
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
};
