/**
 * A sealed envelope for small secrets on disk (keys, ledger secrets).
 *
 *     envelope = "COCO" | u8 version (1) | iv[12] | tag[16] | ciphertext
 *
 * AES-256-GCM; the authenticated data is the first five bytes followed by the purpose in UTF-8, so that an envelope
 * cannot pass for one of another version or purpose.
 */
import { CocoError, concatBytes, equalBytes, utf8 } from '@coco/primitives';
import { aesGcmOpen, aesGcmSeal } from './aead.js';

/** What to put into an envelope. */
export interface SealWithKeyInput {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 12 random bytes, handed in; never the same twice with one key. */
  readonly iv: Uint8Array;
  /** What the secret is for, for example "ledger secret"; `openWithKey` must name the same. */
  readonly purpose: string;
  readonly plaintext: Uint8Array;
}

const header = concatBytes(utf8('COCO'), new Uint8Array([1]));
const ivAt = header.length;
const tagAt = ivAt + 12;
const ciphertextAt = tagAt + 16;

/** Seals `plaintext` for `purpose`. */
export function sealWithKey(input: SealWithKeyInput): Uint8Array {
  const { key, iv, plaintext } = input;
  const sealed = aesGcmSeal({ key, iv, aad: concatBytes(header, utf8(input.purpose)), plaintext });
  return concatBytes(header, iv, sealed.tag, sealed.ciphertext);
}

/** What to open. */
export interface OpenWithKeyInput {
  readonly key: Uint8Array;
  readonly purpose: string;
  readonly envelope: Uint8Array;
}

/**
 * The secret, or undefined when the envelope is not authentic under this key and purpose. Throws
 * COCO_CRYPTO_ENVELOPE when it is no envelope of a version that is known here.
 */
export function openWithKey(input: OpenWithKeyInput): Uint8Array | undefined {
  const { key, purpose, envelope } = input;
  if (envelope.length < ciphertextAt || !equalBytes(envelope.subarray(0, ivAt), header)) {
    throw new CocoError('COCO_CRYPTO_ENVELOPE', 'these bytes are not a sealed envelope of version 1', {
      length: envelope.length,
    });
  }
  return aesGcmOpen({
    key,
    iv: envelope.subarray(ivAt, tagAt),
    aad: concatBytes(header, utf8(purpose)),
    tag: envelope.subarray(tagAt, ciphertextAt),
    ciphertext: envelope.subarray(ciphertextAt),
  });
}
