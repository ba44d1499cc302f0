/**
 * What takes the place of `provider.ts` in a browser (package.json, "browser"): hashes from an audited library; everything else is
 * refused when it is called. Signatures are checked by Web Cryptography there (the client's webSignatures.ts), keys are not
 * handled at all.
 */

import { CocoError } from '@coco/primitives';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';

const hashes = { sha256, sha384, sha512 };

/** As `crypto.hash(…, 'binary')`: a character for each byte. */
export function hashOnce(algorithm: string, data: Uint8Array): string {
  const hash = hashes[algorithm as keyof typeof hashes];
  if (hash === undefined) return absent();
  let text = '';
  for (const byte of hash(data)) text += String.fromCharCode(byte);
  return text;
}

/** As `crypto.createHash`, as far as hash.ts asks. */
export function createHash(algorithm: string) {
  const hash = hashes[algorithm as keyof typeof hashes]?.create() ?? absent();
  return {
    update: (data: Uint8Array) => void hash.update(data),
    digest: () => hash.digest(),
  };
}

export function plainBytes(bytes: ArrayBufferView): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function absent(): never {
  throw new CocoError('COCO_CRYPTO_BROWSER', 'this part of the cryptography is not available in a browser');
}

export const constants: Readonly<Record<string, number>> = {};
export const createCipheriv = absent;
export const createDecipheriv = absent;
export const diffieHellman = absent;
export const createHmac = absent;
export const createPrivateKey = absent;
export const createPublicKey = absent;
export const generateKeyPairSync = absent;
export const privateDecrypt = absent;
export const randomFillSync = absent;
export const sign = absent;
export const timingSafeEqual = absent;
export const verify = absent;
export class KeyObject {}
export class X509Certificate {
  constructor() {
    absent();
  }
}
