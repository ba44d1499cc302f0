/**
 * The end of a ceremony: from deals that all see alike, everybody computes the same public key and everybody's verification
 * share; each recipient also its own share. Nothing here, or anywhere, computes the private key.
 *
 * A new key is the sum of what all deal; shares made anew are the old shares' sharings, weighted with Lagrange's coefficients of
 * those who dealt, so that they share what the old ones shared. Deals that were found bad are left out by the caller, on the word
 * of the ledger, so that everybody leaves out the same.
 */
import { assert, equalBytes } from '@coco/primitives';
import { isNumberOf, refusedCeremony } from './actors.js';
import { ceremonyDigest, dealsMin } from './ceremony.js';
import { dealHolds } from './dealing.js';
import { type DealtShare, dealtShareFits } from './dealt-share.js';
import { add, bytesOfScalar, type Element, elementOf, multiply, scalarOf } from './group.js';
import { hiddenOf } from './hidden.js';
import { type KeyShare, keyShareFrom } from './key-share.js';
import { commitmentAt, weightedSum, weightsOf } from './polynomial.js';
import type { Ceremony, Deal, ThresholdKey } from './types.js';

/** What keeps a ceremony from being finished with these deals: whose it is, and what is wrong. */
export interface DealFault {
  readonly dealer: number;
  /** The deal does not hold; the share does not fit it; or there is no share. */
  readonly what: 'deal' | 'share' | 'missing';
}

/** What everybody can compute, without a share. COCO_CRYPTO_THRESHOLD_CEREMONY: too few deals, or two of one dealer. */
export function finishKey(
  ceremony: Ceremony,
  deals: readonly Deal[],
): { kind: 'made'; key: ThresholdKey } | { kind: 'faulty'; faults: readonly DealFault[] } {
  checkDeals(ceremony, deals);
  const bad = deals.filter((deal) => !dealHolds(ceremony, deal));
  if (bad.length > 0) return { kind: 'faulty', faults: bad.map(({ dealer }) => ({ dealer, what: 'deal' })) };
  const { threshold, actors, previous } = ceremony;
  const commitments = weightedSum(
    deals.map((deal) => deal.commitments.map(elementOf)),
    weightsIn(ceremony, deals),
  );
  const publicKey = (commitments[0] as Element).toBytes();
  const verificationShares = actors.map((_, i) => commitmentAt(commitments, i + 1));
  if (verificationShares.some((share) => share.is0()) || (commitments[0] as Element).is0()) {
    throw refusedCeremony('these deals make a key or a share of zero', {});
  }
  if (previous !== undefined && !equalBytes(previous.publicKey, publicKey)) {
    throw refusedCeremony('the verification shares of the previous key are not those of its public key', {});
  }
  const key: ThresholdKey = {
    ceremony: ceremonyDigest(ceremony),
    threshold,
    actors,
    publicKey,
    verificationShares: verificationShares.map((share) => share.toBytes()),
  };
  return { kind: 'made', key };
}

export interface FinishInput {
  readonly ceremony: Ceremony;
  /** The deals that count, each from another dealer. */
  readonly deals: readonly Deal[];
  /** The own number. */
  readonly recipient: number;
  /** What the dealers of these deals sent; what others sent is left aside. */
  readonly shares: readonly DealtShare[];
}

/** Round 3: the own share as well. COCO_CRYPTO_THRESHOLD_CEREMONY as `finishKey`, and for two shares of one dealer. */
export function finishShare({
  ceremony,
  deals,
  recipient,
  shares,
}: FinishInput):
  | { kind: 'made'; key: ThresholdKey; share: KeyShare }
  | { kind: 'faulty'; faults: readonly DealFault[] } {
  const finished = finishKey(ceremony, deals);
  if (finished.kind === 'faulty') return finished;
  if (!isNumberOf(recipient, ceremony.actors.length)) {
    throw refusedCeremony('nobody of this number gets a share', { recipient });
  }
  const sent = new Map<number, DealtShare>();
  for (const share of shares) {
    if (sent.has(share.dealer)) throw refusedCeremony('a dealer sent two shares', { dealer: share.dealer });
    sent.set(share.dealer, share);
  }
  const faults: DealFault[] = [];
  for (const deal of deals) {
    const share = sent.get(deal.dealer);
    if (share === undefined) faults.push({ dealer: deal.dealer, what: 'missing' });
    else if (share.recipient !== recipient || !dealtShareFits(ceremony, deal, share)) {
      faults.push({ dealer: deal.dealer, what: 'share' });
    }
  }
  if (faults.length > 0) return { kind: 'faulty', faults };
  const weights = weightsIn(ceremony, deals);
  const sum = deals.reduce((total, { dealer }, i) => {
    const [share] = hiddenOf(sent.get(dealer) as DealtShare);
    return add(total, multiply(weights[i] as bigint, scalarOf(share as Uint8Array)));
  }, 0n);
  const material = bytesOfScalar(sum);
  const share = keyShareFrom(material, finished.key, recipient);
  material.fill(0);
  return { kind: 'made', key: finished.key, share };
}

function checkDeals(ceremony: Ceremony, deals: readonly Deal[]): void {
  const dealers = new Set(deals.map(({ dealer }) => dealer));
  if (dealers.size !== deals.length) throw refusedCeremony('a dealer deals twice', {});
  const needed = dealsMin(ceremony);
  if (deals.length < needed) {
    throw refusedCeremony('too few deals: with fewer than the threshold nobody needs to be honest', {
      deals: deals.length,
      needed,
    });
  }
}

/** What each deal counts: one in a new key, Lagrange's coefficient where old shares are shared. */
function weightsIn(ceremony: Ceremony, deals: readonly Deal[]): bigint[] {
  assert(deals.length > 0, 'a ceremony has deals');
  return ceremony.previous === undefined ? deals.map(() => 1n) : weightsOf(deals.map(({ dealer }) => dealer));
}
