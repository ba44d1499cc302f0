/**
 * How much of what a primary executes the others execute again (MIT-3), as the members have decided: `sample_fraction_ppm` in
 * `public:coco.settings`, of a million entries.
 */
import type { Reader } from '@coco/kv';
import { countOf, readObject } from './rows.js';
import { governanceTables } from './tables.js';

/** One in a hundred: it costs a backup as much of its processor as a hundredth of what the primary executes. */
export const sampleFractionDefault = 10_000;

const million = 1_000_000;

/** Of a million entries. */
export function readSampleFraction(reader: Reader): number {
  const given = countOf(readObject(reader, governanceTables.settings)?.['sample_fraction_ppm']);
  return Math.min(given ?? sampleFractionDefault, million);
}
