/**
 * Where the material of share keys lives: bytes that are reachable only from the objects that stand for them, and can be wiped.
 * The platform's handles cannot: they keep theirs until they are collected, so one is made for each use and let go at once, while
 * it is young. Not exported from the room.
 */
import { CocoError, concatBytes, fixedBytes } from '@coco/primitives';
import { createPrivateKey, createPublicKey, type KeyObject, plainBytes } from './provider.js';
import type { ShareKey } from './share-key.js';

const materials = new WeakMap<ShareKey, Uint8Array>();
/** Of a private and of a public key (RFC 7748). */
export const shareKeyBytes = 32;
/** What stands before the 32 bytes in DER (RFC 8410): of a private key in PKCS#8, and of a public key. */
const privateHead = Uint8Array.of(0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 34, 4, 32);
const publicHead = Uint8Array.of(0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 33, 0);

/** A share key that stands for `material`, which is its from now on. */
export function wrapShareKey(material: Uint8Array): ShareKey {
  const der = plainBytes(createPublicKey(handleOf(material)).export({ format: 'der', type: 'spki' }));
  const key: ShareKey = Object.freeze({ kind: 'share', publicKey: der.slice(-shareKeyBytes) });
  materials.set(key, material);
  return key;
}

/** The material behind `key` itself. COCO_CRYPTO_KEY. */
export function shareMaterial(key: ShareKey): Uint8Array {
  const material = materials.get(key);
  if (material !== undefined) return material;
  throw new CocoError(
    'COCO_CRYPTO_KEY',
    'this share key carries no material: it was erased, or is a copy of one that does',
  );
}

/** A handle for one use of `key`. COCO_CRYPTO_KEY. */
export function shareHandle(key: ShareKey): KeyObject {
  return handleOf(shareMaterial(key));
}

/** Wipes what `key` stands for. */
export function wipeShareKey(key: ShareKey): void {
  materials.get(key)?.fill(0);
  materials.delete(key);
}

/** The handle of a public share key. COCO_CRYPTO_KEY. */
export function sharePublicHandle(publicKey: Uint8Array): KeyObject {
  if (publicKey.length !== shareKeyBytes) {
    throw new CocoError('COCO_CRYPTO_KEY', 'a public share key has 32 bytes', { length: publicKey.length });
  }
  const key = Buffer.from(concatBytes(publicHead, publicKey));
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function handleOf(material: Uint8Array): KeyObject {
  const der = fixedBytes(privateHead.length + shareKeyBytes);
  try {
    der.set(privateHead);
    der.set(material, privateHead.length);
    return createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}
