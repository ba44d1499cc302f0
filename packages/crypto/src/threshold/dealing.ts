/**
 * What a dealer does: rounds 1 and 2 of making a shared key, or of making its shares anew.
 *
 * A key is made as in Pedersen's "A threshold cryptosystem without a trusted party" (EUROCRYPT 1991): everybody shares a secret
 * of their own by Feldman's verifiable sharing, and the key is the sum. As in FROST (Komlo and Goldberg, SAC 2020, figure 1) each
 * proves to know that secret, bound to the ceremony: else the last one to speak could choose a key that only they know. Shares
 * are made anew by sharing the old ones (Desmedt and Jajodia 1997; verified as Wong, Wang and Wing, SISW 2002, do): the secret is
 * then the dealer's old share, and its commitment must be the verification share that all know.
 */
import { equalBytes } from '@coco/primitives';
import { sha256 } from '../hash.js';
import { isNumberOf, refusedCeremony } from './actors.js';
import { ceremonyDigest, dealerCount } from './ceremony.js';
import type { DealtShare } from './dealt-share.js';
import { bytesOfScalar, elementOf, generator, randomScalar, scalarOf, secretPower } from './group.js';
import { erase, hiddenOf, hide } from './hidden.js';
import { type KeyShare, scalarOfShare } from './key-share.js';
import { encodeDeal } from './messages.js';
import { valueAt } from './polynomial.js';
import { knowledgeHolds, proveKnowledge, type Statement } from './proof.js';
import type { Ceremony, Deal, RandomBytes } from './types.js';

/** A dealer's side of a ceremony, kept until it is over. The polynomial is known to this room alone. */
export interface Dealing {
  readonly kind: 'dealing';
  /** To be told to everybody, alike: on the ledger, signed by the dealer. */
  readonly deal: Deal;
  /** How many get a share. */
  readonly recipients: number;
}

export interface DealInput {
  readonly ceremony: Ceremony;
  /** The dealer's own number. */
  readonly dealer: number;
  readonly random: RandomBytes;
  /** The dealer's share of the previous key, when its shares are made anew. */
  readonly share?: KeyShare;
}

/** Round 1. COCO_CRYPTO_THRESHOLD_CEREMONY when the dealer has no part in it; COCO_CRYPTO_KEY when the old share was erased. */
export function beginDealing({ ceremony, dealer, random, share }: DealInput): Dealing {
  const digest = ceremonyDigest(ceremony);
  const { previous, threshold, actors } = ceremony;
  const fits =
    previous === undefined
      ? share === undefined
      : share?.actor === dealer && equalBytes(share.ceremony, previous.ceremony);
  if (!isNumberOf(dealer, dealerCount(ceremony)) || !fits) {
    throw refusedCeremony('nobody of this number deals here, or not with this share', { dealer });
  }
  const secret = share === undefined ? randomScalar(random) : scalarOfShare(share);
  const coefficients = [secret, ...Array.from({ length: threshold - 1 }, () => randomScalar(random))];
  const commitments = coefficients.map((coefficient) => secretPower(generator(), coefficient).toBytes());
  const proof = proveKnowledge(secret, dealStatement(digest, dealer, commitments), random);
  const deal: Deal = { ceremony: digest, dealer, commitments, proof };
  return hide({ kind: 'dealing', deal, recipients: actors.length }, coefficients.map(bytesOfScalar));
}

/**
 * True when `deal` belongs to this ceremony, has as many commitments as it needs, its dealer knows what it shares, and shares the
 * old share where shares are made anew. COCO_CRYPTO_THRESHOLD_MESSAGE when it cannot be read.
 */
export function dealHolds(ceremony: Ceremony, deal: Deal): boolean {
  const digest = ceremonyDigest(ceremony);
  const { dealer, commitments, proof } = deal;
  if (!equalBytes(deal.ceremony, digest) || !isNumberOf(dealer, dealerCount(ceremony))) return false;
  if (commitments.length !== ceremony.threshold) return false;
  const [constant] = commitments.map(elementOf);
  const [constantBytes] = commitments;
  const { previous } = ceremony;
  if (constant === undefined || constantBytes === undefined) return false;
  if (previous !== undefined) {
    const expected = previous.verificationShares[dealer - 1];
    if (expected === undefined || !equalBytes(expected, constantBytes)) return false;
  }
  return knowledgeHolds(constant, dealStatement(digest, dealer, commitments), proof);
}

/**
 * Round 2: the share for actor `recipient`, who alone may learn it. Also the dealer's answer, in public, to a recipient that says
 * it got none. COCO_CRYPTO_THRESHOLD_CEREMONY when there is no such recipient.
 */
export function shareFor(dealing: Dealing, recipient: number): DealtShare {
  if (!isNumberOf(recipient, dealing.recipients)) {
    throw refusedCeremony('nobody of this number gets a share', { recipient });
  }
  const coefficients = hiddenOf(dealing).map(scalarOf);
  const { ceremony, dealer } = dealing.deal;
  const share = bytesOfScalar(valueAt(coefficients, recipient));
  return hide({ kind: 'dealt share', ceremony, dealer, deal: dealDigest(dealing.deal), recipient }, [share]);
}

/** Wipes the polynomial: when the ceremony is over, or given up. */
export function eraseDealing(dealing: Dealing): void {
  erase(dealing);
}

/** What names a deal: SHA-256 of its bytes. */
export function dealDigest(deal: Deal): Uint8Array {
  return sha256(encodeDeal(deal));
}

/** The statement has all commitments, which FROST's has not: a proof then belongs to one deal. */
function dealStatement(ceremony: Uint8Array, dealer: number, commitments: readonly Uint8Array[]): Statement {
  return {
    purpose: 'coco-threshold-v1 deal',
    parts: [ceremony, Uint8Array.of(dealer, commitments.length), ...commitments],
  };
}
