/**
 * Limits that suit scripts of governance: a constitution of hundreds of kilobytes and a proposal with an app in it must
 * fit, and no script may hold up a node for a second (measured: README).
 */
import type { ScriptLimits } from './types.js';

export const defaultScriptLimits: ScriptLimits = {
  sourceBytesMax: 4 << 20,
  heapBytesMax: 64 << 20,
  stackBytesMax: 512 << 10,
  stepsMax: 5_000,
  valueBytesMax: 8 << 20,
};
