/**
 * Accusations while a key is made (CONF-3), judged by what everybody can see (Gennaro, Jarecki, Krawczyk, Rabin, EUROCRYPT 1999):
 *
 * - A share that its dealer signed and that does not fit the deal: the deal counts no more, and the share stands there as proof. One
 *   that fits accuses nobody.
 * - Nothing came: that cannot be shown. So the dealer shows everybody what it sent; if it does not, its deal is left out when the time
 *   for judging is over. An honest dealer loses nothing by a lie, whoever lies loses the secrecy of its own share.
 */
import { judgeShare } from '@coco/crypto';
import type { Transaction } from '@coco/kv';
import { changeCeremony, type RunningCeremony, readCeremonyRecord } from './ceremonyRow.js';
import { type DealRecord, readDeal, readDeals, writeAnswer, writeFaulty, writeUnopened } from './dealRow.js';
import type { ActorNode } from './holders.js';
import { refusedKey, takenKey } from './outcomes.js';
import { decodeSignedShare, isSignedBy, type SignedShare } from './signedShare.js';
import type { Answer, Complaint, KeyOutcome } from './types.js';

/** A complaint of `node`, to which shares were sealed. */
export function complain(
  transaction: Transaction,
  input: { readonly running: RunningCeremony; readonly node: ActorNode; readonly contribution: Complaint },
): KeyOutcome {
  const { running, node, contribution } = input;
  const record = countedDeal(transaction, running, contribution.dealer);
  if (record === undefined) return notCounted;
  if (contribution.share !== undefined) {
    const verdict = judge(transaction, running, record, contribution.share);
    if (verdict === 'dealer') return blame(transaction, running, record, contribution.share);
    return refusedKey('COCO_KEY_ACCUSATION', verdict === 'unsigned' ? unsigned : fits);
  }
  const recipient = running.actors.indexOf(node.actorId) + 1;
  if (record.answered.includes(recipient)) {
    return refusedKey('COCO_KEY_ACCUSATION', 'the dealer has shown everybody what it sent to this actor');
  }
  if (!record.unopened.includes(recipient)) writeUnopened(transaction, running.digest, record, recipient);
  return takenKey;
}

/** What a dealer shows; that it comes from the dealer is known by the signature. */
export function answer(transaction: Transaction, running: RunningCeremony, shown: Answer): KeyOutcome {
  const record = countedDeal(transaction, running, shown.dealer);
  if (record === undefined) return notCounted;
  if (record.answered.includes(shown.recipient)) return takenKey;
  if (!record.unopened.includes(shown.recipient)) {
    return refusedKey('COCO_KEY_ACCUSATION', 'nobody says that nothing came for this recipient');
  }
  const verdict = judge(transaction, running, record, shown.share);
  if (verdict === 'dealer') return blame(transaction, running, record, shown.share);
  const recipient = decodeSignedShare(shown.share)?.share.recipient;
  if (verdict === 'unsigned' || recipient !== shown.recipient) {
    return refusedKey('COCO_KEY_ACCUSATION', unsigned);
  }
  writeAnswer(transaction, running.digest, shown.dealer, shown);
  return takenKey;
}

const notCounted = refusedKey('COCO_KEY_CEREMONY', 'no deal of this dealer counts');
const unsigned = 'the node that dealt has not signed this as a share of this ceremony';
const fits = 'the share is what the deal promises: it accuses nobody';

function countedDeal(
  transaction: Transaction,
  { digest, counted }: RunningCeremony,
  dealer: number,
): DealRecord | undefined {
  if (!counted.includes(dealer)) return undefined;
  return readDeals(transaction, digest).find((one) => one.dealer === dealer);
}

function judge(
  transaction: Transaction,
  { digest }: RunningCeremony,
  { dealer, nodeId }: DealRecord,
  bytes: Uint8Array,
): 'dealer' | 'recipient' | 'unsigned' {
  const signed: SignedShare | undefined = decodeSignedShare(bytes);
  const ceremony = readCeremonyRecord(transaction);
  const deal = readDeal(transaction, digest, dealer);
  if (signed === undefined || ceremony === undefined || deal === undefined) return 'unsigned';
  if (!isSignedBy(transaction, nodeId, signed)) return 'unsigned';
  const verdict = judgeShare(ceremony, deal, signed.share);
  return verdict === 'none' ? 'unsigned' : verdict;
}

/** The others must look again, at what is left. */
function blame(
  transaction: Transaction,
  { digest, counted }: RunningCeremony,
  { dealer }: DealRecord,
  proof: Uint8Array,
): KeyOutcome {
  writeFaulty(transaction, digest, dealer, { reason: 'a share that it signed does not fit its deal', proof });
  changeCeremony(transaction, { counted: counted.filter((one) => one !== dealer), ready: [] });
  return takenKey;
}
