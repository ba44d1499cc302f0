/**
 * The share of an actor that keeps its key off the nodes (CONF-3), finished from what a request has of the ledger: what dealers sealed
 * to that key. Everything is checked against the deals, and these against the network's key.
 */
import { hpkeOpen, type KeyShare, keyShareFrom, type ShareKey } from '@coco/crypto';
import { CocoError, equalBytes, toHex } from '@coco/primitives';
import { finishOwnShare } from '../networkKey/ownShare.js';
import type { KeptShare } from '../networkKey/types.js';
import type { RecoveryRequest } from './request.js';

type Asked = Pick<RecoveryRequest, 'tables' | 'key'>;

/** With the actor's own share key. COCO_RECOVERY_SHARE. */
export function heldShare({ tables, key }: Asked, actorId: string, shareKey: ShareKey): KeyShare {
  const number = numberOf(key, actorId);
  const publicKey = toHex(shareKey.publicKey);
  if (key.holders[actorId]?.includes(publicKey) !== true) {
    throw refused(
      'its share is not sealed to this share key: it was registered after the last shares were made, or never',
    );
  }
  const finished = finishOwnShare(tables, {
    ceremony: key.ceremonyRecord,
    digest: key.ceremony,
    counted: key.counted,
    actorId,
    shareKey: publicKey,
    openShare: (sealed, aad, info) => hpkeOpen({ key: shareKey, sealed, aad, info }),
  });
  if (finished.kind === 'faulty') {
    const dealers = finished.faults.map(({ dealer }) => dealer).join(', ');
    throw refused(
      dealers === ''
        ? 'the deals in the request make none'
        : `what these dealers sent is not good: ${dealers}`,
    );
  }
  const { share } = finished;
  const { ceremony, publicKey: sharedKey, verificationShares } = key.key;
  const isOfKey =
    equalBytes(share.ceremony, ceremony) &&
    equalBytes(share.publicKey, sharedKey) &&
    equalBytes(share.verificationShare, verificationShares[number - 1] as Uint8Array);
  if (!isOfKey) throw refused("the deals in the request make another key than the network's");
  return share;
}

/** What a node of the actor kept. COCO_RECOVERY_SHARE. */
export function keptShareOf({ key }: Asked, actorId: string, kept: readonly KeptShare[]): KeyShare {
  const found = kept.find(({ ceremony }) => ceremony === key.ceremony);
  if (found === undefined) throw refused("the node has no share of the network's key as it was last");
  try {
    return keyShareFrom(found.material, key.key, numberOf(key, actorId));
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_CRYPTO_KEY')
      throw refused('the share of the node is another actor’s');
    throw error;
  }
}

function numberOf({ key }: Asked['key'], actorId: string): number {
  const number = key.actors.indexOf(actorId) + 1;
  if (number === 0) throw refused(`${actorId} holds no share of the network's key`);
  return number;
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_RECOVERY_SHARE', `there is no share to answer with: ${reason}`);
}
