/**
 * Frames between nodes, inside the mutually authenticated channel.
 *
 *   frame     = u8 kind | body
 *   kind 0    consensus: u8 type | u64 view | fields of the type
 *             appendEntries: u64 previousView | u64 previousSeqno | u64 to | u64 entriesView | u64 commit | entry*
 *             appendEntriesResponse: u8 success | u64 last | u64 lastView
 *             requestPreVote, requestVote: u64 lastView | u64 lastSeqno
 *             requestPreVoteResponse, requestVoteResponse: u8 granted
 *             proposeRequestVote: nothing
 *   kind 1    forwarded request: u64 id | u32 length | head (JSON) | body
 *   kind 2    its answer: u64 id | u8 outcome (0 answered, 1 not primary) | u32 length | head (JSON) | body
 *
 * The order of message types is CCF's (formats: raft_types.h). Entries are the ledger's own bytes, each of which
 * says its size; they are appended by whoever holds them.
 */
import type { AdapterRequest, AdapterResponse, Caller } from '@coco/adapter';
import type { Message } from '@coco/consensus';
import { assert, ByteReader, ByteWriter, CocoError, fromUtf8, utf8 } from '@coco/primitives';

/** A frame after parsing. `entries` are the raw bytes behind an append message, not yet cut up. */
export type Frame =
  | { readonly kind: 'consensus'; readonly message: Message; readonly entries: Uint8Array }
  | { readonly kind: 'forward'; readonly id: number; readonly request: AdapterRequest }
  | { readonly kind: 'answer'; readonly id: number; readonly response?: AdapterResponse };

const messageTypes: readonly Message['type'][] = [
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
  const writer = new ByteWriter(64).u8(0).u8(messageTypes.indexOf(message.type)).u64(message.view);
  switch (message.type) {
    case 'appendEntries':
      writer.u64(message.previous.view).u64(message.previous.seqno).u64(message.to);
      return writer.u64(message.entriesView).u64(message.commit).finish();
    case 'appendEntriesResponse':
      return writer
        .u8(message.success ? 1 : 0)
        .u64(message.last)
        .u64(message.lastView)
        .finish();
    case 'requestPreVote':
    case 'requestVote':
      return writer.u64(message.lastCommittable.view).u64(message.lastCommittable.seqno).finish();
    case 'requestPreVoteResponse':
    case 'requestVoteResponse':
      return writer.u8(message.granted ? 1 : 0).finish();
    case 'proposeRequestVote':
      return writer.finish();
  }
}

export function encodeForwardFrame(id: number, request: AdapterRequest): Uint8Array {
  const { body, ...head } = request;
  return new ByteWriter(body.length + 512)
    .u8(1)
    .u64(id)
    .sized32(utf8(JSON.stringify(head)))
    .raw(body)
    .finish();
}

/** The answer to a forwarded request; without a response it says "not primary, ask another". */
export function encodeAnswerFrame(id: number, response?: AdapterResponse): Uint8Array {
  const writer = new ByteWriter((response?.body.length ?? 0) + 256).u8(2).u64(id);
  if (response === undefined) return writer.u8(1).finish();
  const { body, ...head } = response;
  return writer
    .u8(0)
    .sized32(utf8(JSON.stringify(head)))
    .raw(body)
    .finish();
}

/** Parses a frame of a peer; COCO_REPLICA_FRAME or COCO_BYTES_* when it is malformed. */
export function decodeFrame(bytes: Uint8Array): Frame {
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  if (kind === 0) return decodeConsensus(reader);
  const id = reader.u64();
  if (kind === 1) {
    const request = decodeRequestHead(decodeHead(reader));
    return { kind: 'forward', id, request: { ...request, body: reader.take(reader.remaining) } };
  }
  if (kind !== 2) throw malformed('unknown kind');
  if (reader.u8() === 1) return { kind: 'answer', id };
  const response = decodeResponseHead(decodeHead(reader));
  return { kind: 'answer', id, response: { ...response, body: reader.take(reader.remaining) } };
}

function decodeConsensus(reader: ByteReader): Frame {
  const type = messageTypes[reader.u8()];
  const view = reader.u64();
  const none = reader.bytes.subarray(0, 0);
  switch (type) {
    case 'appendEntries': {
      const previous = { view: reader.u64(), seqno: reader.u64() };
      const message = {
        type,
        view,
        previous,
        to: reader.u64(),
        entriesView: reader.u64(),
        commit: reader.u64(),
      };
      return { kind: 'consensus', message, entries: reader.take(reader.remaining) };
    }
    case 'appendEntriesResponse': {
      const message = { type, view, success: reader.u8() === 1, last: reader.u64(), lastView: reader.u64() };
      return { kind: 'consensus', message, entries: none };
    }
    case 'requestPreVote':
    case 'requestVote': {
      const message = { type, view, lastCommittable: { view: reader.u64(), seqno: reader.u64() } };
      return { kind: 'consensus', message, entries: none };
    }
    case 'requestPreVoteResponse':
    case 'requestVoteResponse':
      return { kind: 'consensus', message: { type, view, granted: reader.u8() === 1 }, entries: none };
    case 'proposeRequestVote':
      return { kind: 'consensus', message: { type, view }, entries: none };
    default:
      throw malformed('unknown message type');
  }
}

function decodeHead(reader: ByteReader): Record<string, unknown> {
  const text = fromUtf8(reader.sized32());
  if (text === undefined) throw malformed('head is not UTF-8');
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    throw malformed('head is not JSON');
  }
  if (typeof head !== 'object' || head === null) throw malformed('head is not an object');
  return head as Record<string, unknown>;
}

function decodeRequestHead(head: Record<string, unknown>): Omit<AdapterRequest, 'body'> {
  const { method, path, query, headers, caller } = head;
  if (typeof method !== 'string' || typeof path !== 'string' || typeof query !== 'string') {
    throw malformed('request head');
  }
  return { method, path, query, headers: decodeHeaders(headers), caller: decodeCaller(caller) };
}

function decodeResponseHead(head: Record<string, unknown>): Omit<AdapterResponse, 'body'> {
  const { status, headers, txId } = head;
  if (typeof status !== 'number') throw malformed('response status');
  if (txId === undefined) return { status, headers: decodeHeaders(headers) };
  const { view, seqno } = txId as { view?: unknown; seqno?: unknown };
  if (!Number.isSafeInteger(view) || !Number.isSafeInteger(seqno)) throw malformed('response transaction id');
  return { status, headers: decodeHeaders(headers), txId: { view: view as number, seqno: seqno as number } };
}

function decodeHeaders(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) throw malformed('headers');
  for (const text of Object.values(value)) {
    if (typeof text !== 'string') throw malformed('headers');
  }
  return value as Record<string, string>;
}

function decodeCaller(value: unknown): Caller {
  const { kind, id, subject } = (value ?? {}) as { kind?: unknown; id?: unknown; subject?: unknown };
  if (kind === 'anonymous') return { kind };
  if ((kind !== 'member' && kind !== 'participant' && kind !== 'node') || typeof id !== 'string') {
    throw malformed('caller');
  }
  return typeof subject === 'string' ? { kind, id, subject } : { kind, id };
}

function malformed(what: string): CocoError {
  return new CocoError('COCO_REPLICA_FRAME', `a peer sent a malformed frame: ${what}`, { what });
}

/** Cuts the bytes behind an append message into entries by the size each one states. */
export function cutEntries(bytes: Uint8Array, count: number): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  let reader = new ByteReader(bytes);
  while (reader.remaining > 0) {
    const start = reader.offset;
    reader.take(2);
    const size = reader.u48();
    reader = new ByteReader(bytes, start);
    entries.push(reader.take(8 + size));
    if (entries.length > count) break;
  }
  if (entries.length !== count) throw malformed('number of entries');
  assert(reader.remaining === 0, 'every byte belongs to an entry');
  return entries;
}
