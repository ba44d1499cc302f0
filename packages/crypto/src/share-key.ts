/**
 * X25519 keys (RFC 7748) of nodes, to which secrets are sealed (hpke.ts). The private part never shows: no enumerable
 * property, and it leaves only by the function that is named for it.
 */
import { CocoError, fixedCopy } from '@coco/primitives';
import { randomBytes } from './entropy.js';
import { createPrivateKey, plainBytes } from './provider.js';
import {
  shareHandle,
  shareKeyBytes,
  shareMaterial,
  wipeShareKey,
  wrapShareKey,
} from './share-key-material.js';

/** A key pair; the private part is known to this room alone. */
export interface ShareKey {
  readonly kind: 'share';
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export function generateShareKey(): ShareKey {
  // Any 32 bytes are a private key (RFC 7748, section 5).
  return wrapShareKey(randomBytes(shareKeyBytes));
}

/**
 * What `keep` makes of the private part (32 bytes), which is wiped when it returns: to be sealed, never to be shown.
 * COCO_CRYPTO_KEY for a copy of a key, or one that was erased.
 */
export function keepShareKey<Kept>(key: ShareKey, keep: (material: Uint8Array) => Kept): Kept {
  const material = fixedCopy(shareMaterial(key));
  try {
    return keep(material);
  } finally {
    material.fill(0);
  }
}

/** The key of which `material` was kept. COCO_CRYPTO_KEY. */
export function shareKeyFrom(material: Uint8Array): ShareKey {
  if (material.length !== shareKeyBytes) {
    throw new CocoError('COCO_CRYPTO_KEY', 'a share key has 32 bytes', { length: material.length });
  }
  return wrapShareKey(fixedCopy(material));
}

/** Wipes the private part: nothing that was sealed to the key opens any more. */
export function eraseShareKey(key: ShareKey): void {
  wipeShareKey(key);
}

/** Reads a private key in PEM (PKCS#8, RFC 8410), encrypted when there is a passphrase. COCO_CRYPTO_KEY. */
export function shareKeyFromPem(pem: string, passphrase?: string): ShareKey {
  try {
    if (pem.length > pemBytesMax) throw new Error('it is too long');
    const handle = createPrivateKey({
      key: pem,
      format: 'pem',
      ...(passphrase !== undefined && { passphrase }),
    });
    if (handle.asymmetricKeyType !== 'x25519') throw new Error('it is a key of another kind');
    const der = plainBytes(handle.export({ format: 'der', type: 'pkcs8' }));
    try {
      return wrapShareKey(fixedCopy(der.subarray(-shareKeyBytes)));
    } finally {
      der.fill(0);
    }
  } catch (error) {
    // The platform's message can name the format's fault but never carries material.
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new CocoError('COCO_CRYPTO_KEY', 'the share key cannot be read', { reason });
  }
}

/** The material of `key` as PKCS#8 PEM, encrypted when there is a passphrase (PBES2, AES-256-CBC). COCO_CRYPTO_KEY for a copy. */
export function shareKeyToPem(key: ShareKey, passphrase?: string): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return shareHandle(key)
    .export({ type: 'pkcs8', format: 'pem', ...encryption })
    .toString();
}

const pemBytesMax = 8192;
