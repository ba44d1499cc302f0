/**
 * Frames between nodes, inside the mutually authenticated channel.
 *
 *   frame     = u8 kind | body
 *   kind 0    consensus: see consensusFrames.ts
 *   kind 1    forwarded request: u64 id | u32 length | head (JSON) | body
 *   kind 2    its answer: u64 id | u8 outcome (0 answered, 1 not primary) | u32 length | head (JSON) | body
 *
 */
import type { AdapterRequest, AdapterResponse, Caller } from '@coco/adapter';
import type { Message } from '@coco/consensus';
import { ByteReader, ByteWriter, CocoError, fromUtf8, utf8 } from '@coco/primitives';
import { decodeConsensusBody } from './consensusFrames.js';
import { answerObjection, headersObjection, isHeadText } from './httpHeads.js';
import { decodeFlag, malformed } from './malformedFrame.js';

/** A frame after parsing. `entries` are the raw bytes behind an append message, not yet cut up. */
export type Frame =
  | { readonly kind: 'consensus'; readonly message: Message; readonly entries: Uint8Array }
  | { readonly kind: 'forward'; readonly id: number; readonly request: AdapterRequest }
  | { readonly kind: 'answer'; readonly id: number; readonly response?: AdapterResponse };

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

/** The head of a request or an answer is no longer than this, whoever sends it. */
const headBytesMax = 2 ** 20;
/** What the boundary to the worker lets through. */
const requestBytesMax = 2 ** 28;

/** Parses a frame of a peer. COCO_REPLICA_FRAME when it is malformed, whatever is wrong with it. */
export function decodeFrame(bytes: Uint8Array): Frame {
  return coded(() => {
    const reader = new ByteReader(bytes);
    const frame = decodeBody(reader);
    reader.end();
    return frame;
  });
}

function decodeBody(reader: ByteReader): Frame {
  const kind = reader.u8();
  if (kind === 0) return { kind: 'consensus', ...decodeConsensusBody(reader) };
  const id = reader.u64();
  if (kind === 1) {
    const request = decodeRequestHead(decodeHead(reader));
    if (reader.remaining > requestBytesMax) throw malformed('a request is too large');
    return { kind: 'forward', id, request: { ...request, body: reader.take(reader.remaining) } };
  }
  if (kind !== 2) throw malformed('unknown kind');
  if (decodeFlag(reader)) return { kind: 'answer', id };
  const response = decodeResponseHead(decodeHead(reader));
  return { kind: 'answer', id, response: { ...response, body: reader.take(reader.remaining) } };
}

/** One code for all that can be wrong with what a peer sent: it costs the peer its connection, and nothing else. */
function coded<Result>(decode: () => Result): Result {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof CocoError) || !error.code.startsWith('COCO_BYTES_')) throw error;
    throw malformed(error.message);
  }
}

function decodeHead(reader: ByteReader): Record<string, unknown> {
  const length = reader.u32();
  if (length > headBytesMax) throw malformed('a head is too long');
  const text = fromUtf8(reader.take(length));
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
  if (!isHeadText(method) || !isHeadText(path) || !isHeadText(query)) throw malformed('request head');
  const objection = headersObjection(headers);
  if (objection !== undefined) throw malformed(objection);
  return {
    method,
    path,
    query,
    headers: headers as Readonly<Record<string, string>>,
    caller: decodeCaller(caller),
  };
}

function decodeResponseHead(head: Record<string, unknown>): Omit<AdapterResponse, 'body'> {
  const { status, headers, txId } = head;
  const objection = answerObjection({ status, headers });
  if (objection !== undefined) throw malformed(objection);
  const plain = { status: status as number, headers: headers as Readonly<Record<string, string>> };
  if (txId === undefined) return plain;
  const { view, seqno } = (txId ?? {}) as { view?: unknown; seqno?: unknown };
  if (!isCount(view) || !isCount(seqno)) throw malformed('response transaction id');
  return { ...plain, txId: { view, seqno } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function decodeCaller(value: unknown): Caller {
  const { kind, id, subject } = (value ?? {}) as { kind?: unknown; id?: unknown; subject?: unknown };
  if (kind === 'anonymous') return { kind };
  if ((kind !== 'member' && kind !== 'participant' && kind !== 'node') || !isHeadText(id))
    throw malformed('caller');
  if (subject !== undefined && !isHeadText(subject)) throw malformed('caller');
  return subject === undefined ? { kind, id } : { kind, id, subject };
}

/**
 * Cuts the bytes behind an append message into `count` entries by the size each one states. COCO_REPLICA_FRAME when they are
 * not so many, or bytes are left over.
 */
export function cutEntries(bytes: Uint8Array, count: number): readonly Uint8Array[] {
  return coded(() => {
    const entries: Uint8Array[] = [];
    let at = 0;
    while (entries.length < count) {
      const header = new ByteReader(bytes, at);
      header.take(2);
      const entry = new ByteReader(bytes, at).take(8 + header.u48());
      entries.push(entry);
      at += entry.length;
    }
    if (at < bytes.length) throw malformed('there are more entries than it announced');
    return entries;
  });
}
