/**
 * Requests and answers as fields of boundary messages. A worker that was taken over must not be able to break the framing
 * of HTTP, so what stands in a head is checked here: what is no header is no message.
 *
 *   request = method text | path text | query text | headers | caller | body bytes
 *   answer  = status u16 as u32 | headers | body bytes | flag [| view number | seqno number]
 *   headers = u32 count | (name text | value text)*
 *   caller  = u8 kind (0 anonymous, else 1 member, 2 participant, 3 node | id text | flag [| subject text])
 */
import type { ByteReader, ByteWriter } from '@coco/primitives';
import type { AdapterRequest, AdapterResponse, Caller } from '../types.js';
import {
  malformed,
  readBytes,
  readFlag,
  readText,
  writeBytes,
  writeFlag,
  writeText,
} from './messageFields.js';
import type { MessageLimits } from './messageLimits.js';

/** RFC 9110, section 5.6.2, in lower case. */
const namePattern = /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/;
/** RFC 9110, section 5.5: visible characters, spaces, tabs, and obs-text as Node.js reads it (Latin-1). */
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

const callerKinds = ['anonymous', 'member', 'participant', 'node'] as const;

export function writeRequest(writer: ByteWriter, request: AdapterRequest, limits: MessageLimits): void {
  const { textBytesMax } = limits;
  writeText(writer, request.method, textBytesMax, 'the method');
  writeText(writer, request.path, textBytesMax, 'the path');
  writeText(writer, request.query, textBytesMax, 'the query');
  writeHeaders(writer, request.headers, limits);
  writeCaller(writer, request.caller, limits);
  writeBytes(writer, request.body, limits.requestBytesMax, 'the body');
}

export function readRequest(reader: ByteReader, limits: MessageLimits): AdapterRequest {
  const { textBytesMax } = limits;
  return {
    method: readText(reader, textBytesMax, 'the method'),
    path: readText(reader, textBytesMax, 'the path'),
    query: readText(reader, textBytesMax, 'the query'),
    headers: readHeaders(reader, limits),
    caller: readCaller(reader, limits),
    body: readBytes(reader, limits.requestBytesMax, 'the body'),
  };
}

export function writeResponse(writer: ByteWriter, response: AdapterResponse, limits: MessageLimits): void {
  const { status, headers, body, txId } = response;
  checkStatus(status);
  writer.u32(status);
  writeHeaders(writer, headers, limits);
  writeBytes(writer, body, limits.responseBytesMax, 'the body');
  writeFlag(writer, txId !== undefined);
  if (txId !== undefined) writer.u64(txId.view).u64(txId.seqno);
}

export function readResponse(reader: ByteReader, limits: MessageLimits): AdapterResponse {
  const status = reader.u32();
  checkStatus(status);
  const headers = readHeaders(reader, limits);
  const body = readBytes(reader, limits.responseBytesMax, 'the body');
  if (!readFlag(reader, 'whether there is a transaction id')) return { status, headers, body };
  return { status, headers, body, txId: { view: reader.u64(), seqno: reader.u64() } };
}

/** An answer is final: 1xx would leave the client waiting for another. */
function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw malformed('the status is out of range');
}

function writeHeaders(
  writer: ByteWriter,
  headers: Readonly<Record<string, string>>,
  { headersMax, textBytesMax }: MessageLimits,
): void {
  const names = Object.keys(headers);
  if (names.length > headersMax) throw malformed('there are too many headers');
  writer.u32(names.length);
  for (const name of names) {
    const value = headers[name] as string;
    checkHeader(name, value);
    writeText(writer, name, textBytesMax, 'the name of a header');
    writeText(writer, value, textBytesMax, 'a header');
  }
}

function readHeaders(
  reader: ByteReader,
  { headersMax, textBytesMax }: MessageLimits,
): Readonly<Record<string, string>> {
  const count = reader.u32();
  if (count > headersMax) throw malformed('there are too many headers');
  const headers: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    const name = readText(reader, textBytesMax, 'the name of a header');
    const value = readText(reader, textBytesMax, 'a header');
    checkHeader(name, value);
    if (Object.hasOwn(headers, name)) throw malformed('a header is there twice');
    headers[name] = value;
  }
  return headers;
}

function checkHeader(name: string, value: string): void {
  // Setting __proto__ would set no property at all.
  if (!namePattern.test(name) || name === '__proto__') throw malformed('the name of a header is none');
  if (!valuePattern.test(value)) throw malformed('a header holds what no header can');
}

function writeCaller(writer: ByteWriter, caller: Caller, { textBytesMax }: MessageLimits): void {
  writer.u8(callerKinds.indexOf(caller.kind));
  if (caller.kind === 'anonymous') return;
  writeText(writer, caller.id, textBytesMax, "the caller's id");
  writeFlag(writer, caller.subject !== undefined);
  if (caller.subject !== undefined) writeText(writer, caller.subject, textBytesMax, "the caller's name");
}

function readCaller(reader: ByteReader, { textBytesMax }: MessageLimits): Caller {
  const kind = callerKinds[reader.u8()];
  if (kind === undefined) throw malformed('the caller is of no known kind');
  if (kind === 'anonymous') return { kind };
  const id = readText(reader, textBytesMax, "the caller's id");
  if (!readFlag(reader, 'whether the caller has a name')) return { kind, id };
  return { kind, id, subject: readText(reader, textBytesMax, "the caller's name") };
}
