/**
 * How much evidence to look at. Checked before anything of it is parsed: what is larger costs nothing.
 */
import { refused } from './refused.js';
import { claimsBytesMax } from './runtimeClaims.js';
import type { Evidence } from './types.js';

/** In bytes. Intel's collateral is the largest that is genuine, some 20 KB. */
export const evidenceLimits = {
  evidenceBytesMax: 64 * 1024,
  /** Of each. */
  endorsementBytesMax: 256 * 1024,
  /** Of all. */
  endorsementsBytesMax: 512 * 1024,
  /** Of the collection that carries it (carriage.ts). */
  cmwBytesMax: 1024 * 1024,
} as const;

/** Throws COCO_ATTESTATION_TOO_LARGE. */
export function checkSizes({ evidence, claims, endorsements }: Omit<Evidence, 'platform'>): void {
  const { evidenceBytesMax, endorsementBytesMax, endorsementsBytesMax } = evidenceLimits;
  within('the evidence', evidence.length, evidenceBytesMax);
  within('the runtime claims', claims.length, claimsBytesMax);
  let total = 0;
  for (const [name, { length }] of Object.entries(endorsements)) {
    within(`the endorsement "${name.slice(0, 32)}"`, length, endorsementBytesMax);
    total += length;
  }
  within('all endorsements together', total, endorsementsBytesMax);
}

function within(what: string, length: number, lengthMax: number): void {
  if (length > lengthMax) {
    throw refused('COCO_ATTESTATION_TOO_LARGE', `${what} is ${length} bytes long, ${lengthMax} are allowed`, {
      length,
      lengthMax,
    });
  }
}
