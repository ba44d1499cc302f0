/**
 * What a dealer sends to one recipient: a share that all can check against the deal, and that the recipient alone may learn. On
 * the way it is sealed to the recipient and signed by the dealer; the signature is over these bytes, deterministic CBOR:
 *
 *     ["coco-threshold-share-v1", ceremony, dealer, digest of the deal, recipient, share (32)]
 *
 * A recipient whose share does not fit makes it public, with the signature: that is the proof, and it names the dealer.
 */
import { equalBytes } from '@coco/primitives';
import { cborEncode } from '../cbor.js';
import { isNumberOf } from './actors.js';
import { ceremonyDigest } from './ceremony.js';
import { dealDigest, dealHolds } from './dealing.js';
import { elementOf, generator, scalarOf, secretPower } from './group.js';
import { erase, hiddenOf, hide } from './hidden.js';
import { itemsOf, numbered, sized } from './messages.js';
import { commitmentAt } from './polynomial.js';
import type { Ceremony, Deal } from './types.js';

/** The share itself is known to this room alone. */
export interface DealtShare {
  readonly kind: 'dealt share';
  readonly ceremony: Uint8Array;
  readonly dealer: number;
  /** Digest of the deal that it belongs to, 32 bytes. */
  readonly deal: Uint8Array;
  readonly recipient: number;
}

/**
 * What `keep` makes of the bytes, which are wiped when it returns: to be signed and sealed to the recipient, or to be published
 * with a complaint. COCO_CRYPTO_KEY for a copy, or one that was erased.
 */
export function keepDealtShare<Kept>(share: DealtShare, keep: (bytes: Uint8Array) => Kept): Kept {
  const { ceremony, dealer, deal, recipient } = share;
  const bytes = cborEncode([kind, ceremony, dealer, deal, recipient, hiddenOf(share)[0]]);
  try {
    return keep(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Reads what was kept. COCO_CRYPTO_THRESHOLD_MESSAGE. */
export function dealtShareFrom(bytes: Uint8Array): DealtShare {
  const items = itemsOf(bytes, kind, 5);
  const share = sized(items[4], 32, 'share');
  scalarOf(share);
  const ceremony = sized(items[0], 32, 'ceremony');
  const dealer = numbered(items[1], 'dealer');
  const deal = sized(items[2], 32, 'digest of the deal');
  const recipient = numbered(items[3], 'recipient');
  return hide({ kind: 'dealt share', ceremony, dealer, deal, recipient }, [share]);
}

/** True when `share` is what `deal` promises to its recipient. Zero never is: an honest dealer does not meet it. */
export function dealtShareFits(ceremony: Ceremony, deal: Deal, share: DealtShare): boolean {
  if (!belongs(ceremony, deal, share) || !equalBytes(share.deal, dealDigest(deal))) return false;
  if (deal.commitments.length !== ceremony.threshold) return false;
  const scalar = scalarOf(hiddenOf(share)[0] as Uint8Array);
  if (scalar === 0n) return false;
  const expected = commitmentAt(deal.commitments.map(elementOf), share.recipient);
  return secretPower(generator(), scalar).equals(expected);
}

/**
 * Who is at fault when a recipient publishes the share that a dealer sent, or a dealer the one that a recipient says it did not
 * get. The caller has checked that the dealer signed it; `none` when it is about another ceremony or dealer.
 */
export function judgeShare(
  ceremony: Ceremony,
  deal: Deal,
  share: DealtShare,
): 'dealer' | 'recipient' | 'none' {
  if (!belongs(ceremony, deal, share)) return 'none';
  return dealHolds(ceremony, deal) && dealtShareFits(ceremony, deal, share) ? 'recipient' : 'dealer';
}

/** Wipes the share: when the ceremony is over. */
export function eraseDealtShare(share: DealtShare): void {
  erase(share);
}

function belongs(ceremony: Ceremony, deal: Deal, share: DealtShare): boolean {
  const digest = ceremonyDigest(ceremony);
  return (
    equalBytes(share.ceremony, digest) &&
    equalBytes(deal.ceremony, digest) &&
    share.dealer === deal.dealer &&
    isNumberOf(share.recipient, ceremony.actors.length)
  );
}

const kind = 'coco-threshold-share-v1';
