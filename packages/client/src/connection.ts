/**
 * HTTPS to one node: kept-alive connections, the service certificate as the only root of trust, a time limit for
 * the whole request, a size limit for the answer. Every way of failing has one code.
 */
import { Agent, type RequestOptions, request } from 'node:https';
import { parseCertificate, privateKeyFromPem } from '@coco/crypto';
import { CocoError, concatBytes, parseTxId } from '@coco/primitives';
import { AttestingAgent } from './attestingAgent.js';
import { checkFreshness } from './session.js';
import { readCertificateChain } from './signer.js';
import type { ClientOptions, HttpReply } from './types.js';

/** One request; `path` includes the query. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A request for an answer without end. */
export interface StreamRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Sends requests to one node. */
export interface Connection {
  /** The answer, whatever its status. */
  send(httpRequest: HttpRequest): Promise<HttpReply>;
  /** GET of an answer without end: `onText` gets it as it comes; resolves when the node ends it or `signal` aborts. */
  stream(streamRequest: StreamRequest, onText: (text: string) => void): Promise<void>;
  close(): void;
}

const defaultTimeoutMs = 30_000;
const defaultResponseBytesMax = 64 * 1024 * 1024;
const defaultConnectionsMax = 64;

/** Prepares connections to the node at `options.url` (https); none is made yet. */
export function openConnection(options: ClientOptions): Connection {
  const url = new URL(options.url);
  // Read once here, so that bad files are told apart from bad connections.
  parseCertificate(options.serviceCertificatePem);
  if (options.clientCertificate !== undefined) {
    readCertificateChain(options.clientCertificate.certificatePem);
    privateKeyFromPem(options.clientCertificate.privateKeyPem);
  }
  const settings = {
    keepAlive: true,
    maxSockets: options.connectionsMax ?? defaultConnectionsMax,
    ca: options.serviceCertificatePem,
    minVersion: 'TLSv1.3' as const,
    ...(options.clientCertificate !== undefined && {
      cert: options.clientCertificate.certificatePem,
      key: options.clientCertificate.privateKeyPem,
    }),
  };
  const agent = options.evidence === undefined ? new Agent(settings) : new AttestingAgent(settings, options);
  const limits: Limits = {
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    responseBytesMax: options.responseBytesMax ?? defaultResponseBytesMax,
  };
  // An IPv6 address stands in brackets in a URL, but not in a host option.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = { agent, host, port: url.port === '' ? 443 : url.port };
  const send = async (httpRequest: HttpRequest): Promise<HttpReply> => {
    const { method, path, body } = httpRequest;
    const headers: Record<string, string> = { ...options.headers, ...httpRequest.headers };
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
    const seen = options.session?.committedSeqno ?? 0;
    const reply = await exchange({ ...target, method, path, headers }, body, limits);
    checkFreshness(reply, options, seen);
    return reply;
  };
  const stream: Connection['stream'] = ({ path, signal, headers: own }, onText) => {
    const headers = { ...options.headers, accept: 'text/event-stream', ...own };
    return follow({ ...target, method: 'GET', path, headers, signal }, onText, limits.timeoutMs);
  };
  return { send, stream, close: () => agent.destroy() };
}

interface Limits {
  readonly timeoutMs: number;
  readonly responseBytesMax: number;
}

function exchange(
  target: RequestOptions,
  body: string | Uint8Array | undefined,
  limits: Limits,
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const facts = { host: String(target.host), port: Number(target.port), path: String(target.path) };
    const outgoing = request(target);
    const fail = (error: CocoError): void => {
      clearTimeout(timer);
      reject(error);
      outgoing.destroy();
    };
    const timer = setTimeout(() => {
      const { timeoutMs } = limits;
      fail(new CocoError('COCO_CLIENT_TIMEOUT', `no answer within ${timeoutMs} ms`, { ...facts, timeoutMs }));
    }, limits.timeoutMs);
    outgoing.on('error', (error) => fail(connectionFailure(error, facts)));
    outgoing.on('response', (incoming) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      incoming.on('data', (chunk: Uint8Array) => {
        length += chunk.length;
        if (length <= limits.responseBytesMax) chunks.push(chunk);
        else fail(responseTooLong(limits.responseBytesMax, facts));
      });
      incoming.on('error', (error) => fail(connectionFailure(error, facts)));
      incoming.on('end', () => {
        clearTimeout(timer);
        resolve(replyOf(incoming.statusCode ?? 0, incoming.headers, concatBytes(...chunks)));
      });
    });
    outgoing.end(body);
  });
}

/** Time is limited until the answer begins, and between its pieces: nodes send something every few seconds. */
function follow(target: RequestOptions, onText: (text: string) => void, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const facts = { host: String(target.host), port: Number(target.port), path: String(target.path) };
    const outgoing = request({ ...target, timeout: timeoutMs });
    const failed = (error: Error & { code?: string }): void => {
      if (target.signal?.aborted === true) resolve();
      else reject(connectionFailure(error, facts));
    };
    outgoing.on('timeout', () => {
      const sentence = `nothing was heard for ${timeoutMs} ms`;
      outgoing.destroy(new CocoError('COCO_CLIENT_TIMEOUT', sentence, { ...facts, timeoutMs }));
    });
    outgoing.on('error', failed);
    outgoing.on('response', (incoming) => {
      const type = incoming.headers['content-type'] ?? '';
      if (incoming.statusCode !== 200 || !type.startsWith('text/event-stream')) {
        const status = incoming.statusCode ?? 0;
        outgoing.destroy(
          new CocoError('COCO_CLIENT_HTTP', `the node sends no events: it answered ${status}`, {
            ...facts,
            status,
            errorCode: 'none',
          }),
        );
        return;
      }
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => {
        try {
          onText(text);
        } catch (error) {
          outgoing.destroy(error instanceof Error ? error : new Error(String(error)));
        }
      });
      incoming.on('error', failed);
      incoming.on('end', resolve);
    });
    outgoing.end();
  });
}

type Facts = Readonly<Record<string, string | number>>;

function connectionFailure(error: Error & { code?: string }, facts: Facts): CocoError {
  if (error instanceof CocoError) return error;
  const cause = error.code ?? 'unknown';
  // Verdicts of OpenSSL on the node's certificate and of Node on the name in it; ERR_SSL_* are alerts by the node.
  if (/^(?!ERR_SSL).*(CERT|SIGNATURE|INVALID_CA|PURPOSE|PATH_LENGTH|HOSTNAME)/.test(cause)) {
    const sentence = 'the node did not prove that it belongs to this service';
    return new CocoError('COCO_CLIENT_CERTIFICATE', `${sentence}: ${error.message}`, { ...facts, cause });
  }
  return new CocoError('COCO_CLIENT_CONNECTION', `the connection failed: ${error.message}`, {
    ...facts,
    cause,
  });
}

function responseTooLong(responseBytesMax: number, facts: Facts): CocoError {
  return new CocoError('COCO_CLIENT_RESPONSE', 'the answer is too long', { ...facts, responseBytesMax });
}

function replyOf(status: number, headers: NodeJS.Dict<string | string[]>, body: Uint8Array): HttpReply {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    flat[name] = Array.isArray(value) ? value.join(', ') : `${value}`;
  const txId = parseTxId(flat['x-ms-ccf-transaction-id'] ?? '');
  return { status, headers: flat, body, ...(txId !== undefined && { txId }) };
}
