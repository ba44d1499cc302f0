/**
 * The errors that a JSON-RPC client sees: codes of JSON-RPC 2.0 (section 5.1) and EIP-1474, and geth's own where
 * popular clients look for them.
 */

/** A failure of one call, thrown by its method and written into its answer. */
export class RpcError extends Error {
  /** See `RPC_CODES`. */
  readonly code: number;
  /** JSON that goes with the error, for example the data of a revert. */
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = 'RpcError';
    this.code = code;
    this.data = data;
  }
}

/** Codes by meaning. */
export const RPC_CODES = {
  /** JSON-RPC 2.0: the body is not JSON. */
  parse: -32700,
  /** JSON-RPC 2.0: it is JSON, but not a request. */
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  /** A bug of ours. */
  internal: -32603,
  /** What geth answers to almost everything else, also to transactions that it does not accept. */
  server: -32000,
  /** EIP-1474: there is no such thing. */
  notFound: -32001,
  /** EIP-1474: not now; ask again. */
  unavailable: -32002,
  /** geth: the answer would be too large. */
  tooLarge: -32003,
  /** EIP-1474: a limit of this node is reached. */
  limit: -32005,
  /** geth: the code reverted; `data` is what it returned. */
  reverted: 3,
  /** EIP-7966: accepted, but not committed in time; `data` is the hash. */
  timeout: 4,
} as const;

/** "invalid argument N: …", as geth words it; `index` counts from 0. */
export function invalidParam(index: number, what: string): RpcError {
  return new RpcError(RPC_CODES.invalidParams, `invalid argument ${index}: ${what}`);
}

/** What geth answers when it refuses, with its code. */
export function serverError(message: string): RpcError {
  return new RpcError(RPC_CODES.server, message);
}

/** A limit of this node is reached. */
export function limitError(message: string): RpcError {
  return new RpcError(RPC_CODES.limit, message);
}

/** Leadership was lost while the transaction was on its way: it did not happen, and can be sent again. */
export function leadershipLost(): RpcError {
  return new RpcError(
    RPC_CODES.unavailable,
    'the primary changed before the transaction was committed; it had no effect, send it again',
    { retry: true },
  );
}
