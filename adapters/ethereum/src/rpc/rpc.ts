/**
 * The Ethereum JSON-RPC door: one HTTP body in, one out. Calls of a batch are answered in order. Transactions that
 * follow one another in a batch are sent together, so that they can share a block; what comes after them waits for
 * them, and so sees them.
 */
import type { AdapterRequest, AdapterResponse, AdapterServices, Handled } from '@coco/adapter';
import { AssertionError, CocoError, compareTxIds, type Seqno, type TxId, utf8 } from '@coco/primitives';
import { readHeadNumber, readPlace } from '../chain.js';
import { CodeCache } from '../codeCache.js';
import { decodeAccount, TABLES } from '../tables.js';
import type {
  Address,
  Awaitable,
  EthereumItem,
  EthereumResult,
  EthereumSettings,
  EthereumTransaction,
  EvmEngine,
} from '../types.js';
import { CallQueue } from './callQueue.js';
import type { RpcContext, RpcRequest } from './context.js';
import { type Call, formatError, formatResult, parseEnvelope } from './envelope.js';
import { RPC_CODES, RpcError, serverError } from './errors.js';
import { Filters } from './filters.js';
import { needsPrimary, rpcMethods, SEND_METHOD } from './methods.js';
import { Pool } from './pool.js';
import { RecentBlocks } from './recentBlocks.js';
import { newestTxId, type SendAnswer, type SendOptions, sendAll } from './send.js';
import { defaultRpcSettings, type RpcSettings } from './settings.js';
import { createValidator } from './validate.js';

/** What the door is made of. */
export interface RpcOptions {
  readonly services: AdapterServices<EthereumItem, EthereumResult>;
  readonly settings: EthereumSettings;
  /** Executes calls; may be the one that executes blocks. */
  readonly engine: EvmEngine;
  /** Who signed a transaction; throws a CocoError when nobody can have. */
  recover(transaction: EthereumTransaction): Awaitable<Address>;
  /** Default: `defaultRpcSettings`. */
  readonly limits?: Partial<RpcSettings>;
  /** Shown by web3_clientVersion, for example "Coco/v0.1.0". */
  readonly clientVersion?: string;
  /** Shared with whoever executes blocks, if given. */
  readonly codes?: CodeCache;
}

/** The JSON-RPC side of an adapter. */
export interface Rpc {
  /** Answers one HTTP request; never throws for bad input. */
  handle(request: AdapterRequest): Promise<Handled>;
  /** To be told of every commit. */
  committed(seqno: Seqno): void;
  /** To be told when versions are rolled back. */
  rolledBack(seqno: Seqno): void;
}

/** Opens the door. */
export function createRpc(options: RpcOptions): Rpc {
  const context = createContext(options);
  const { services, settings, recover } = options;
  const { limits, pool } = context;
  const send = { pool, settings, limits, recover, validate: createValidator(services, settings) };
  return {
    handle: (request) => handle(context, send, request),
    committed: () => pool.committed(),
    rolledBack: () => pool.rolledBack(),
  };
}

function createContext(options: RpcOptions): RpcContext {
  const { services, settings, engine } = options;
  const limits = { ...defaultRpcSettings, ...options.limits };
  const filters = new Filters(limits);
  const recentBlocks = new RecentBlocks(limits.recentBlocksMax);
  const pool = new Pool({
    services,
    settings: limits,
    account: (address) => {
      const row = services.head().get(TABLES.accounts, address);
      return row === undefined ? undefined : decodeAccount(row);
    },
    isMined: (hash) => readPlace(services.head(), hash) !== undefined,
    blockNumber: () => readHeadNumber(services.head()) ?? 0,
    accepted: (hash) => filters.accepted(hash),
    ordered: (result, txId) => {
      if (result.kind === 'executed') recentBlocks.add(result.blockNumber, txId);
    },
  });
  return {
    services,
    settings,
    limits,
    clientVersion: options.clientVersion ?? 'Coco',
    codes: options.codes ?? new CodeCache(),
    calls: new CallQueue(engine, limits.callsWaitingMax),
    pool,
    filters,
    recentBlocks,
  };
}

async function handle(context: RpcContext, send: SendOptions, request: AdapterRequest): Promise<Handled> {
  if (request.method !== 'POST') return respond(405, '', { allow: 'POST' });
  const envelope = parseEnvelope(request.body, context.limits);
  if (envelope.kind === 'invalid') {
    const isTooLarge = request.body.length > context.limits.bodyBytesMax;
    return respond(isTooLarge ? 413 : 200, formatError('null', envelope.error));
  }
  const { calls, batch } = envelope;
  if (!context.services.isPrimary && calls.some((call) => call.kind === 'call' && needsPrimary(call))) {
    return { kind: 'forward' };
  }
  if (readHeadNumber(context.services.committed()) === undefined) {
    return respond(503, formatError('null', noGenesis()));
  }
  const prefersAsync = /(^|[,;\s])respond-async($|[,;\s])/i.test(request.headers.prefer ?? '');
  const { texts, txId } = await answerAll(context, send, calls, context.limits.respondAsync || prefersAsync);
  if (texts.length === 0) return respond(204, '');
  const headers = prefersAsync ? { 'preference-applied': 'respond-async' } : {};
  return respond(200, batch ? `[${texts.join(',')}]` : (texts[0] as string), headers, txId);
}

function respond(status: number, text: string, headers: Record<string, string> = {}, txId?: TxId): Handled {
  const response: AdapterResponse = {
    status,
    headers: text === '' ? headers : { 'content-type': 'application/json', ...headers },
    body: utf8(text),
    ...(txId === undefined ? {} : { txId }),
  };
  return { kind: 'response', response };
}

interface Answers {
  /** Of all calls but notifications. */
  readonly texts: readonly string[];
  readonly txId: TxId | undefined;
}

async function answerAll(
  context: RpcContext,
  send: SendOptions,
  calls: readonly Call[],
  respondAsync: boolean,
): Promise<Answers> {
  const texts: string[] = [];
  let chars = 0;
  let txId: TxId | undefined;
  const request: RpcRequest = { deadlineMs: performance.now() + context.limits.callMsMax };
  const tell = ({ idText }: Call, format: (idText: string) => string): void => {
    if (idText === undefined) return;
    const text = chars > context.limits.responseCharsMax ? '' : format(idText);
    chars += text.length;
    texts.push(chars > context.limits.responseCharsMax ? formatError(idText, tooLarge()) : text);
  };
  for (let start = 0; start < calls.length; ) {
    const call = calls[start] as Call;
    const run = runOfSends(calls, start);
    if (run.length === 0) {
      const answer = await answerOne(context, call, request);
      tell(call, (id) => (answer instanceof RpcError ? formatError(id, answer) : formatResult(id, answer)));
      start += 1;
      continue;
    }
    const answers = await sendAll(send, run, respondAsync);
    for (const answer of answers) tell(calls[start++] as Call, (id) => formatSent(id, answer));
    const newest = newestTxId(answers);
    if (newest !== undefined && (txId === undefined || compareTxIds(newest, txId) > 0)) txId = newest;
  }
  return { texts, txId };
}

/** Params of the sends that follow one another from `start` on. */
function runOfSends(calls: readonly Call[], start: number): readonly (readonly unknown[])[] {
  const run: (readonly unknown[])[] = [];
  for (let i = start; i < calls.length; i++) {
    const call = calls[i];
    if (call?.kind !== 'call' || call.method !== SEND_METHOD) break;
    run.push(call.params);
  }
  return run;
}

function formatSent(idText: string, answer: SendAnswer): string {
  return answer.kind === 'hash'
    ? formatResult(idText, `"${answer.hash}"`)
    : formatError(idText, answer.error);
}

function noGenesis(): RpcError {
  return new RpcError(RPC_CODES.unavailable, 'the chain has no genesis yet; ask again', { retry: true });
}

function tooLarge(): RpcError {
  return new RpcError(RPC_CODES.tooLarge, 'response too large; ask for less at once');
}

/** JSON of the result, or the error. */
async function answerOne(context: RpcContext, call: Call, request: RpcRequest): Promise<string | RpcError> {
  if (call.kind === 'invalid') return call.error;
  const method = rpcMethods.get(call.method);
  if (method === undefined) {
    const name = call.method.slice(0, 100);
    return new RpcError(RPC_CODES.methodNotFound, `the method ${name} does not exist/is not available`);
  }
  if (call.params.length > method.paramsMax) {
    return new RpcError(RPC_CODES.invalidParams, `too many arguments, want at most ${method.paramsMax}`);
  }
  try {
    return JSON.stringify(await method.run(context, call.params, request));
  } catch (error) {
    if (error instanceof RpcError) return error;
    if (error instanceof AssertionError) throw error;
    return unexpected(error);
  }
}

/** A version may be compacted away while a call waits for its turn. Anything else is a bug, and tells nothing. */
function unexpected(error: unknown): RpcError {
  if (error instanceof CocoError && error.code === 'COCO_KV_VERSION') {
    return serverError('missing trie node: this state is no longer kept; ask again');
  }
  return new RpcError(RPC_CODES.internal, 'internal error');
}
