/**
 * What the running ceremony makes of the deals that count: everybody computes the same (CONF-3).
 */
import { type Ceremony, type Deal, finishKey, type ThresholdKey } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import { readCeremony, readCeremonyRecord } from './ceremonyRow.js';
import { readDeal } from './dealRow.js';

/** Undefined when none is running, or the deals that count make no key: too few, or such as add up to nothing. */
export function madeKey(
  reader: Reader,
): { readonly ceremony: Ceremony; readonly key: ThresholdKey } | undefined {
  const running = readCeremony(reader);
  const ceremony = running === undefined ? undefined : readCeremonyRecord(reader);
  if (running === undefined || ceremony === undefined) return undefined;
  const deals = running.counted.map((dealer) => readDeal(reader, running.digest, dealer));
  if (deals.includes(undefined)) return undefined;
  try {
    const finished = finishKey(ceremony, deals as Deal[]);
    return finished.kind === 'made' ? { ceremony, key: finished.key } : undefined;
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
