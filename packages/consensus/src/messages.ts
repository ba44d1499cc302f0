/**
 * The door for messages: what a peer says is checked once here, before it changes anything.
 */
import { CocoError, type NodeId, type TxId } from '@coco/primitives';
import type { Clearance, Doubt, Message } from './types.js';

/** Throws COCO_CONSENSUS_MESSAGE when no correct node could have sent `message`. */
export function checkMessage(from: NodeId, message: Message): void {
  const wrong = faultOf(message);
  if (wrong === undefined) return;
  throw new CocoError('COCO_CONSENSUS_MESSAGE', `A peer sent a message that makes no sense: ${wrong}.`, {
    from,
    type: message.type,
  });
}

function faultOf(message: Message): string | undefined {
  if (!isCount(message.view)) return 'its view is not a number';
  if (message.life !== undefined && !isLife(message.life)) return 'its life is not a number';
  if ('doubt' in message && message.doubt !== undefined && !isDoubt(message.doubt))
    return 'its doubt makes no sense';
  if (message.type === 'appendEntries') return faultOfAppend(message);
  if (message.type === 'requestVote' || message.type === 'requestPreVote') {
    const { view, seqno } = message.lastCommittable;
    if (!isCount(view) || !isCount(seqno)) return 'its last signature is not a transaction id';
  }
  if (message.type === 'appendEntriesResponse') {
    if (!isCount(message.last) || !isCount(message.lastView)) return 'its position is not a transaction id';
  }
  return undefined;
}

function faultOfAppend(message: Extract<Message, { type: 'appendEntries' }>): string | undefined {
  const { previous, to, entriesView, entries = [] } = message;
  if (!isCount(previous.view) || !isCount(previous.seqno)) return 'its start is not a transaction id';
  if (!isCount(message.commit)) return 'its commit is not a seqno';
  if (message.clearance !== undefined && !isClearance(message.clearance))
    return 'its clearance makes no sense';
  if (!isCount(to) || to < previous.seqno) return 'its range ends before it starts';
  if (entries.length !== to - previous.seqno) return 'it does not carry the entries of its range';
  if (!isCount(entriesView) || entriesView < previous.view || entriesView > message.view) {
    return 'the view of its entries is out of order';
  }
  let expected = previous.seqno;
  for (const entry of entries) {
    expected += 1;
    if (entry.seqno !== expected || entry.view !== entriesView) return 'its entries are out of order';
  }
  return undefined;
}

function isLife(life: number): boolean {
  return isCount(life) && life > 0 && life < 2 ** 32;
}

function isDoubt({ view, signed }: Doubt): boolean {
  return isCount(view) && isTxId(signed) && signed.view <= view;
}

function isClearance({ life, fence, remembered }: Clearance): boolean {
  if (!isLife(life) || !isCount(fence ?? 0)) return false;
  return (
    remembered === undefined ||
    (isCount(remembered.view) && isCount(remembered.signedInView) && isTxId(remembered.signed))
  );
}

function isTxId({ view, seqno }: TxId): boolean {
  return isCount(view) && isCount(seqno);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
