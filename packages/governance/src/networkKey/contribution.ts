import type { KeyContribution } from './types.js';

/** COCO_KEY_CONTRIBUTION. */
export function decodeKeyContribution(_bytes: Uint8Array): KeyContribution {
  throw new Error('not yet');
}

export function encodeKeyContribution(_contribution: KeyContribution): Uint8Array {
  throw new Error('not yet');
}

export const keyContributionBytesMax = 768 << 10;
