/**
 * A node that stood still, as its machine was paused or busy with something else, heard nobody meanwhile, and not because they were
 * silent. Where all stood still, each would find at first that it has to elect another primary. So it waits for what is on its way
 * before it concludes anything from silence; what it says of its own freshness counts the time in full.
 */
import type { RaftState } from './state.js';

/**
 * Takes notice of a step of `ms`; true while it is too early to campaign, or to stop leading. A node all of whose steps are long is
 * not held up by that: the time after each such wait counts.
 */
export function isTooEarlyToJudge(state: RaftState, ms: number): boolean {
  const standstillMs = state.settings.standstillMs ?? Number.POSITIVE_INFINITY;
  if (state.graceMs > 0) state.graceMs = Math.max(0, state.graceMs - ms);
  else if (ms >= standstillMs) state.graceMs = standstillMs;
  return state.graceMs > 0;
}
