/**
 * The bytes of everything that is told or kept: deterministic CBOR, an array each, whose first item says what it is.
 *
 *     deal       = ["coco-threshold-deal-v1", ceremony, dealer, [commitment…], proof]
 *     key        = ["coco-threshold-key-v1", ceremony, threshold, [actor…], publicKey, [verificationShare…]]
 *     ciphertext = ["coco-threshold-ciphertext-v1", sealed, element, secondElement, proof]
 *     partial    = ["coco-threshold-partial-v1", ceremony, actor, ciphertext, element, proof]
 *
 * Reading is strict: one encoding each, limits, elements and scalars canonical, no identity. All decoders throw
 * COCO_CRYPTO_THRESHOLD_MESSAGE, and nothing else.
 */
import { CocoError, concatBytes, equalBytes } from '@coco/primitives';
import { cborDecode, cborEncode } from '../cbor.js';
import { checkActors } from './actors.js';
import { elementOf, scalarOf } from './group.js';
import {
  type Deal,
  type PartialDecryption,
  type ThresholdCiphertext,
  type ThresholdKey,
  thresholdActorsMax,
} from './types.js';

/** No message is longer: 64 actors with ids of 128 bytes, and a share of 32 for each. */
export const thresholdBytesMax = 16 << 10;

export function encodeDeal(deal: Deal): Uint8Array {
  return cborEncode([kinds.deal, deal.ceremony, deal.dealer, [...deal.commitments], deal.proof]);
}

export function decodeDeal(bytes: Uint8Array): Deal {
  const items = itemsOf(bytes, kinds.deal, 4);
  const commitments = list(items[2], 'commitments').map((item) => elementIn(item));
  const proof = sized(items[3], 64, 'proof');
  elementOf(proof.subarray(0, 32));
  scalarOf(proof.subarray(32));
  return {
    ceremony: sized(items[0], 32, 'ceremony'),
    dealer: numbered(items[1], 'dealer'),
    commitments,
    proof,
  };
}

export function encodeThresholdKey(key: ThresholdKey): Uint8Array {
  const { ceremony, threshold, actors, publicKey, verificationShares } = key;
  return cborEncode([kinds.key, ceremony, threshold, [...actors], publicKey, [...verificationShares]]);
}

/** Also checks that its numbers fit each other. That the shares belong to the public key, only its ceremony can tell. */
export function decodeThresholdKey(bytes: Uint8Array): ThresholdKey {
  const items = itemsOf(bytes, kinds.key, 5);
  const actors = list(items[2], 'actors').map((actor) => {
    if (typeof actor !== 'string') throw malformed('an actor is no text');
    return actor;
  });
  const threshold = numbered(items[1], 'threshold');
  const verificationShares = list(items[4], 'verification shares').map((item) => elementIn(item));
  if (verificationShares.length !== actors.length)
    throw malformed('not every actor has a verification share');
  try {
    checkActors(actors, threshold);
  } catch (error) {
    throw malformed(error instanceof CocoError ? error.message : 'its actors');
  }
  return {
    ceremony: sized(items[0], 32, 'ceremony'),
    threshold,
    actors,
    publicKey: elementIn(items[3]),
    verificationShares,
  };
}

export function encodeThresholdCiphertext(ciphertext: ThresholdCiphertext): Uint8Array {
  const { sealed, element, secondElement, proof } = ciphertext;
  return cborEncode([kinds.ciphertext, sealed, element, secondElement, proof]);
}

export function decodeThresholdCiphertext(bytes: Uint8Array): ThresholdCiphertext {
  const items = itemsOf(bytes, kinds.ciphertext, 4);
  return {
    sealed: sized(items[0], 48, 'sealed secret'),
    element: elementIn(items[1]),
    secondElement: elementIn(items[2]),
    proof: equalityProofIn(items[3]),
  };
}

export function encodePartial(partial: PartialDecryption): Uint8Array {
  const { ceremony, actor, ciphertext, element, proof } = partial;
  return cborEncode([kinds.partial, ceremony, actor, ciphertext, element, proof]);
}

export function decodePartial(bytes: Uint8Array): PartialDecryption {
  const items = itemsOf(bytes, kinds.partial, 5);
  return {
    ceremony: sized(items[0], 32, 'ceremony'),
    actor: numbered(items[1], 'actor'),
    ciphertext: sized(items[2], 32, 'digest of the ciphertext'),
    element: elementIn(items[3]),
    proof: equalityProofIn(items[4]),
  };
}

/** The items after the first of a message that is a `kind`. For this folder alone, as all that follows. */
export function itemsOf(bytes: Uint8Array, kind: string, count: number): readonly unknown[] {
  let decoded: unknown;
  let again: Uint8Array;
  try {
    decoded = cborDecode(bytes, { bytesMax: thresholdBytesMax, depthMax: 8 });
    again = cborEncode(decoded);
  } catch (error) {
    throw malformed(error instanceof CocoError ? error.message : 'it holds what no message does');
  }
  if (!Array.isArray(decoded) || decoded[0] !== kind || decoded.length !== count + 1) {
    throw malformed(`it is no ${kind}`);
  }
  if (!equalBytes(again, bytes)) throw malformed('it is not in the one encoding that it has');
  return decoded.slice(1);
}

/** A byte string of `length`, in memory of its own. */
export function sized(item: unknown, length: number, what: string): Uint8Array {
  if (!(item instanceof Uint8Array) || item.length !== length) {
    throw malformed(`the ${what} has not ${length} bytes`);
  }
  return concatBytes(item);
}

/** The number of an actor, or a threshold: 1 to `thresholdActorsMax`. */
export function numbered(item: unknown, what: string): number {
  if (typeof item !== 'number' || !Number.isInteger(item) || item < 1 || item > thresholdActorsMax) {
    throw malformed(`the ${what} is not 1 to ${thresholdActorsMax}`);
  }
  return item;
}

export function malformed(reason: string): CocoError {
  return new CocoError('COCO_CRYPTO_THRESHOLD_MESSAGE', `the message cannot be read: ${reason}`);
}

function list(item: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(item) || item.length < 1 || item.length > thresholdActorsMax) {
    throw malformed(`there are not 1 to ${thresholdActorsMax} ${what}`);
  }
  return item;
}

function elementIn(item: unknown): Uint8Array {
  const bytes = sized(item, 32, 'element');
  elementOf(bytes);
  return bytes;
}

function equalityProofIn(item: unknown): Uint8Array {
  const proof = sized(item, 64, 'proof');
  scalarOf(proof.subarray(0, 32));
  scalarOf(proof.subarray(32));
  return proof;
}

const kinds = {
  deal: 'coco-threshold-deal-v1',
  key: 'coco-threshold-key-v1',
  ciphertext: 'coco-threshold-ciphertext-v1',
  partial: 'coco-threshold-partial-v1',
};
