/**
 * What the primary takes of what nodes say while a key is made (CONF-3), and what it refuses. Who says it is known from the
 * connection; whatever is said must hold by the tables alone, so that a node can lie about nothing but its own share. Deals, and
 * accusations: see accuse.ts.
 */
import { type Deal, dealHolds, decodeDeal, encodeDeal } from '@coco/crypto';
import type { Transaction } from '@coco/kv';
import { CocoError, equalBytes, type NodeId } from '@coco/primitives';
import { answer, complain } from './accuse.js';
import { changeCeremony, type RunningCeremony, readCeremony, readCeremonyRecord } from './ceremonyRow.js';
import { readDeal, readDeals, writeDeal } from './dealRow.js';
import { type ActorNode, holdsShare, trustedActorNodes } from './holders.js';
import { readKeyBrief, writeAsked, writeConfirmed } from './keyRow.js';
import { refusedKey, takenKey } from './outcomes.js';
import { sealedShareBytesMax } from './signedShare.js';
import type {
  DealContribution,
  Holders,
  KeyContribution,
  KeyOutcome,
  Missing,
  ReadyContribution,
  SealedShares,
} from './types.js';

export interface ContributeInput {
  /** The node that says it. */
  readonly nodeId: NodeId;
  readonly contribution: KeyContribution;
}

/** Writes what is taken. A refusal has a code COCO_KEY_* and writes nothing; what was said before is taken, and writes nothing. */
export function contributeToKey(
  transaction: Transaction,
  { nodeId, contribution }: ContributeInput,
): KeyOutcome {
  const node = trustedActorNodes(transaction).find((one) => one.nodeId === nodeId);
  if (node === undefined) return refusedKey('COCO_KEY_NODE', 'the node does not take part, or is nobody’s');
  if (contribution.kind === 'missing') return ask(transaction, node, contribution);
  const running = readCeremony(transaction);
  if (contribution.kind === 'ready' && running?.digest !== contribution.ceremony) {
    return confirm(transaction, node, contribution);
  }
  if (running === undefined || running.digest !== contribution.ceremony) {
    return refusedKey(
      'COCO_KEY_CEREMONY',
      'no such ceremony is running: it is over, or another took its place',
    );
  }
  if (contribution.kind === 'deal') return takeDeal(transaction, { running, node, contribution });
  if (running.phase !== 'judging') return refusedKey('COCO_KEY_CEREMONY', 'the deals are not all there yet');
  if (contribution.kind === 'answer') return answer(transaction, running, contribution);
  if (!holdsShare(running.holders, node)) return refusedKey('COCO_KEY_NODE', noShare);
  if (contribution.kind === 'complaint') return complain(transaction, { running, node, contribution });
  return ready(transaction, running, node, contribution.counted);
}

const noShare = 'no share was sealed to the key that this node has on record';

function takeDeal(
  transaction: Transaction,
  { running, node, contribution }: DealInput & { readonly contribution: DealContribution },
): KeyOutcome {
  if (running.phase !== 'dealing') {
    return refusedKey('COCO_KEY_CEREMONY', 'the ceremony goes on with the deals that it has');
  }
  const deal = decoded(contribution.deal);
  if (deal === undefined) return refusedKey('COCO_KEY_DEAL', 'the deal cannot be read');
  const { dealer } = deal;
  if (running.dealers[dealer - 1] !== node.actorId) {
    return refusedKey('COCO_KEY_DEALER', "the deal is of another actor than this node's");
  }
  const { digest } = running;
  const old = readDeals(transaction, digest).find((one) => one.dealer === dealer);
  if (old !== undefined) {
    const same = readDeal(transaction, digest, dealer);
    return same !== undefined && equalBytes(encodeDeal(same), contribution.deal)
      ? takenKey
      : refusedKey('COCO_KEY_TWICE', 'the actor has dealt already, and nobody deals twice');
  }
  if (!isForAll(contribution.shares, running.holders)) {
    return refusedKey('COCO_KEY_RECIPIENTS', 'there is not one share for each key of each holder');
  }
  const ceremony = readCeremonyRecord(transaction);
  if (ceremony === undefined || !dealHolds(ceremony, deal)) {
    return refusedKey('COCO_KEY_DEAL', 'the deal does not hold');
  }
  writeDeal(transaction, { ceremony: digest, nodeId: node.nodeId, deal, shares: contribution.shares });
  return takenKey;
}

interface DealInput {
  readonly running: RunningCeremony;
  readonly node: ActorNode;
}

function ready(
  transaction: Transaction,
  running: RunningCeremony,
  { actorId }: ActorNode,
  counted: readonly number[],
): KeyOutcome {
  if (counted.join() !== running.counted.join()) {
    return refusedKey('COCO_KEY_CEREMONY', 'other deals count by now');
  }
  if (!running.ready.includes(actorId)) {
    changeCeremony(transaction, { ready: [...running.ready, actorId].toSorted() });
  }
  return takenKey;
}

/** Its ceremony is over: it was away, or had been left out, and keeps its share of the present key all the same. */
function confirm(
  transaction: Transaction,
  node: ActorNode,
  { ceremony, counted }: ReadyContribution,
): KeyOutcome {
  const key = readKeyBrief(transaction);
  if (key?.ceremony !== ceremony || key.counted.join() !== counted.join()) {
    return refusedKey('COCO_KEY_CEREMONY', 'the shares of the present key are of another ceremony');
  }
  if (!holdsShare(key.holders, node)) return refusedKey('COCO_KEY_NODE', noShare);
  writeConfirmed(transaction, node.actorId);
  return takenKey;
}

/** The next ceremony brings shares: where one is running nothing is to be asked for. */
function ask(transaction: Transaction, node: ActorNode, { ceremony }: Missing): KeyOutcome {
  const key = readKeyBrief(transaction);
  if (key?.ceremony !== ceremony) {
    return refusedKey('COCO_KEY_CEREMONY', 'the shares of the present key are of another ceremony');
  }
  if (!holdsShare(key.holders, node)) return refusedKey('COCO_KEY_NODE', noShare);
  if (readCeremony(transaction) === undefined) writeAsked(transaction, node.nodeId);
  return takenKey;
}

function decoded(bytes: Uint8Array): Deal | undefined {
  try {
    return decodeDeal(bytes);
  } catch (error) {
    if (error instanceof CocoError) return undefined;
    throw error;
  }
}

/** Neither a recipient too few nor one too many. */
function isForAll(shares: SealedShares, holders: Holders): boolean {
  const names = (keyed: object): string => Object.keys(keyed).toSorted().join();
  if (names(shares) !== names(holders)) return false;
  return Object.entries(holders).every(([actorId, keys]) => {
    const sealed = shares[actorId] ?? {};
    if (names(sealed) !== keys.join()) return false;
    return Object.values(sealed).every(({ length }) => length > 0 && length <= sealedShareBytesMax);
  });
}
