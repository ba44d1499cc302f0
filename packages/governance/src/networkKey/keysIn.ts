/**
 * All keys under which a share may be kept (CONF-3), by one version of the tables. Nodes do not stop at the same entry: one has the
 * end of a ceremony on its disk, the next one not yet, and both keep the shares from before and after it. A partial decryption goes
 * with those of the same shares alone, so whoever asks, and whoever answers, tries each of these.
 */
import type { ThresholdKey } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { equalBytes } from '@coco/primitives';
import { readCeremony } from './ceremonyRow.js';
import { readKeyBrief, readNetworkKey, readThresholdKey } from './keyRow.js';
import { madeKey } from './madeKey.js';

/**
 * The present key first, then those before it, the newest first, and what the running ceremony would make. It is not cheap: every
 * point of every key is looked at.
 */
export function keysIn(reader: Reader): readonly ThresholdKey[] {
  const present = readNetworkKey(reader);
  const earlier = readKeyBrief(reader)?.earlier.toReversed() ?? [];
  const made = readCeremony(reader)?.phase === 'judging' ? madeKey(reader)?.key : undefined;
  const keys = [
    present?.key,
    present?.ceremonyRecord.previous,
    ...earlier.map(({ encoded }) => readThresholdKey(encoded)),
    made,
  ].filter((key) => key !== undefined);
  const isFirst = (key: ThresholdKey, i: number): boolean =>
    keys.findIndex(({ ceremony }) => equalBytes(ceremony, key.ceremony)) === i;
  return keys.filter(isFirst);
}
