/**
 * Messages of consensus as bytes, behind the kind of the frame (frames.ts).
 *
 *   message   = u8 type | u64 view | u32 life, 0 for none | fields of the type
 *     appendEntries: u64 previousView | u64 previousSeqno | u64 to | u64 entriesView | u64 commit | u8 0 or 1, clearance
 *                    | entry*
 *     appendEntriesResponse: u8 success | u64 last | u64 lastView | u8 0 or 1, doubt
 *     requestPreVote, requestVote: u64 lastView | u64 lastSeqno
 *     requestPreVoteResponse, requestVoteResponse: u8 granted | u32 askedBy, 0 for none | u8 0 or 1, doubt
 *     proposeRequestVote: nothing
 *   doubt     = u64 view | u64 signedView | u64 signedSeqno
 *   clearance = u32 life | u64 fence, 0 for none | u8 0 or 1, u64 view | u64 signedView | u64 signedSeqno | u64 signedInView
 *
 * The order of types is CCF's (formats: raft_types.h). Entries are the ledger's own bytes, each of which says its size; they
 * are appended by whoever holds them.
 */
import type { Clearance, Doubt, Memory, Message } from '@coco/consensus';
import { type ByteReader, ByteWriter, type TxId, type View } from '@coco/primitives';
import { decodeFlag, malformed } from './malformedFrame.js';

const types: readonly Message['type'][] = [
  'appendEntries',
  'appendEntriesResponse',
  'requestVote',
  'requestVoteResponse',
  'proposeRequestVote',
  'requestPreVote',
  'requestPreVoteResponse',
];

/** A consensus message without entries; an append message's entries are attached behind it. */
export function encodeConsensusFrame(message: Message): Uint8Array {
  const writer = new ByteWriter(96).u8(0).u8(types.indexOf(message.type));
  writer.u64(message.view).u32(message.life ?? 0);
  switch (message.type) {
    case 'appendEntries':
      encodeTxId(writer, message.previous);
      writer.u64(message.to).u64(message.entriesView).u64(message.commit);
      encodeClearance(writer, message.clearance);
      break;
    case 'appendEntriesResponse':
      writer.u8(message.success ? 1 : 0);
      writer.u64(message.last).u64(message.lastView);
      encodeDoubt(writer, message.doubt);
      break;
    case 'requestPreVote':
    case 'requestVote':
      encodeTxId(writer, message.lastCommittable);
      break;
    case 'requestPreVoteResponse':
    case 'requestVoteResponse':
      writer.u8(message.granted ? 1 : 0).u32(message.askedBy ?? 0);
      encodeDoubt(writer, message.doubt);
      break;
    case 'proposeRequestVote':
      break;
  }
  return writer.finish();
}

/** The message, and the bytes of the entries behind it. COCO_REPLICA_FRAME, COCO_BYTES_* when it is none. */
export function decodeConsensusBody(reader: ByteReader): { message: Message; entries: Uint8Array } {
  const type = types[reader.u8()];
  const view = decodeView(reader);
  const life = reader.u32();
  const message = decodeFields(reader, type, { view, ...(life > 0 && { life }) });
  const left = type === 'appendEntries' ? reader.remaining : 0;
  return { message, entries: reader.take(left) };
}

function decodeFields(
  reader: ByteReader,
  type: Message['type'] | undefined,
  head: Pick<Message, 'view' | 'life'>,
): Message {
  switch (type) {
    case 'appendEntries': {
      const previous = decodeTxId(reader);
      const range = { to: reader.u64(), entriesView: decodeView(reader), commit: reader.u64() };
      return { ...head, type, previous, ...range, ...decodeClearance(reader) };
    }
    case 'appendEntriesResponse': {
      const place = { success: decodeFlag(reader), last: reader.u64(), lastView: decodeView(reader) };
      return { ...head, type, ...place, ...decodeDoubt(reader) };
    }
    case 'requestPreVote':
    case 'requestVote':
      return { ...head, type, lastCommittable: decodeTxId(reader) };
    case 'requestPreVoteResponse':
    case 'requestVoteResponse': {
      const granted = decodeFlag(reader);
      const askedBy = reader.u32();
      return { ...head, type, granted, ...(askedBy > 0 && { askedBy }), ...decodeDoubt(reader) };
    }
    case 'proposeRequestVote':
      return { ...head, type };
    default:
      throw malformed('unknown message type');
  }
}

function encodeDoubt(writer: ByteWriter, doubt: Doubt | undefined): void {
  writer.u8(doubt === undefined ? 0 : 1);
  if (doubt === undefined) return;
  writer.u64(doubt.view);
  encodeTxId(writer, doubt.signed);
}

function decodeDoubt(reader: ByteReader): { doubt?: Doubt } {
  if (!decodeFlag(reader)) return {};
  return { doubt: { view: decodeView(reader), signed: decodeTxId(reader) } };
}

function encodeClearance(writer: ByteWriter, clearance: Clearance | undefined): void {
  writer.u8(clearance === undefined ? 0 : 1);
  if (clearance === undefined) return;
  const { life, fence, remembered } = clearance;
  writer.u32(life).u64(fence ?? 0);
  writer.u8(remembered === undefined ? 0 : 1);
  if (remembered === undefined) return;
  writer.u64(remembered.view);
  encodeTxId(writer, remembered.signed);
  writer.u64(remembered.signedInView);
}

function decodeClearance(reader: ByteReader): { clearance?: Clearance } {
  if (!decodeFlag(reader)) return {};
  const life = reader.u32();
  const fence = reader.u64();
  const remembered = decodeFlag(reader) ? { remembered: decodeMemory(reader) } : {};
  return { clearance: { life, ...(fence > 0 && { fence }), ...remembered } };
}

function decodeMemory(reader: ByteReader): Memory {
  return { view: decodeView(reader), signed: decodeTxId(reader), signedInView: decodeView(reader) };
}

function encodeTxId(writer: ByteWriter, { view, seqno }: TxId): void {
  writer.u64(view).u64(seqno);
}

function decodeTxId(reader: ByteReader): TxId {
  return { view: decodeView(reader), seqno: reader.u64() };
}

/** Entries have 31 bits for it: a node that took over a larger one could never write again. */
function decodeView(reader: ByteReader): View {
  const view = reader.u64();
  if (view >= 2 ** 31) throw malformed('a view is out of range');
  return view;
}
