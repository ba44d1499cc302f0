/**
 * What a client of a Coco service can do.
 */
import type { Manifests } from '@coco/attestation';
import type { TxId } from '@coco/primitives';
import type { ServerEvent } from './events.js';
import type { Session } from './session.js';

/** How to reach a service, and how to know that it is the right one. */
export interface ClientOptions {
  /** A node, for example "https://127.0.0.1:8000". JSON-RPC goes to its path (default "/"). */
  readonly url: string;
  /** The only root of trust: nodes must present certificates that this one issued. */
  readonly serviceCertificatePem: string;
  /** The caller's own identity; the certificate may be a chain, leaf first. Default: anonymous. */
  readonly clientCertificate?: { readonly certificatePem: string; readonly privateKeyPem: string };
  /**
   * What a node must prove, on every connection, before anything is sent on it (SEC-3); with `manifests: 'shown'` by those that the
   * node itself shows. Default: nothing; that the service issued its certificate is enough.
   */
  readonly evidence?: { readonly manifests: Manifests | 'shown' };
  /**
   * Answers of a node that is behind what this session has seen are refused with COCO_CLIENT_BEHIND; what is seen committed
   * is noted. Default: answers are taken as they are.
   */
  readonly session?: Session;
  /** Answers of a node that says it is out of touch with its network are refused with COCO_CLIENT_STALE. Default false. */
  readonly refuseStale?: boolean;
  /** Sent with every request, for example `{ prefer: 'respond-async' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For a whole request, until the last byte of the answer. Default 30,000. */
  readonly timeoutMs?: number;
  /** Longer answers are refused. Default 64 MiB. */
  readonly responseBytesMax?: number;
  /** Connections kept open at most; further requests wait. Default 64. */
  readonly connectionsMax?: number;
}

/** An HTTP answer with a status below 400. */
export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The last transaction that the answer depends on, if the node named one. */
  readonly txId?: TxId;
}

export interface JsonRpcCall {
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** What became of one call of a batch. */
export type JsonRpcOutcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: number; readonly message: string; readonly data?: unknown };

/**
 * A connection to one node. Methods throw COCO_CLIENT_CONNECTION, COCO_CLIENT_CERTIFICATE, COCO_CLIENT_TIMEOUT,
 * COCO_CLIENT_HTTP or COCO_CLIENT_RESPONSE when no good answer came; nothing is ever sent twice.
 */
export interface Client {
  /** Result of one JSON-RPC 2.0 call. Throws COCO_CLIENT_RPC (facts `rpcCode`, `data`) when the answer is an error. */
  jsonRpc(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Sends all calls as one JSON-RPC batch; outcomes in the order of the calls. */
  jsonRpcBatch(calls: readonly JsonRpcCall[]): Promise<readonly JsonRpcOutcome[]>;
  /** GET of `path` (with query, if any). Throws COCO_CLIENT_HTTP for status 400 and above. */
  get(path: string): Promise<HttpReply>;
  /** GET of `path`, parsed as JSON. */
  getJson(path: string): Promise<unknown>;
  /** POST of `body` to `path`. Throws COCO_CLIENT_HTTP for status 400 and above. */
  post(path: string, contentType: string, body: Uint8Array): Promise<HttpReply>;
  /**
   * Server-sent events of `path`, until the node ends them or `signal` aborts. Throws COCO_CLIENT_HTTP when the node
   * sends none, COCO_CLIENT_TIMEOUT when it falls silent. With `lastId` those after that one.
   */
  events(
    path: string,
    onEvent: (event: ServerEvent) => void,
    options: { readonly signal: AbortSignal; readonly lastId?: string },
  ): Promise<void>;
  /** DELETE of `path`. Throws COCO_CLIENT_HTTP for status 400 and above. */
  delete(path: string): Promise<HttpReply>;
  /**
   * Asks until `txId` is final. Throws COCO_CLIENT_TIMEOUT when it is not within `timeoutMs` (default that of
   * the client).
   */
  waitForCommit(txId: TxId, options?: { readonly timeoutMs?: number }): Promise<'Committed' | 'Invalid'>;
  /** Closes all connections. */
  close(): void;
}
