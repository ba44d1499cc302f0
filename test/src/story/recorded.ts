/**
 * The recorded transactions that a story replays while it goes on. They are not part of the project: where they are not, a
 * story is told without them, and says so.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadReplaySet, type ReplaySet } from '@coco/cli';
import { checkout } from '../coco.js';

const data = path.join(checkout, '../shared/data/ethereum/replay');

/** Undefined, having said so, when there are none. */
export function recordedTransactions(say: (line: string) => void): ReplaySet | undefined {
  if (existsSync(data)) return loadReplaySet(data);
  say(`SKIPPED: there are no recorded transactions at ${data}; only transfers are sent`);
  return undefined;
}
