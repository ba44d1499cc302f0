/**
 * The share of the network's key that this node holds for its actor, ready for use: the kept one that belongs to the shares as
 * they are now.
 */
import { type KeyShare, keyShareFrom } from '@coco/crypto';
import type { KeptShare, NetworkKey } from '@coco/governance';
import { CocoError } from '@coco/primitives';

/** Undefined when the actor holds none, or this node was not there when they were made. */
export function ownShare(
  key: NetworkKey,
  actorId: string | undefined,
  kept: readonly KeptShare[],
): KeyShare | undefined {
  const found = kept.find(({ ceremony }) => ceremony === key.ceremony);
  const number = actorId === undefined ? 0 : key.key.actors.indexOf(actorId) + 1;
  if (found === undefined || number === 0) return undefined;
  try {
    return keyShareFrom(found.material, key.key, number);
  } catch (error) {
    // The actor of this node, or the disk, has changed since.
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}
