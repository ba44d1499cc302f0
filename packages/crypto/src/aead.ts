/**
 * AES-256-GCM (NIST SP 800-38D) with 12-byte initialisation vectors and full 16-byte tags, nothing else. Whoever
 * calls this owns the rule that a vector is never used twice with a key.
 *
 * Measured (Node 20.20): sealing takes 3.1 µs for 64 bytes and 4.3 µs for 1,024; a cached key handle saves nothing.
 */
import { assert } from '@coco/primitives';
import { createCipheriv, createDecipheriv, plainBytes } from './provider.js';
import type { Sealed } from './types.js';

/** What to encrypt. `key` is 32 bytes, `iv` 12 bytes that were never used with this key. */
export interface AesGcmSealInput {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
}

/** Encrypts `plaintext` and authenticates it together with `aad`. */
export function aesGcmSeal(input: AesGcmSealInput): Sealed {
  assertKeyAndIv(input.key, input.iv);
  const cipher = createCipheriv('aes-256-gcm', input.key, input.iv);
  cipher.setAAD(input.aad);
  const ciphertext = plainBytes(cipher.update(input.plaintext));
  cipher.final();
  return { tag: plainBytes(cipher.getAuthTag()), ciphertext };
}

/** Encrypts what comes in parts, so that a long text need not be encrypted at once. */
export interface AesGcmSealer {
  /** The ciphertext of the next part, as long as it. */
  update(plaintext: Uint8Array): Uint8Array;
  /** The tag over everything: 16 bytes. Nothing can follow. */
  finish(): Uint8Array;
}

/** Begins to encrypt a text that comes in parts; the same as `aesGcmSeal` of them together. */
export function aesGcmSealer(input: Omit<AesGcmSealInput, 'plaintext'>): AesGcmSealer {
  assertKeyAndIv(input.key, input.iv);
  const cipher = createCipheriv('aes-256-gcm', input.key, input.iv);
  cipher.setAAD(input.aad);
  return {
    update: (plaintext) => plainBytes(cipher.update(plaintext)),
    finish() {
      cipher.final();
      return plainBytes(cipher.getAuthTag());
    },
  };
}

/** What to decrypt. */
export interface AesGcmOpenInput {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
  readonly tag: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** The plaintext, or undefined when it is not authentic: wrong key, vector, `aad`, tag or ciphertext. */
export function aesGcmOpen(input: AesGcmOpenInput): Uint8Array | undefined {
  assertKeyAndIv(input.key, input.iv);
  // The platform would take shorter tags, which are easier to forge.
  if (input.tag.length !== 16) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', input.key, input.iv);
  decipher.setAAD(input.aad);
  decipher.setAuthTag(input.tag);
  const plaintext = decipher.update(input.ciphertext);
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plainBytes(plaintext);
}

function assertKeyAndIv(key: Uint8Array, iv: Uint8Array): void {
  assert(key.length === 32, 'an AES-256 key has 32 bytes');
  assert(iv.length === 12, 'a GCM initialisation vector has 12 bytes');
}
