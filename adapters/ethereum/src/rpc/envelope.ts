/**
 * The outer form of JSON-RPC 2.0 (sections 4 to 6): bytes of a body in, calls out; results in, bytes of a body out.
 * A body is parsed once, here, and limits are checked before anything of it is believed.
 */
import { isUtf8 } from 'node:buffer';
import { RPC_CODES, RpcError } from './errors.js';
import { exactIds } from './exactIds.js';
import type { RpcSettings } from './settings.js';

/** What a body holds: calls (an invalid one is already its error), or nothing that could be answered one by one. */
export type Envelope =
  | { readonly kind: 'calls'; readonly batch: boolean; readonly calls: readonly Call[] }
  | { readonly kind: 'invalid'; readonly error: RpcError };

/** One call of a body. `idText` is the id as JSON; undefined for a notification, which gets no answer. */
export type Call =
  | {
      readonly kind: 'call';
      readonly idText: string | undefined;
      readonly method: string;
      readonly params: readonly unknown[];
    }
  | { readonly kind: 'invalid'; readonly idText: string; readonly error: RpcError };

/** The calls in `body`. Never throws. */
export function parseEnvelope(body: Uint8Array, settings: RpcSettings): Envelope {
  const invalid = (code: number, message: string): Envelope => {
    return { kind: 'invalid', error: new RpcError(code, message) };
  };
  if (body.length > settings.bodyBytesMax) {
    return invalid(
      RPC_CODES.invalidRequest,
      `request body too large: ${body.length} > ${settings.bodyBytesMax} bytes`,
    );
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!isUtf8(bytes)) return invalid(RPC_CODES.parse, 'parse error: the body is not UTF-8');
  if (isDeeper(bytes, settings.jsonDepthMax)) {
    return invalid(RPC_CODES.invalidRequest, `invalid request: nested deeper than ${settings.jsonDepthMax}`);
  }
  const text = bytes.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return invalid(RPC_CODES.parse, 'parse error: the body is not JSON');
  }
  if (!Array.isArray(json)) {
    return {
      kind: 'calls',
      batch: false,
      calls: [parseCall(json, () => exactIds(text, false)[0], settings)],
    };
  }
  if (json.length === 0) return invalid(RPC_CODES.invalidRequest, 'empty batch');
  if (json.length > settings.batchCallsMax) {
    return invalid(
      RPC_CODES.invalidRequest,
      `batch too large: ${json.length} > ${settings.batchCallsMax} calls`,
    );
  }
  let ids: readonly (string | undefined)[] | undefined;
  const calls = json.map((item, index) => {
    const exactId = (): string | undefined => {
      ids ??= exactIds(text, true);
      return ids[index];
    };
    return parseCall(item, exactId, settings);
  });
  return { kind: 'calls', batch: true, calls };
}

function parseCall(json: unknown, exactId: () => string | undefined, settings: RpcSettings): Call {
  const invalid = (message: string, idText = 'null', code: number = RPC_CODES.invalidRequest): Call => {
    return { kind: 'invalid', idText, error: new RpcError(code, message) };
  };
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return invalid('invalid request: a call is a JSON object');
  }
  const { id, jsonrpc, method, params } = json as Record<string, unknown>;
  if (typeof id === 'object' && id !== null) return invalid('invalid request: the id is not a scalar');
  const idText = id === undefined ? undefined : formatId(id as Scalar, exactId);
  if (idText !== undefined && idText.length > settings.idCharsMax) {
    return invalid(`invalid request: the id is longer than ${settings.idCharsMax} characters`);
  }
  if (jsonrpc !== '2.0') return invalid('invalid request: jsonrpc is not "2.0"', idText);
  if (typeof method !== 'string') return invalid('invalid request: the method is not a string', idText);
  if (params !== undefined && params !== null && !Array.isArray(params)) {
    if (idText !== undefined) {
      return invalid('non-array args: params is an array', idText, RPC_CODES.invalidParams);
    }
  }
  return { kind: 'call', idText, method, params: Array.isArray(params) ? params : [] };
}

type Scalar = string | number | boolean | null;

/** Numbers that JavaScript would round are taken from the text. */
function formatId(id: Scalar, exactId: () => string | undefined): string {
  if (typeof id === 'number' && !Number.isSafeInteger(id)) return exactId() ?? 'null';
  return JSON.stringify(id);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Is `bytes`, if it is JSON, nested deeper than `depthMax`? */
function isDeeper(bytes: Buffer, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = endOfString(bytes, i);
      if (i < 0) return false;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth -= 1;
    }
  }
  return false;
}

/** Position of the quote that closes the string opened at `start`, or -1. Long strings are skipped natively. */
function endOfString(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(QUOTE, start + 1);
  while (end >= 0) {
    let escapes = 0;
    while (bytes[end - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
    end = bytes.indexOf(QUOTE, end + 1);
  }
  return -1;
}

/** The answer to one call; `resultText` is JSON. */
export function formatResult(idText: string, resultText: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"result":${resultText}}`;
}

/** The answer to one call that failed. */
export function formatError(idText: string, error: RpcError): string {
  const data = error.data === undefined ? '' : `,"data":${JSON.stringify(error.data)}`;
  const message = JSON.stringify(error.message);
  return `{"jsonrpc":"2.0","id":${idText},"error":{"code":${error.code},"message":${message}${data}}}`;
}
