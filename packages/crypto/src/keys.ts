/**
 * Elliptic-curve keys: making them, and the only doors through which they come in and go out.
 */
import { CocoError, equalBytes } from '@coco/primitives';
import { privateHandle, publicHandle, wrapPrivateKey, wrapPublicKey } from './key-material.js';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from './provider.js';
import type { Curve, PrivateKey, PublicKey } from './types.js';

/** Text longer than this is not read as a key. */
const keyBytesMax = 8192;

/** Makes a new private key from the platform's randomness. Only `host` and `cli` may call this. */
export function generateKeyPair(curve: Curve = 'P-256'): PrivateKey {
  // Not the handle that the platform would make: it shares a lock with the job that made it, and where the engine collects that job
  // while the key is being described (`asymmetricKeyDetails`), Node (seen in 20.20.2) waits for itself, and the process stands still.
  const { privateKey: der } = generateKeyPairSync('ec', {
    namedCurve: curve,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  try {
    return wrapPrivateKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  } finally {
    der.fill(0);
  }
}

/**
 * Reads a private key in PEM (PKCS#8 or SEC 1), encrypted when there is a passphrase. Throws COCO_CRYPTO_KEY. Of bytes no text is
 * made: whoever has them can wipe them.
 */
export function privateKeyFromPem(pem: string | Uint8Array, passphrase?: string): PrivateKey {
  const key = typeof pem === 'string' ? pem : Buffer.from(pem.buffer, pem.byteOffset, pem.length);
  const format = { key, format: 'pem', ...(passphrase !== undefined && { passphrase }) } as const;
  return read('private key', pem.length, () => wrapPrivateKey(createPrivateKey(format)));
}

/**
 * The material of `key` as PKCS#8 PEM: the only way in which it leaves. With a passphrase it is encrypted (PBES2,
 * AES-256-CBC); without one, keep the text secret.
 */
export function privateKeyToPem(key: PrivateKey, passphrase?: string): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return privateHandle(key)
    .export({ type: 'pkcs8', format: 'pem', ...encryption })
    .toString();
}

/**
 * Reads a SubjectPublicKeyInfo in DER. Throws COCO_CRYPTO_KEY, also when the encoding is not the usual one (named
 * curve, uncompressed point): ids are hashes of these bytes, so one key must not have two encodings.
 */
export function publicKeyFromDer(der: Uint8Array): PublicKey {
  return read('public key', der.length, () => {
    const key = wrapPublicKey(createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }));
    if (!equalBytes(key.der, der)) throw new Error('the encoding is not canonical');
    return key;
  });
}

/** Reads a public key in PEM ("PUBLIC KEY"). Throws COCO_CRYPTO_KEY. */
export function publicKeyFromPem(pem: string): PublicKey {
  return read('public key', pem.length, () => {
    // The platform would also take a certificate or a private key here.
    if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----'))
      throw new Error('the PEM label is not PUBLIC KEY');
    return wrapPublicKey(createPublicKey({ key: pem, format: 'pem' }));
  });
}

/** `key` as PEM ("PUBLIC KEY"). */
export function publicKeyToPem(key: PublicKey): string {
  return publicHandle(key).export({ type: 'spki', format: 'pem' }).toString();
}

function read<Key>(what: string, length: number, parse: () => Key): Key {
  if (length > keyBytesMax) {
    throw new CocoError('COCO_CRYPTO_KEY', `the ${what} is too long`, { length, keyBytesMax });
  }
  try {
    return parse();
  } catch (error) {
    if (error instanceof CocoError) throw error;
    // The platform's message can name the format's fault but never carries material.
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new CocoError('COCO_CRYPTO_KEY', `the ${what} cannot be read`, { reason });
  }
}
