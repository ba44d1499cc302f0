/**
 * A ceremony's digest, and its rules. The digest is SHA-256 over deterministic CBOR, so that it binds numbers to actors, the
 * threshold, and (when shares are made anew) the key with its old shares:
 *
 *     ["coco-threshold-ceremony-v1", network, id, threshold, [actor…], previous key or null]
 */
import { cborEncode } from '../cbor.js';
import { sha256 } from '../hash.js';
import { checkActors, refusedCeremony } from './actors.js';
import { encodeThresholdKey } from './messages.js';
import type { Ceremony } from './types.js';

/** 32 bytes that everybody with the same ceremony gets. COCO_CRYPTO_THRESHOLD_CEREMONY when its numbers make none. */
export function ceremonyDigest(ceremony: Ceremony): Uint8Array {
  const { network, id, threshold, actors, previous } = ceremony;
  checkActors(actors, threshold);
  if (network.length !== 32 || id.length < 16 || id.length > 64) {
    throw refusedCeremony('a ceremony names a network in 32 bytes and itself in 16 to 64', {
      network: network.length,
      id: id.length,
    });
  }
  const old = previous === undefined ? null : encodeThresholdKey(previous);
  return sha256(cborEncode(['coco-threshold-ceremony-v1', network, id, threshold, [...actors], old]));
}

/** How many can deal: the actors, or those who hold shares when these are made anew. */
export function dealerCount({ actors, previous }: Ceremony): number {
  return (previous?.actors ?? actors).length;
}

/** How many must deal well: with so many, one at least is honest, or the old shares make up the key. */
export function dealsMin({ threshold, previous }: Ceremony): number {
  return previous?.threshold ?? threshold;
}
