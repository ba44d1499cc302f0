/**
 * The check that both pairing precompiles make, on whichever curve, a few pairs at a time: a call may bring hundreds
 * of pairs, and time must be looked at in between.
 */
import type { BlsCurvePair } from '@noble/curves/abstract/bls.js';
import type { Pause } from './types.js';

/** A point of each group, both valid. */
export interface Pair<Curve extends BlsCurvePair> {
  readonly g1: Curve['G1']['Point']['ZERO'];
  readonly g2: Curve['G2']['Point']['ZERO'];
}

/** Pairs of one batch share their squarings; in batches of this size that saves most of what there is to save. */
const BATCH_PAIRS = 8;

/** Whether the product of the pairings is one. A pair with a point at infinity counts as one. */
export function pairingIsOne<Curve extends BlsCurvePair>(
  curve: Curve,
  pairs: readonly Pair<Curve>[],
  pause?: Pause,
): boolean {
  const { Fp12 } = curve.fields;
  const finite = pairs.filter(({ g1, g2 }) => !g1.is0() && !g2.is0());
  if (finite.length <= BATCH_PAIRS) return Fp12.eql(curve.pairingBatch(finite), Fp12.ONE);
  let product = Fp12.ONE;
  for (let at = 0; at < finite.length; at += BATCH_PAIRS) {
    pause?.();
    product = Fp12.mul(product, curve.pairingBatch(finite.slice(at, at + BATCH_PAIRS), false));
  }
  return Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE);
}
