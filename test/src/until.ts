/**
 * Waiting for a condition, never for a time: as soon as it holds, and not longer than a deadline.
 */

const pollMs = 20;

/**
 * The first value of `probe` that is neither undefined nor false. What `probe` throws counts as "not yet" and is told
 * when time is up, with `what` was waited for.
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    let why = '';
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    } catch (error) {
      why = `; the last attempt: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}${why}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
