/**
 * The network's key with its shares as they are, and as they were before: while a ceremony ends, and after a power cut in that
 * moment for as long as it takes, nodes differ in which of them their ledgers call the present one. The key itself is the same.
 */
import type { ThresholdKey } from '@coco/crypto';
import { readNetworkKey } from '@coco/governance';
import type { Reader } from '@coco/kv';

/** The present one first; none before there is a key. */
export function keysIn(tables: Reader): readonly ThresholdKey[] {
  const present = readNetworkKey(tables);
  if (present === undefined) return [];
  const { previous } = present.ceremonyRecord;
  return previous === undefined ? [present.key] : [present.key, previous];
}
