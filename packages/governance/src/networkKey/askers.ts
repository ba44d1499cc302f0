/**
 * Actors whose nodes say that they have no share of the key: shares are made anew for them, which costs all the others work. So
 * nobody is served within a minute of the last making, nor the same actor again before twice as long as it waited last.
 */
import type { Reader } from '@coco/kv';
import { holdsShare, trustedActorNodes } from './holders.js';
import { isTimeOver } from './isTimeOver.js';
import type { KeyBrief, Served } from './keyRow.js';

/** Those for whom shares are to be made anew now. */
export function dueAskers(reader: Reader, key: KeyBrief, nowMs: number): readonly string[] {
  if (key.asked.length === 0 || !isTimeOver(key.madeAtMs, askedMs, nowMs)) return [];
  const asking = trustedActorNodes(reader)
    .filter((node) => key.asked.includes(node.nodeId) && holdsShare(key.holders, node))
    .map(({ actorId }) => actorId);
  return [...new Set(asking)].filter((actorId) => {
    const served = key.served[actorId];
    return served === undefined || isTimeOver(served.atMs, waitMs(served), nowMs);
  });
}

/** What the row says once a ceremony has begun for them. */
export function servedNow(key: KeyBrief, askers: readonly string[], nowMs: number): KeyBrief['served'] {
  const now = askers.map((id) => [id, { atMs: nowMs, times: (key.served[id]?.times ?? 0) + 1 }] as const);
  return { ...key.served, ...Object.fromEntries(now) };
}

/** What the next key's row says: whoever did not ask for long is forgotten. */
export function stillServed(key: KeyBrief, nowMs: number): KeyBrief['served'] {
  const entries = Object.entries(key.served);
  return Object.fromEntries(
    entries.filter(([, served]) => !isTimeOver(served.atMs, 2 * waitMs(served), nowMs)),
  );
}

const askedMs = 60_000;

/** It doubles up to some seventeen hours. */
function waitMs({ times }: Served): number {
  return askedMs * 2 ** Math.min(times, 10);
}
