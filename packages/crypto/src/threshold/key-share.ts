/**
 * An actor's share of the shared network key (CONF-3). What it is a share of can be seen; the share itself leaves only by the
 * function that is named for it, and no two shares ever meet.
 */
import { CocoError, equalBytes, fixedCopy } from '@coco/primitives';
import { isNumberOf } from './actors.js';
import { bytesOfScalar, generator, scalarOf, secretPower } from './group.js';
import { erase, hiddenOf, hide } from './hidden.js';
import type { ThresholdKey } from './types.js';

/** The secret part is known to this room alone. */
export interface KeyShare {
  readonly kind: 'key share';
  /** Of the ceremony that made it: 32 bytes. */
  readonly ceremony: Uint8Array;
  /** The number of the actor whose it is. */
  readonly actor: number;
  /** The shared public key. */
  readonly publicKey: Uint8Array;
  /** The public part of this share. */
  readonly verificationShare: Uint8Array;
}

/**
 * What `keep` makes of the secret part (32 bytes), which is wiped when it returns: to be sealed, never to be shown.
 * COCO_CRYPTO_KEY for a copy of a share, or one that was erased.
 */
export function keepKeyShare<Kept>(share: KeyShare, keep: (material: Uint8Array) => Kept): Kept {
  const material = fixedCopy(hiddenOf(share)[0] as Uint8Array);
  try {
    return keep(material);
  } finally {
    material.fill(0);
  }
}

/** The share of which `material` was kept: that of `actor` in `key`. COCO_CRYPTO_KEY when it is another's, or of other shares. */
export function keyShareFrom(material: Uint8Array, key: ThresholdKey, actor: number): KeyShare {
  let scalar = 0n;
  try {
    scalar = scalarOf(material);
  } catch {
    // Told below, in one sentence with what else can be wrong.
  }
  const verificationShare = key.verificationShares[actor - 1];
  if (
    scalar === 0n ||
    verificationShare === undefined ||
    !isNumberOf(actor, key.actors.length) ||
    !equalBytes(secretPower(generator(), scalar).toBytes(), verificationShare)
  ) {
    throw new CocoError('COCO_CRYPTO_KEY', 'this is not the share that the actor has of this key', { actor });
  }
  const { ceremony, publicKey } = key;
  return hide({ kind: 'key share', ceremony, actor, publicKey, verificationShare }, [bytesOfScalar(scalar)]);
}

/** Wipes the secret part: what must be done with old shares when new ones are made, else they decrypt on. */
export function eraseKeyShare(share: KeyShare): void {
  erase(share);
}

/** For this folder alone. COCO_CRYPTO_KEY. */
export function scalarOfShare(share: KeyShare): bigint {
  return scalarOf(hiddenOf(share)[0] as Uint8Array);
}
