/**
 * RSA-OAEP with SHA-256 (RFC 8017, 7.1), opening only: CCF encrypts each member's recovery share that way to the RSA
 * key of the member. Coco itself encrypts nothing under RSA.
 */
import { CocoError } from '@coco/primitives';
import { constants, createPrivateKey, type KeyObject, plainBytes, privateDecrypt } from './provider.js';

/** Opens what was encrypted to one RSA key. */
export interface RsaOaepOpener {
  /** The plaintext, or undefined when `ciphertext` was not made for this key. */
  open(ciphertext: Uint8Array): Uint8Array | undefined;
}

/** Reads an unencrypted RSA private key of 2,048 bits or more in PEM. Throws COCO_CRYPTO_KEY. */
export function rsaOaepOpener(privateKeyPem: string): RsaOaepOpener {
  const key = readKey(privateKeyPem);
  return {
    open(ciphertext) {
      try {
        const padding = constants.RSA_PKCS1_OAEP_PADDING;
        return plainBytes(privateDecrypt({ key, padding, oaepHash: 'sha256' }, ciphertext));
      } catch {
        return undefined;
      }
    },
  };
}

const pemCharsMax = 16_384;

function readKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    if (pem.length <= pemCharsMax) key = createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    // Told below; what the platform says adds nothing.
  }
  if (key?.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    throw new CocoError('COCO_CRYPTO_KEY', 'this is no unencrypted RSA private key of 2,048 bits or more');
  }
  return key;
}
