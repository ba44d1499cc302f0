/**
 * The client that CLI, replay and bench use: JSON-RPC, plain GET, waiting for commit, over one `Connection`.
 */
import { CocoError, formatTxId, fromUtf8, type TxId } from '@coco/primitives';
import { type Connection, openConnection } from './connection.js';
import { createEventReader } from './events.js';
import { formatCalls, isRecord, readOutcomes } from './json-rpc.js';
import type { Client, ClientOptions, HttpReply, JsonRpcCall, JsonRpcOutcome } from './types.js';

/** A client for the node at `options.url`. Connects on first use. Throws COCO_CLIENT_URL. */
export function createClient(options: ClientOptions): Client {
  const rpcPath = pathOf(options.url);
  const connection = openConnection(options);
  const batch = (calls: readonly JsonRpcCall[]): Promise<readonly JsonRpcOutcome[]> =>
    calls.length === 0 ? Promise.resolve([]) : exchangeCalls(connection, rpcPath, calls, true);
  return {
    jsonRpc: async (method, params = []) => {
      const [outcome] = await exchangeCalls(connection, rpcPath, [{ method, params }], false);
      return resultOf(method, outcome as JsonRpcOutcome);
    },
    jsonRpcBatch: batch,
    get: (path) => get(connection, path),
    getJson: async (path) => parseJson((await get(connection, path)).body),
    post: async (path, contentType, body) => {
      const headers = { 'content-type': contentType };
      return accepted(path, await connection.send({ method: 'POST', path, headers, body }));
    },
    events: (path, onEvent, { signal, lastId }) => {
      const reader = createEventReader();
      const onText = (text: string): void => {
        for (const event of reader.push(text)) onEvent(event);
      };
      const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
      return connection.stream({ path, headers, signal }, onText);
    },
    delete: async (path) => accepted(path, await connection.send({ method: 'DELETE', path })),
    waitForCommit: (txId, wait = {}) =>
      waitForCommit(connection, txId, wait.timeoutMs ?? options.timeoutMs ?? defaultCommitTimeoutMs),
    close: () => connection.close(),
  };
}

const defaultCommitTimeoutMs = 30_000;
const pollMsMax = 100;

function pathOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') {
    throw new CocoError('COCO_CLIENT_URL', 'the address of a node must be a URL that begins with https://', {
      url: text,
    });
  }
  return url.pathname + url.search;
}

async function exchangeCalls(
  connection: Connection,
  path: string,
  calls: readonly JsonRpcCall[],
  isBatch: boolean,
): Promise<readonly JsonRpcOutcome[]> {
  const headers = { 'content-type': 'application/json' };
  const reply = await connection.send({ method: 'POST', path, headers, body: formatCalls(calls, isBatch) });
  // JSON-RPC errors may come with any HTTP status; other failures of the node are not JSON-RPC.
  const isJson = reply.headers['content-type']?.startsWith('application/json') === true;
  const answer = reply.status < 400 || isJson ? parseJson(reply.body) : undefined;
  const first: unknown = Array.isArray(answer) ? answer[0] : answer;
  if (reply.status >= 400 && !(isRecord(first) && first.jsonrpc === '2.0')) throw httpFailure(path, reply);
  return readOutcomes(answer, calls.length);
}

function resultOf(method: string, outcome: JsonRpcOutcome): unknown {
  if (outcome.ok) return outcome.result;
  const { code, message, data } = outcome;
  throw new CocoError('COCO_CLIENT_RPC', message, {
    method,
    rpcCode: code,
    ...(data !== undefined && { data: typeof data === 'string' ? data : JSON.stringify(data) }),
  });
}

async function get(connection: Connection, path: string): Promise<HttpReply> {
  return accepted(path, await connection.send({ method: 'GET', path }));
}

function accepted(path: string, reply: HttpReply): HttpReply {
  if (reply.status >= 400) throw httpFailure(path, reply);
  return reply;
}

async function waitForCommit(
  connection: Connection,
  txId: TxId,
  timeoutMs: number,
): Promise<'Committed' | 'Invalid'> {
  const path = `/node/tx?transaction_id=${formatTxId(txId)}`;
  const endMs = performance.now() + timeoutMs;
  for (let pollMs = 2; ; pollMs = Math.min(2 * pollMs, pollMsMax)) {
    const answer = parseJson((await get(connection, path)).body);
    const status = isRecord(answer) ? answer.status : undefined;
    if (status === 'Committed' || status === 'Invalid') return status;
    if (status !== 'Pending' && status !== 'Unknown') {
      throw new CocoError('COCO_CLIENT_RESPONSE', 'the node answered with no status of a transaction', {
        path,
      });
    }
    if (performance.now() + pollMs > endMs) {
      const sentence = `transaction ${formatTxId(txId)} is still ${status} after ${timeoutMs} ms`;
      throw new CocoError('COCO_CLIENT_TIMEOUT', sentence, { path, timeoutMs });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** CCF's error bodies are `{"error": {"code", "message"}}`; anything else is quoted up to a limit. */
function httpFailure(path: string, reply: HttpReply): CocoError {
  const text = fromUtf8(reply.body.subarray(0, 2000)) ?? '';
  let detail = text.slice(0, 300);
  let errorCode = 'none';
  try {
    const { error } = JSON.parse(text) as { error: { code: unknown; message: unknown } };
    detail = String(error.message);
    errorCode = String(error.code);
  } catch {
    // Not CCF's form: the quoted text has to do.
  }
  const { status } = reply;
  return new CocoError('COCO_CLIENT_HTTP', `the node answered ${status}: ${detail}`, {
    path,
    status,
    errorCode,
  });
}

function parseJson(body: Uint8Array): unknown {
  const text = fromUtf8(body);
  try {
    if (text !== undefined) return JSON.parse(text);
  } catch {
    // Told below, together with text that is not UTF-8.
  }
  throw new CocoError('COCO_CLIENT_RESPONSE', 'the node answered with something that is not JSON', {
    length: body.length,
  });
}
