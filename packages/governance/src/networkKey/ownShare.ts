/**
 * One holder's own share, from the deals as the tables have them: what was sealed to its key, or shown by the dealer. For nodes while
 * the key is made and ever after, and for actors that keep a key elsewhere: the deals of the present key stay in the tables.
 */
import {
  type Ceremony,
  type Deal,
  type DealFault,
  type FinishInput,
  finishShare,
  type KeyShare,
} from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { assert, CocoError, equalBytes, fromHex } from '@coco/primitives';
import { readDeal, readDeals, readDealtTo } from './dealRow.js';
import { actorNode } from './holders.js';
import {
  decodeSignedShare,
  eraseSignedShare,
  isSignedBy,
  type SignedShare,
  shareSealing,
} from './signedShare.js';
import type { KeyParticipantInput } from './types.js';

export interface OwnShareInput extends Pick<KeyParticipantInput, 'openShare' | 'shareKey'> {
  readonly ceremony: Ceremony;
  /** Its digest: hex. */
  readonly digest: string;
  /** The dealers whose deals count. */
  readonly counted: readonly number[];
  /** Whose share it is: one of the ceremony's. */
  readonly actorId: string;
  /**
   * Actors by number of the dealer, while it is judged: what a node of theirs has not signed then counts for nothing, whoever wrote
   * it into the tables. Later those nodes may be gone, and that it fits is enough.
   */
  readonly dealers?: readonly string[];
}

/** What is wrong with what a dealer sent; `share` shows it, where the dealer signed something. */
export interface ShareFault {
  readonly dealer: number;
  readonly share?: Uint8Array;
}

/** Too few deals, or none that can be read, are no fault of a dealer: then there are no faults. */
export function finishOwnShare(
  reader: Reader,
  input: OwnShareInput,
): { kind: 'made'; share: KeyShare } | { kind: 'faulty'; faults: readonly ShareFault[] } {
  const { ceremony, digest, counted, actorId } = input;
  const recipient = ceremony.actors.indexOf(actorId) + 1;
  assert(recipient > 0, 'a share is finished for an actor of the ceremony');
  const deals: Deal[] = [];
  const sent = new Map<number, Sent>();
  for (const dealer of counted) {
    const deal = readDeal(reader, digest, dealer);
    if (deal === undefined) return { kind: 'faulty', faults: [] };
    deals.push(deal);
    const found = sentBy(reader, input, dealer, recipient);
    if (found !== undefined) sent.set(dealer, found);
  }
  const shares = [...sent.values()].map(({ signed }) => signed.share);
  const finished = finishedOf({ ceremony, deals, recipient, shares });
  const faults = finished.faults.map(({ dealer }) => {
    const share = sent.get(dealer)?.bytes.slice();
    return share === undefined ? { dealer } : { dealer, share };
  });
  for (const { bytes, signed } of sent.values()) {
    eraseSignedShare(signed);
    bytes.fill(0);
  }
  return finished.share === undefined ? { kind: 'faulty', faults } : { kind: 'made', share: finished.share };
}

interface Sent {
  /** As they were sealed. */
  readonly bytes: Uint8Array;
  readonly signed: SignedShare;
}

/** What the dealer sent to this recipient; undefined when that is nothing which could be held against it. */
function sentBy(reader: Reader, input: OwnShareInput, dealer: number, recipient: number): Sent | undefined {
  const bytes = dealtBytes(reader, input, dealer, recipient);
  const signed = bytes === undefined ? undefined : decodeSignedShare(bytes);
  if (bytes === undefined || signed === undefined) return undefined;
  const { share, nodeId } = signed;
  if (share.dealer !== dealer || share.recipient !== recipient) return undefined;
  if (!equalBytes(share.ceremony, fromHex(input.digest) ?? new Uint8Array(0))) return undefined;
  if (input.dealers === undefined) return { bytes, signed };
  const wrote = readDeals(reader, input.digest).find((record) => record.dealer === dealer)?.nodeId;
  const isOwn = nodeId === wrote && actorNode(reader, nodeId)?.actorId === input.dealers[dealer - 1];
  return isOwn && isSignedBy(reader, nodeId, signed) ? { bytes, signed } : undefined;
}

function finishedOf(input: FinishInput): { share?: KeyShare; faults: readonly DealFault[] } {
  try {
    const finished = finishShare(input);
    return finished.kind === 'made' ? { share: finished.share, faults: [] } : finished;
  } catch (error) {
    if (error instanceof CocoError) return { faults: [] };
    throw error;
  }
}

function dealtBytes(
  reader: Reader,
  { digest, actorId, shareKey, openShare }: OwnShareInput,
  dealer: number,
  recipient: number,
): Uint8Array | undefined {
  const { sealed, shown } = readDealtTo(
    reader,
    { ceremony: digest, dealer },
    { actorId, recipient, shareKey },
  );
  if (shown !== undefined) return shown;
  if (sealed === undefined) return undefined;
  const { info, aad } = shareSealing(digest, shareKey);
  return openShare(sealed, aad, info);
}
