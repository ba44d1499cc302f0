/**
 * TDH2 (Shoup and Gennaro, "Securing Threshold Cryptosystems against Chosen Ciphertext Attack", J. Cryptology 15, 2002), for
 * secrets of 32 bytes. In its words, with h the public key, L the label, r and s the sender's own:
 *
 *     u = r·G    ū = r·Ḡ    w = s·G    w̄ = s·Ḡ    c = the secret, sealed under a key from r·h
 *     e = H(h, L, c, u, ū, w, w̄)    f = s + r·e    ciphertext = (c, u, ū, e, f)
 *
 * Anybody can check (e, f), and share holders do before they answer: a ciphertext that somebody bent, or took for another label,
 * is not decrypted at all. Where the paper adds H(r·h) to the secret, that keys HKDF-SHA256 (RFC 5869) and AES-256-GCM, once: the
 * result is authenticated too. Ḡ is hashed from h, so nobody knows its logarithm and nobody chooses h after it.
 */
import { assert, concatBytes, utf8 } from '@coco/primitives';
import { aesGcmOpen, aesGcmSeal } from '../aead.js';
import { cborEncode } from '../cbor.js';
import { hkdfSha256, sha256 } from '../hash.js';
import { type Element, elementOf, generator, hashToElement, randomScalar, secretPower } from './group.js';
import { encodeThresholdCiphertext } from './messages.js';
import { equalityHolds, proveEquality, type Statement } from './proof.js';
import type { RandomBytes, SecretLabel, ThresholdCiphertext } from './types.js';

export interface ThresholdEncryptInput {
  /** The shared public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly label: SecretLabel;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly random: RandomBytes;
}

/** Encrypts `secret` so that the threshold of actors can decrypt it. COCO_CRYPTO_THRESHOLD_MESSAGE when the key is none. */
export function thresholdEncrypt(input: ThresholdEncryptInput): ThresholdCiphertext {
  const { publicKey, label, secret, random } = input;
  assert(secret.length === 32, 'what is encrypted to a shared key is a key of 32 bytes');
  const key = elementOf(publicKey);
  const second = secondGenerator(publicKey);
  const r = randomScalar(random);
  const powers: [Element, Element] = [secretPower(generator(), r), secretPower(second, r)];
  const element = powers[0].toBytes();
  const secondElement = powers[1].toBytes();
  const labelled = labelDigest(label);
  const keys = sealingKeys({ publicKey, labelled, element, shared: secretPower(key, r) });
  const { ciphertext, tag } = aesGcmSeal({ ...keys, aad: labelled, plaintext: secret });
  keys.key.fill(0);
  const sealed = concatBytes(ciphertext, tag);
  const proof = proveEquality(
    r,
    { bases: [generator(), second], powers },
    statementOf(publicKey, labelled, { sealed, element, secondElement }),
    random,
  );
  return { sealed, element, secondElement, proof };
}

/** What a ciphertext is for, and to whom. */
export interface CiphertextOf {
  /** The shared public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly label: SecretLabel;
  readonly ciphertext: ThresholdCiphertext;
}

/** True when the ciphertext was made for this key and label, and nobody changed it. COCO_CRYPTO_THRESHOLD_MESSAGE. */
export function ciphertextHolds({ publicKey, label, ciphertext }: CiphertextOf): boolean {
  if (ciphertext.sealed.length !== 48) return false;
  elementOf(publicKey);
  const { element, secondElement, proof } = ciphertext;
  return equalityHolds(
    {
      bases: [generator(), secondGenerator(publicKey)],
      powers: [elementOf(element), elementOf(secondElement)],
    },
    statementOf(publicKey, labelDigest(label), ciphertext),
    proof,
  );
}

/** What names a ciphertext with its label and key: SHA-256. For this folder alone, as what follows. */
export function ciphertextDigest({ publicKey, label, ciphertext }: CiphertextOf): Uint8Array {
  return sha256(publicKey, labelDigest(label), encodeThresholdCiphertext(ciphertext));
}

/** The secret, from `shared`: the ciphertext's element under the shared private key. Undefined when it is not authentic. */
export function openSealed({ publicKey, label, ciphertext }: CiphertextOf, shared: Element) {
  const labelled = labelDigest(label);
  const { sealed, element } = ciphertext;
  const keys = sealingKeys({ publicKey, labelled, element, shared });
  const parts = { ciphertext: sealed.subarray(0, 32), tag: sealed.subarray(32) };
  const secret = aesGcmOpen({ ...keys, ...parts, aad: labelled });
  keys.key.fill(0);
  return secret;
}

interface SealingInput {
  readonly publicKey: Uint8Array;
  readonly labelled: Uint8Array;
  readonly element: Uint8Array;
  readonly shared: Element;
}

/** Key and vector for one message: nobody else ever has this `shared`, so the vector needs no counter. */
function sealingKeys({ publicKey, labelled, element, shared }: SealingInput) {
  const ikm = shared.toBytes();
  const info = concatBytes(utf8('coco-threshold-v1 seal'), publicKey, labelled, element);
  const bytes = hkdfSha256({ ikm, salt: new Uint8Array(0), info, length: 44 });
  ikm.fill(0);
  return { key: bytes.subarray(0, 32), iv: bytes.subarray(32) };
}

/** Every part has a length of its own, always the same. */
function statementOf(
  publicKey: Uint8Array,
  labelled: Uint8Array,
  { sealed, element, secondElement }: Omit<ThresholdCiphertext, 'proof'>,
): Statement {
  return {
    purpose: 'coco-threshold-v1 ciphertext',
    parts: [publicKey, labelled, sealed, element, secondElement],
  };
}

function secondGenerator(publicKey: Uint8Array): Element {
  return hashToElement('coco-threshold-v1 second generator', publicKey);
}

/** SHA-256 of deterministic CBOR: ["coco-threshold-label-v1", network, epoch, associated data]. */
function labelDigest({ network, epoch, associatedData }: SecretLabel): Uint8Array {
  assert(network.length === 32, "a network's id has 32 bytes");
  assert(Number.isSafeInteger(epoch) && epoch >= 0, 'epochs are counted');
  assert(associatedData.length <= associatedDataBytesMax, 'associated data are up to 1 KiB');
  return sha256(cborEncode(['coco-threshold-label-v1', network, epoch, associatedData]));
}

const associatedDataBytesMax = 1 << 10;
