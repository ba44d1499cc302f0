/**
 * Partial decryptions of TDH2 (see encrypt.ts): one actor's xᵢ·u, and a proof that it is the share behind the actor's
 * verification share that was used (Chaum and Pedersen). Neither tells anything of the share, and fewer than the threshold of
 * them tell nothing of the secret.
 */
import { equalBytes } from '@coco/primitives';
import { isNumberOf } from './actors.js';
import { type CiphertextOf, ciphertextDigest, ciphertextHolds } from './encrypt.js';
import { elementOf, generator, secretPower } from './group.js';
import { type KeyShare, scalarOfShare } from './key-share.js';
import { equalityHolds, proveEquality, type Statement } from './proof.js';
import type {
  PartialDecryption,
  RandomBytes,
  SecretLabel,
  ThresholdCiphertext,
  ThresholdKey,
} from './types.js';

export interface PartialDecryptInput {
  readonly share: KeyShare;
  readonly label: SecretLabel;
  readonly ciphertext: ThresholdCiphertext;
  readonly random: RandomBytes;
}

/**
 * The part of whoever has `share`. Undefined, and nothing is decrypted, when the ciphertext was changed or is for another key or
 * label. COCO_CRYPTO_KEY when the share was erased; COCO_CRYPTO_THRESHOLD_MESSAGE when the ciphertext cannot be read.
 */
export function partialDecrypt(input: PartialDecryptInput): PartialDecryption | undefined {
  const { share, label, ciphertext, random } = input;
  const { publicKey, ceremony, actor, verificationShare } = share;
  const of: CiphertextOf = { publicKey, label, ciphertext };
  const scalar = scalarOfShare(share);
  if (!ciphertextHolds(of)) return undefined;
  const base = elementOf(ciphertext.element);
  const power = secretPower(base, scalar);
  const partial = { ceremony, actor, ciphertext: ciphertextDigest(of), element: power.toBytes() };
  const proof = proveEquality(
    scalar,
    { bases: [generator(), base], powers: [elementOf(verificationShare), power] },
    partialStatement({ ...of, ciphertext }, verificationShare, partial),
    random,
  );
  return { ...partial, proof };
}

export interface PartialOf {
  readonly key: ThresholdKey;
  readonly label: SecretLabel;
  readonly ciphertext: ThresholdCiphertext;
}

/**
 * True when `partial` is what the actor that it names makes of this ciphertext with its share of this key. The ciphertext itself
 * is checked by `ciphertextHolds`. COCO_CRYPTO_THRESHOLD_MESSAGE when something cannot be read.
 */
export function partialHolds({ key, label, ciphertext }: PartialOf, partial: PartialDecryption): boolean {
  const of: CiphertextOf = { publicKey: key.publicKey, label, ciphertext };
  const verificationShare = key.verificationShares[partial.actor - 1];
  if (!isNumberOf(partial.actor, key.actors.length) || verificationShare === undefined) return false;
  if (!equalBytes(partial.ceremony, key.ceremony)) return false;
  if (!equalBytes(partial.ciphertext, ciphertextDigest(of))) return false;
  return equalityHolds(
    {
      bases: [generator(), elementOf(ciphertext.element)],
      powers: [elementOf(verificationShare), elementOf(partial.element)],
    },
    partialStatement(of, verificationShare, partial),
    partial.proof,
  );
}

/** More than the paper hashes: key, ceremony, actor, verification share and the whole ciphertext with its label. */
function partialStatement(
  { publicKey, ciphertext }: CiphertextOf,
  verificationShare: Uint8Array,
  partial: Omit<PartialDecryption, 'proof'>,
): Statement {
  return {
    purpose: 'coco-threshold-v1 partial',
    parts: [
      publicKey,
      partial.ceremony,
      Uint8Array.of(partial.actor),
      verificationShare,
      partial.ciphertext,
      ciphertext.element,
      partial.element,
    ],
  };
}
