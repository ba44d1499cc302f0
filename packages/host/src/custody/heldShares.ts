/**
 * The shares of the network's key that this node holds for its actor, ready for use: those that are kept, of keys that its
 * ledger tells of.
 */
import { type KeyShare, keyShareFrom, type ThresholdKey } from '@coco/crypto';
import { type KeptShare, readNetworkKey } from '@coco/governance';
import type { Reader } from '@coco/kv';
import { CocoError, equalBytes, toHex } from '@coco/primitives';
import type { HeldShare } from './partials.js';

export interface HeldSharesOptions {
  readonly tables: Reader;
  /** Whose shares this node holds. */
  readonly actorId: string | undefined;
  /** Shares as they are kept, and shares that are ready for use. */
  readonly kept: readonly KeptShare[];
  readonly shares?: readonly KeyShare[];
}

/** The present one first. None when the actor holds none, or this node was not there when they were made. */
export function heldShares(options: HeldSharesOptions): readonly HeldShare[] {
  const present = readNetworkKey(options.tables);
  if (present === undefined) return [];
  const { network } = present;
  return [present.key].flatMap((key) => {
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
