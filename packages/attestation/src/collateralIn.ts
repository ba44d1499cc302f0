/**
 * Intel's collateral is one endorsement, under one name.
 */
import { refused } from './refused.js';
import type { Endorsements } from './types.js';

/** JSON, see platforms/dcap/collateral.ts. Throws COCO_ATTESTATION_COLLATERAL when it is missing. */
export function collateralIn({ collateral }: Endorsements): Uint8Array {
  if (collateral !== undefined) return collateral;
  throw refused('COCO_ATTESTATION_COLLATERAL', "the quote has come without Intel's collateral");
}
