/**
 * The shares of the network's key that this node holds for its actor, ready for use: those that are kept, of keys that its
 * ledger tells of.
 */
import { type KeyShare, keyShareFrom, type ThresholdKey } from '@coco/crypto';
import type { KeptShare } from '@coco/governance';
import { CocoError, equalBytes, toHex } from '@coco/primitives';
import type { HeldShare } from './partials.js';

export interface HeldSharesOptions {
  /** Of `keysIn`. */
  readonly keys: readonly ThresholdKey[];
  /** What these keys' ciphertexts are labelled with: hex. */
  readonly network: string;
  /** Whose shares this node holds. */
  readonly actorId: string | undefined;
  /** Shares as they are kept, and shares that are ready for use. */
  readonly kept: readonly KeptShare[];
  readonly shares?: readonly KeyShare[];
}

/** In the order of the keys. None when the actor holds none, or this node was not there when they were made. */
export function heldShares(options: HeldSharesOptions): readonly HeldShare[] {
  const { keys, network } = options;
  return keys.flatMap((key) => {
    const share = readyShare(key, options) ?? keptShare(key, options);
    return share === undefined ? [] : [{ key, network, share }];
  });
}

function readyShare(key: ThresholdKey, { shares = [] }: HeldSharesOptions): KeyShare | undefined {
  return shares.find(({ ceremony }) => equalBytes(ceremony, key.ceremony));
}

function keptShare(key: ThresholdKey, { actorId, kept }: HeldSharesOptions): KeyShare | undefined {
  const ceremony = toHex(key.ceremony);
  const found = kept.find((one) => one.ceremony === ceremony);
  const number = actorId === undefined ? 0 : key.actors.indexOf(actorId) + 1;
  if (found === undefined || number === 0) return undefined;
  try {
    return keyShareFrom(found.material, key, number);
  } catch (error) {
    // The actor of this node, or the disk, has changed since.
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
