/**
 * Whether the shares of a key can be relied upon: every holder that runs a node has said that it keeps its own. Until then the
 * shares before are kept beside them, in the nodes as in the tables: otherwise few could destroy the key for all, by making shares
 * anew that the others do not get.
 */
import type { Reader } from '@coco/kv';
import { listedHolders } from './holders.js';
import type { EarlierKey, KeyBrief } from './keyRow.js';

export function isConfirmed(reader: Reader, { holders, confirmed, threshold }: KeyBrief): boolean {
  if (confirmed.length < threshold) return false;
  return listedHolders(reader, holders).every((id) => confirmed.includes(id));
}

/** The keys whose shares are kept: the present one, and while that is not confirmed those before it, the newest first. */
export function keptKeys(reader: Reader, key: KeyBrief): readonly EarlierKey[] {
  const { ceremony, encoded, earlier } = key;
  return [{ ceremony, encoded }, ...(isConfirmed(reader, key) ? [] : earlier.toReversed())];
}

/**
 * What the row of the next key has of those before, the oldest first: the last that was confirmed, and the newest of those since.
 */
export function earlierKeys(reader: Reader, key: KeyBrief): readonly EarlierKey[] {
  const [first, ...others] = keptKeys(reader, key).toReversed();
  return first === undefined ? [] : [first, ...others.slice(-earlierMax)];
}

const earlierMax = 3;
