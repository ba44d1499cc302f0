/**
 * Hybrid public key encryption (RFC 9180), one message each: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. Base mode, or
 * PSK mode where both sides have a secret already: then it takes that as well as the recipient's key to open the message.
 *
 *     sealed = enc (32, the sender's public key for this message) ‖ ciphertext ‖ tag (16)
 */
import { assert, CocoError, concatBytes, utf8 } from '@coco/primitives';
import { hmacSha256 } from './hash.js';
import { createCipheriv, createDecipheriv, diffieHellman, plainBytes } from './provider.js';
import { eraseShareKey, generateShareKey, type ShareKey } from './share-key.js';
import { shareHandle, sharePublicHandle } from './share-key-material.js';

/** What both sides know beforehand: mode PSK. */
export interface PreSharedKey {
  /** A secret of at least 32 bytes. */
  readonly key: Uint8Array;
  /** Its name: public, and not empty. */
  readonly id: Uint8Array;
}

/** What both sides must say alike. */
interface Purpose {
  /** What the message is for. */
  readonly info: Uint8Array;
  readonly psk?: PreSharedKey;
}

export interface HpkeSealInput extends Purpose {
  /** The recipient's public share key, 32 bytes. */
  readonly recipient: Uint8Array;
  /** Authenticated with the message, and not in it. */
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
}

export interface HpkeOpenInput extends Purpose {
  readonly key: ShareKey;
  readonly aad: Uint8Array;
  readonly sealed: Uint8Array;
}

const encBytes = 32;
const tagBytes = 16;

/** Seals `plaintext` to `recipient` alone. COCO_CRYPTO_KEY when that is no key. */
export function hpkeSeal(input: HpkeSealInput): Uint8Array {
  const sender = generateShareKey();
  try {
    return sealFrom(sender, input, aes256);
  } finally {
    eraseShareKey(sender);
  }
}

/** What was sealed to `key`; undefined when it was not, or was changed, or for another purpose. */
export function hpkeOpen({ key, aad, sealed, ...purpose }: HpkeOpenInput): Uint8Array | undefined {
  if (sealed.length < encBytes + tagBytes) return undefined;
  const enc = sealed.subarray(0, encBytes);
  try {
    const { key: aeadKey, nonce } = schedule(agree(key, enc), [enc, key.publicKey], purpose, aes256);
    const decipher = createDecipheriv('aes-256-gcm', aeadKey, nonce);
    aeadKey.fill(0);
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    // In memory of its own: whoever gets it can wipe it.
    const plaintext = plainBytes(decipher.update(sealed.subarray(encBytes, -tagBytes)));
    decipher.final();
    return plaintext;
  } catch (error) {
    // The platform's word for a tag that does not fit, and for a public key of low order.
    if (error instanceof Error && !(error instanceof CocoError)) return undefined;
    throw error;
  }
}

/** The AEAD (RFC 9180 section 7.3). The RFC's own vectors for X25519 have AES-128-GCM: that is why it can be handed in. */
export interface HpkeAead {
  readonly id: number;
  readonly keyBytes: number;
  readonly name: 'aes-128-gcm' | 'aes-256-gcm';
}

const aes256: HpkeAead = { id: 2, keyBytes: 32, name: 'aes-256-gcm' };

/** Seals with the sender's key of this message handed in. For tests of this room alone. */
export function sealFrom(
  sender: ShareKey,
  { recipient, aad, plaintext, ...purpose }: HpkeSealInput,
  aead: HpkeAead,
): Uint8Array {
  const enc = sender.publicKey;
  const { key, nonce } = schedule(agree(sender, recipient), [enc, recipient], purpose, aead);
  const cipher = createCipheriv(aead.name, key, nonce);
  key.fill(0);
  cipher.setAAD(aad);
  const ciphertext = plainBytes(cipher.update(plaintext));
  cipher.final();
  return concatBytes(enc, ciphertext, plainBytes(cipher.getAuthTag()));
}

/** X25519; a public key of low order, which makes the result zero, is refused by the platform (RFC 9180 section 7.1.4). */
function agree(own: ShareKey, other: Uint8Array): Uint8Array {
  return plainBytes(diffieHellman({ privateKey: shareHandle(own), publicKey: sharePublicHandle(other) }));
}

/** Sections 4.1 (ExtractAndExpand) and 5.1 (KeyScheduleS/R). Wipes `dh`, and what there is on the way. */
function schedule(
  dh: Uint8Array,
  kemContext: readonly [enc: Uint8Array, recipient: Uint8Array],
  { info, psk }: Purpose,
  aead: HpkeAead,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  assert(
    psk === undefined || (psk.key.length >= 32 && psk.id.length > 0),
    'a pre-shared key has entropy, and a name',
  );
  const kemSuite = concatBytes(utf8('KEM'), twoBytes(0x20));
  const prk = labeledExtract(kemSuite, nothing, 'eae_prk', dh);
  const secret = labeledExpand(kemSuite, prk, 'shared_secret', concatBytes(...kemContext), 32);
  const suite = concatBytes(utf8('HPKE'), twoBytes(0x20), twoBytes(1), twoBytes(aead.id));
  const pskIdHash = labeledExtract(suite, nothing, 'psk_id_hash', psk?.id ?? nothing);
  const infoHash = labeledExtract(suite, nothing, 'info_hash', info);
  const context = concatBytes(Uint8Array.of(psk === undefined ? modeBase : modePsk), pskIdHash, infoHash);
  const main = labeledExtract(suite, secret, 'secret', psk?.key ?? nothing);
  const key = labeledExpand(suite, main, 'key', context, aead.keyBytes);
  const nonce = labeledExpand(suite, main, 'base_nonce', context, 12);
  for (const passing of [dh, prk, secret, main]) passing.fill(0);
  return { key, nonce };
}

const modeBase = 0;
const modePsk = 1;
const nothing = new Uint8Array(0);
const version = utf8('HPKE-v1');

/** Section 4: HKDF-Extract (RFC 5869) over labelled input. */
function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  const key = salt.length === 0 ? new Uint8Array(32) : salt;
  return hmacSha256(key, version, suite, utf8(label), ikm);
}

/** Section 4: HKDF-Expand (RFC 5869) with labelled info; at most one block is ever asked for. */
function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  assert(length <= 32, 'one block of HKDF-SHA256 is enough');
  const labeled = concatBytes(twoBytes(length), version, suite, utf8(label), info);
  return hmacSha256(prk, labeled, Uint8Array.of(1)).subarray(0, length);
}

function twoBytes(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
