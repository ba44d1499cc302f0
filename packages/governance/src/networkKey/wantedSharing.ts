/**
 * How the network's key is to be shared (CONF-3): among whom, and how many of them decrypt.
 *
 * The threshold never sinks by itself. Whoever can take nodes away, by a vote about a platform or with a run of bad luck, takes
 * holders away, and fewer of those who are left would do. So shares are not made anew for a lower threshold than the present one,
 * unless a holder is no member or participant any more, or the members have set another `key_threshold`. While there are fewer
 * holders than that the key stays as it is, and `keyTrouble` says why.
 */
import type { Reader } from '@coco/kv';
import { actorIds, type Sharing, wantedHolders } from './holders.js';
import { type KeyBrief, readKeyBrief } from './keyRow.js';
import { secretsPolicy } from './secretsPolicy.js';

/** As this version says; undefined when nobody could have a share, or too few for the threshold that is to stay. */
export function wantedSharing(reader: Reader): Sharing | undefined {
  const { sharing, least } = wish(reader);
  return sharing.threshold < Math.max(least, 1) ? undefined : sharing;
}

/** Why the shares of the key are not made anew although they should be, in a sentence for people; undefined when nothing is wrong. */
export function keyTrouble(reader: Reader): string | undefined {
  const { sharing, least } = wish(reader);
  const count = Object.keys(sharing.holders).length;
  if (count >= least) return undefined;
  return (
    `shares of the network's key are not made anew: ${count} actors have a key to which one could be sealed, and ${least} ` +
    'must be able to decrypt together; bring nodes of the others back, remove actors, or set key_threshold'
  );
}

/** `least`: below that the threshold must not sink; 0 while there is no key. */
function wish(reader: Reader): { readonly sharing: Sharing; readonly least: number } {
  const holders = wantedHolders(reader);
  const count = Object.keys(holders).length;
  const key = readKeyBrief(reader);
  const least = key === undefined ? 0 : leastOf(reader, key);
  const threshold = Math.min(Math.max(thresholdOf(reader, count), least), count);
  return { sharing: { holders, threshold }, least };
}

function leastOf(reader: Reader, key: KeyBrief): number {
  const listed = new Set(actorIds(reader));
  const holders = Object.keys(key.holders);
  const left = holders.filter((id) => listed.has(id)).length;
  const isDecided = left < holders.length || (secretsPolicy(reader).keyThreshold ?? 0) !== key.keyThreshold;
  return isDecided ? Math.min(key.threshold, thresholdOf(reader, left)) : key.threshold;
}

/** What the settings say for so many. */
function thresholdOf(reader: Reader, count: number): number {
  return Math.min(secretsPolicy(reader).keyThreshold ?? Math.floor(count / 2) + 1, count);
}
