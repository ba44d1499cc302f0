/**
 * An HTTPS endpoint: TLS, HTTP/1.1, limits, and who is calling (SEC-1). What is left of a request when it passes is
 * method, path, query, a few headers, body and caller; everything malformed, ambiguous, too large or too slow is
 * refused here with `{"error":{"code","message"}}`, and no handler hears of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { AdapterRequest } from '@coco/adapter';
import { type Certificate, type PrivateKey, privateKeyToPem } from '@coco/crypto';
import type { IdentifyActor, NetworkView } from '@coco/governance';
import { CocoError } from '@coco/primitives';
import type { Address } from './address.js';
import { type TlsConnection, tlsConnection } from './attestation/sessionExporter.js';
import { type HttpResponse, send, sendResponse } from './httpAnswer.js';
import { type BodyBudget, readBody } from './httpBody.js';
import { type Admission, type Callers, createCallers } from './httpCallers.js';
import { HttpConnections } from './httpConnections.js';
import { type HttpTarget, parseTarget } from './httpPath.js';
import { parserRefusal, type Refusal, refusals, writeRaw } from './httpRefusals.js';
import type { Log } from './log.js';
import { listenOn } from './peers.js';

export type { HttpResponse, HttpStream } from './httpAnswer.js';
export type { Admission } from './httpCallers.js';

/** A request that passed the door. `headers` has the names of `HttpOptions.headers`, as far as they were sent. */
export interface HttpRequest extends AdapterRequest {
  /** Certificates that the connection was made with, leaf first; whoever they are of. */
  readonly chain: readonly Certificate[];
  readonly connection: TlsConnection;
}

/** Sizes in bytes, times in milliseconds. */
export interface HttpLimits {
  readonly bodyBytesMax: number;
  /** All bodies of requests in progress together. */
  readonly bodiesBytesMax: number;
  readonly urlBytesMax: number;
  readonly headersMax: number;
  /** Request line and all headers. At most 64 KiB. */
  readonly headerBytesMax: number;
  /** When there are more, the one that was idle longest is closed. */
  readonly connectionsMax: number;
  /** Requests in progress, beyond which 503 is answered. */
  readonly requestsMax: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  /** Between requests on one connection. */
  readonly idleTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytesMax: 1024 * 1024,
  bodiesBytesMax: 256 * 1024 * 1024,
  urlBytesMax: 4096,
  headersMax: 100,
  headerBytesMax: 16 * 1024,
  connectionsMax: 2000,
  requestsMax: 20_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
};

export interface HttpOptions {
  readonly listen: Address;
  readonly key: PrivateKey;
  readonly certificate: Certificate;
  /** Sent along, so that clients can show who issued the certificate. */
  readonly serviceCertificatePem: string;
  /** Who may call, as committed. */
  readonly network: NetworkView;
  readonly identify: IdentifyActor;
  readonly admit: Admission;
  /** Those that are absent are `defaultHttpLimits`. */
  readonly limits?: Partial<HttpLimits>;
  /** Headers that handlers get, in lower case. Default content-type, accept and prefer. */
  readonly headers?: readonly string[];
  /** Origins whose pages may use the endpoint from a browser, or "*" for all. Default none. */
  readonly corsOrigins?: readonly string[];
  readonly log: Log;
  readonly nowMs?: () => number;
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
}

/** Running figures. */
export interface HttpFigures {
  readonly connections: number;
  readonly evicted: number;
  readonly requests: number;
  readonly inProgress: number;
  /** Refused at this door. */
  readonly refused: number;
}

export interface HttpEndpoint {
  readonly address: Address;
  /** The network is this from now on; connections of those who are no longer part of it are cut. */
  setNetwork(network: NetworkView): void;
  /** The certificate to show from the next connection on. */
  setCertificate(certificate: Certificate): void;
  figures(): HttpFigures;
  /** Takes no more, gives requests in progress `graceMs` (default 2000) to be answered, and closes. */
  close(graceMs?: number): Promise<void>;
}

/**
 * SSL_OP_NO_RENEGOTIATION and SSL_OP_NO_TICKET of OpenSSL 3: a resumed session would show the caller's certificate
 * without those that issued it.
 */
const secureOptions = 2 ** 30 + 2 ** 14;
/** How often connections are looked through for certificates that have ended. */
const sweepMs = 1000;
/** Headers of answers that a page may read. */
const exposed = 'x-ms-ccf-transaction-id, x-coco-committed-seqno, x-coco-stale-ms';
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']);

/** Begins to listen. COCO_HOST_LISTEN when the address cannot be had. */
export async function openHttp(options: HttpOptions): Promise<HttpEndpoint> {
  const limits = { ...defaultHttpLimits, ...options.limits };
  const server = createServer({
    ...tlsIdentity(options, options.certificate),
    // Nobody is trusted for having a certificate of some authority; see httpCallers.ts.
    ca: [],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    secureOptions,
    handshakeTimeout: limits.handshakeTimeoutMs,
    ALPNProtocols: ['http/1.1'],
    insecureHTTPParser: false,
    // Checked in `isUnambiguous`, so that what follows on the connection is not served either.
    requireHostHeader: false,
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
  });
  // The platform would drop headers beyond this without a word; they are counted in `#refusalOf`.
  server.maxHeadersCount = 0;
  const endpoint = new Endpoint(options, limits, server);
  await listenOn(server, options.listen);
  return endpoint;
}

function tlsIdentity({ key, serviceCertificatePem }: HttpOptions, { pem }: Certificate) {
  return { key: privateKeyToPem(key), cert: `${pem}\n${serviceCertificatePem}` };
}

class Endpoint implements HttpEndpoint {
  readonly #options: HttpOptions;
  readonly #limits: HttpLimits;
  readonly #server: Server;
  readonly #callers: Callers;
  readonly #connections: HttpConnections;
  readonly #budget: BodyBudget;
  readonly #headers: readonly string[];
  readonly #figures = { requests: 0, inProgress: 0, refused: 0 };
  readonly #sockets = new Set<TLSSocket>();
  readonly #sweeps: NodeJS.Timeout;

  constructor(options: HttpOptions, limits: HttpLimits, server: Server) {
    const { network, identify, admit, nowMs = Date.now, headers } = options;
    this.#options = options;
    this.#limits = limits;
    this.#server = server;
    this.#callers = createCallers({ network, identify, admit, nowMs });
    this.#connections = new HttpConnections(limits.connectionsMax);
    this.#budget = { held: 0, heldMax: limits.bodiesBytesMax, bodyBytesMax: limits.bodyBytesMax };
    this.#headers = headers ?? ['content-type', 'accept', 'prefer'];
    server.on('connection', (socket: Socket) => this.#connections.add(socket));
    // With a listener of ours, data reaches the parser through the socket's stream. Else the parser reads from the TLS
    // layer itself, which goes on feeding it while it is paused, and the connection breaks (HPE_PAUSED).
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('data', () => undefined);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.#serve(request, response));
    server.on('checkContinue', (request, response) => void this.#serve(request, response, true));
    server.on('checkExpectation', (request, response) => {
      this.#refuse(request, response, refusals.expectation);
    });
    server.on('connect', (_request, socket) => this.#refuseRaw(socket, refusals.method));
    server.on('clientError', (error, socket) => this.#refuseRaw(socket, parserRefusal(error)));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#sweeps = setInterval(() => this.#sweep(), sweepMs);
    this.#sweeps.unref();
  }

  get address(): Address {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) return this.#options.listen;
    return { host: address.address, port: address.port };
  }

  async #serve(request: IncomingMessage, response: ServerResponse, awaitsContinue = false): Promise<void> {
    const end = this.#connections.begin(request);
    if (end === undefined) return;
    this.#figures.inProgress++;
    response.on('error', () => undefined);
    let held = 0;
    try {
      this.#allowOrigin(request, response);
      const target = parseTarget(request.url ?? '');
      const refusal = this.#refusalOf(request, target);
      if (refusal !== undefined || target === undefined) {
        this.#refuse(request, response, refusal ?? refusals.path);
        return;
      }
      const identified = this.#callers.identify(request.socket as TLSSocket);
      if ('refused' in identified) {
        this.#refuse(request, response, { ...refusals.caller, message: identified.refused });
        return;
      }
      if (awaitsContinue && Number(request.headers['content-length'] ?? 0) <= this.#limits.bodyBytesMax) {
        response.writeContinue();
      }
      const read = await readBody(request, this.#budget);
      held = read.held;
      if (read.kind === 'gone') return;
      if (read.kind !== 'body') {
        this.#refuse(request, response, read.kind === 'busy' ? refusals.busy : refusals.body);
        return;
      }
      const { caller, chain } = identified;
      const headers = this.#pickHeaders(request);
      await this.#answer(response, {
        method: request.method ?? '',
        ...target,
        headers,
        body: read.body,
        caller,
        chain,
        connection: tlsConnection(request.socket as TLSSocket),
      });
    } finally {
      this.#budget.held -= held;
      this.#figures.inProgress--;
      end();
    }
  }

  async #answer(response: ServerResponse, request: HttpRequest): Promise<void> {
    this.#figures.requests++;
    try {
      const answer = await this.#options.handle(request);
      if (!response.destroyed) await sendResponse(response, answer);
    } catch (error) {
      const { code, message } =
        error instanceof CocoError
          ? error
          : { code: 'COCO_HOST_HTTP_INTERNAL', message: 'the node failed on this' };
      this.#options.log.error('a request failed', { code, reason: String(error), path: request.path });
      if (response.headersSent) response.destroy();
      else send(response, { status: 500, code, message });
    }
  }

  /** Why `request` is refused before its body is read; undefined when it is not. */
  #refusalOf(request: IncomingMessage, target: HttpTarget | undefined): Refusal | undefined {
    const { urlBytesMax, headersMax, requestsMax } = this.#limits;
    if (!isUnambiguous(request)) return refusals.malformed;
    if ((request.url ?? '').length > urlBytesMax) return refusals.url;
    if (request.rawHeaders.length > 2 * headersMax) return refusals.headers;
    if (request.method === 'OPTIONS' && this.#isAllowedOrigin(request)) return refusals.preflight;
    if (target === undefined) return refusals.path;
    if (!methods.has(request.method ?? '')) return refusals.method;
    return this.#figures.inProgress > requestsMax ? refusals.busy : undefined;
  }

  #pickHeaders(request: IncomingMessage): Record<string, string> {
    const picked: Record<string, string> = {};
    for (const name of this.#headers) {
      const value = request.headers[name];
      if (typeof value === 'string') picked[name] = value;
    }
    return picked;
  }

  #isAllowedOrigin({ headers: { origin } }: IncomingMessage): boolean {
    const { corsOrigins = [] } = this.#options;
    return origin !== undefined && (corsOrigins.includes('*') || corsOrigins.includes(origin));
  }

  #allowOrigin(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isAllowedOrigin(request)) return;
    response.setHeader('access-control-allow-origin', request.headers.origin as string);
    response.setHeader('vary', 'origin');
    response.setHeader('access-control-expose-headers', exposed);
    if (request.method !== 'OPTIONS') return;
    response.setHeader('access-control-allow-methods', [...methods].join(', '));
    response.setHeader('access-control-allow-headers', this.#headers.join(', '));
    response.setHeader('access-control-max-age', '600');
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    if (refusal !== refusals.preflight) this.#noteRefusal(refusal, request.url ?? '');
    // What may still come of a body is not waited for, nor is anything believed that comes behind bad framing.
    if (!request.complete || refusal === refusals.malformed) {
      response.setHeader('connection', 'close');
      this.#connections.serveNoMore(request.socket);
    }
    send(response, refusal);
  }

  /** Answers what the parser did not understand, unless that would come in the middle of another answer. */
  #refuseRaw(socket: Duplex, refusal: Refusal | undefined): void {
    if (refusal !== undefined) this.#noteRefusal(refusal, '');
    const answerable = socket.writable && this.#connections.isAnswerable(socket as TLSSocket);
    if (refusal === undefined || !answerable) socket.destroy();
    else writeRaw(socket, refusal);
  }

  #noteRefusal({ status, code }: Refusal, url: string): void {
    this.#figures.refused++;
    this.#options.log.debug('a request was refused', { status, code, url });
  }

  setNetwork(network: NetworkView): void {
    this.#callers.setNetwork(network);
    // Whoever removed itself gets the answer that is just being written.
    setImmediate(() => this.#sweep());
  }

  setCertificate(certificate: Certificate): void {
    this.#server.setSecureContext(tlsIdentity(this.#options, certificate));
  }

  #sweep(): void {
    for (const socket of this.#sockets) {
      if (!this.#callers.hasLostAccess(socket)) continue;
      this.#connections.serveNoMore(socket);
      this.#sockets.delete(socket);
      socket.destroySoon();
      setTimeout(() => socket.destroy(), sweepMs).unref();
    }
  }

  figures(): HttpFigures {
    const { size, evicted } = this.#connections;
    return { ...this.#figures, connections: size, evicted };
  }

  async close(graceMs = 2000): Promise<void> {
    clearInterval(this.#sweeps);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#connections.close('idle');
    const timer = setTimeout(() => this.#connections.close('all'), graceMs);
    await closed;
    clearTimeout(timer);
  }
}

/** What the platform's parser lets pass although another on the way might read it differently. */
function isUnambiguous({ httpVersion, rawHeaders, headers }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  const encoding = headers['transfer-encoding'];
  return httpVersion === '1.1' && hosts === 1 && (encoding === undefined || encoding === 'chunked');
}
