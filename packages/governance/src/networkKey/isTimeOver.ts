/**
 * Whether `ms` are over since a moment that some primary wrote down by its own clock. A clock that was far ahead must not hold
 * everything up: a moment that is to come in more than a minute counts as long ago.
 */
export function isTimeOver(sinceMs: number, ms: number, nowMs: number): boolean {
  return nowMs - sinceMs >= ms || sinceMs - nowMs > aheadMsMax;
}

/** Clocks of nodes differ by less. */
const aheadMsMax = 60_000;
