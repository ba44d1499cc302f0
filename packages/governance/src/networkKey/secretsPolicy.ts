/**
 * What the settings say of secrets: how long an epoch lasts, how long its secret is held, how many actors open it again.
 */
import type { Reader } from '@coco/kv';
import { countOf, readObject } from '../rows.js';
import { governanceTables } from '../tables.js';
import type { SecretsPolicy } from './types.js';

/** The row of `public:coco.settings`: {epoch_seconds, secret_hold_seconds, key_threshold}. A threshold of 0 is a majority. */
export function secretsPolicy(reader: Reader): SecretsPolicy {
  const row = readObject(reader, governanceTables.settings);
  const keyThreshold = countOf(row?.['key_threshold']) ?? 0;
  return {
    epochSeconds: countOf(row?.['epoch_seconds']) ?? epochSecondsDefault,
    holdSeconds: countOf(row?.['secret_hold_seconds']) ?? holdSecondsDefault,
    ...(keyThreshold > 0 && { keyThreshold }),
  };
}

/** A day. */
export const epochSecondsDefault = 86_400;

const holdSecondsDefault = 3600;
