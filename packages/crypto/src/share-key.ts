/**
 * X25519 keys (RFC 7748) of nodes, to which secrets are sealed (hpke.ts). The private part never shows: no enumerable
 * property, and it leaves only by the function that is named for it.
 */
import { CocoError } from '@coco/primitives';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  plainBytes,
} from './provider.js';

/** A key pair; the private part is known to this room alone. */
export interface ShareKey {
  readonly kind: 'share';
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

const handles = new WeakMap<ShareKey, KeyObject>();
const keyBytes = 32;
/** What stands before the 32 bytes in DER: PKCS#8 and SubjectPublicKeyInfo of X25519 (RFC 8410). */
const privateHead = Uint8Array.of(0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 34, 4, 32);
const publicHead = Uint8Array.of(0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 33, 0);

export function generateShareKey(): ShareKey {
  return wrap(generateKeyPairSync('x25519').privateKey);
}

/**
 * What `keep` makes of the private part (32 bytes), which is wiped when it returns: to be sealed, never to be shown.
 * COCO_CRYPTO_KEY for a copy of a key.
 */
export function keepShareKey<Kept>(key: ShareKey, keep: (material: Uint8Array) => Kept): Kept {
  const der = plainBytes(shareHandle(key).export({ format: 'der', type: 'pkcs8' }));
  const material = der.subarray(-keyBytes);
  try {
    return keep(material);
  } finally {
    der.fill(0);
  }
}

/** The key of which `material` was kept. COCO_CRYPTO_KEY. */
export function shareKeyFrom(material: Uint8Array): ShareKey {
  if (material.length !== keyBytes) {
    throw new CocoError('COCO_CRYPTO_KEY', 'a share key has 32 bytes', { length: material.length });
  }
  const key = Buffer.concat([privateHead, material]);
  return wrap(createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
}

/** The platform's handle. For this room alone. */
export function shareHandle(key: ShareKey): KeyObject {
  const handle = handles.get(key);
  if (handle === undefined) {
    throw new CocoError(
      'COCO_CRYPTO_KEY',
      'this share key carries no material: it is a copy of one that does',
    );
  }
  return handle;
}

/** The handle of a public part. For this room alone. COCO_CRYPTO_KEY. */
export function sharePublicHandle(publicKey: Uint8Array): KeyObject {
  if (publicKey.length !== keyBytes) {
    throw new CocoError('COCO_CRYPTO_KEY', 'a public share key has 32 bytes', { length: publicKey.length });
  }
  return createPublicKey({ key: Buffer.concat([publicHead, publicKey]), format: 'der', type: 'spki' });
}

function wrap(handle: KeyObject): ShareKey {
  const publicKey = plainBytes(createPublicKey(handle).export({ format: 'der', type: 'spki' })).slice(
    -keyBytes,
  );
  const key: ShareKey = Object.freeze({ kind: 'share', publicKey });
  handles.set(key, handle);
  return key;
}
