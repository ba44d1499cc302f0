/**
 * Where the material of share keys lives: platform key handles, reachable only from the objects that stand for them. Not exported
 * from the room.
 */
import { CocoError } from '@coco/primitives';
import { createPublicKey, type KeyObject, plainBytes } from './provider.js';
import type { ShareKey } from './share-key.js';

const handles = new WeakMap<ShareKey, KeyObject>();
/** Of a private and of a public key (RFC 7748). */
export const shareKeyBytes = 32;
/** What stands before the 32 bytes of a public key in DER (RFC 8410). */
const publicHead = Uint8Array.of(0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 33, 0);

/** A share key that stands for `handle`. */
export function wrapShareKey(handle: KeyObject): ShareKey {
  const der = plainBytes(createPublicKey(handle).export({ format: 'der', type: 'spki' }));
  const key: ShareKey = Object.freeze({ kind: 'share', publicKey: der.slice(-shareKeyBytes) });
  handles.set(key, handle);
  return key;
}

/** The handle behind `key`. COCO_CRYPTO_KEY. */
export function shareHandle(key: ShareKey): KeyObject {
  const handle = handles.get(key);
  if (handle !== undefined) return handle;
  throw new CocoError('COCO_CRYPTO_KEY', 'this share key carries no material: it is a copy of one that does');
}

/** The handle of a public share key. COCO_CRYPTO_KEY. */
export function sharePublicHandle(publicKey: Uint8Array): KeyObject {
  if (publicKey.length !== shareKeyBytes) {
    throw new CocoError('COCO_CRYPTO_KEY', 'a public share key has 32 bytes', { length: publicKey.length });
  }
  return createPublicKey({ key: Buffer.concat([publicHead, publicKey]), format: 'der', type: 'spki' });
}
