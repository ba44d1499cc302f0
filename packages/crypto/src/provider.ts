/**
 * The only file that imports `node:crypto`: the closed list of what Coco uses of the platform's cryptography. All
 * other files of this room take it from here, so that replacing the platform, or reviewing what is used of it,
 * means reading this list. Not exported from the room: platform types must not reach pure rooms.
 */
import * as platform from 'node:crypto';

export {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  KeyObject,
  privateDecrypt,
  randomFillSync,
  sign,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto';

/** One-shot hash with Latin-1 output; in Node since 20.12, not yet in the type package that we pin. */
type HashOnce = (algorithm: string, data: Uint8Array, encoding: 'binary') => string;

/** `crypto.hash`, the fastest way from bytes to digest (see hash.ts for figures). */
export const hashOnce: HashOnce = (platform as unknown as { hash: HashOnce }).hash;

/** `bytes` as a plain `Uint8Array` over the same memory: a Buffer's `slice` and equality differ. */
export function plainBytes(bytes: ArrayBufferView): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
