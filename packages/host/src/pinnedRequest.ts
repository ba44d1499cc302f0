/**
 * Requests to the administrative endpoint of another node by somebody who knows of its network nothing but the
 * fingerprint of the service's certificate: the node sends that certificate along, and its own must be issued by it.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import {
  type Certificate,
  isIssuedBy,
  type PrivateKey,
  parseCertificate,
  privateKeyToPem,
} from '@coco/crypto';
import { CocoError, concatBytes } from '@coco/primitives';
import { type Address, formatAddress } from './address.js';
import { sessionExporter } from './attestation/sessionExporter.js';
import { plainBytes } from './plainBytes.js';

/** Whom to ask, as whom, and what is trusted. */
export interface Pin {
  /** Lower-case hex SHA-256 of the service's certificate (DER). */
  readonly serviceFingerprint: string;
  /** The caller's own, if it is to show one. */
  readonly identity?: { readonly key: PrivateKey; readonly certificate: Certificate };
  /** For connecting, and then for silence. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly signal?: AbortSignal;
}

export interface PinnedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface PinnedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The service's certificate, as pinned. */
  readonly serviceCertificate: Certificate;
  readonly body: Uint8Array;
}

/** Several requests on one connection. */
export interface PinnedSession {
  /** The service's certificate, as pinned. */
  readonly serviceCertificate: Certificate;
  /** The node's own. */
  readonly nodeCertificate: Certificate;
  /** See sessionExporter.ts. */
  readonly exporter: Uint8Array;
  /** Asks; one after another. COCO_JOIN_UNREACHABLE. */
  ask(asked: PinnedRequest, onBody?: OnBody): Promise<PinnedAnswer>;
}

type OnBody = (bytes: Uint8Array, answer: Omit<PinnedAnswer, 'body'>) => void;

const bodyBytesMax = 16 * 1024 * 1024;

/**
 * Asks, and collects the whole answer; with `onBody` the body goes there instead, as it comes, if the status is 200 or
 * 206. COCO_JOIN_UNREACHABLE, COCO_JOIN_SERVICE.
 */
export function pinnedRequest(
  to: Address,
  asked: PinnedRequest,
  pin: Pin,
  onBody?: OnBody,
): Promise<PinnedAnswer> {
  const headers = { connection: 'close', ...asked.headers };
  return withPinnedSession(to, pin, ({ ask }) => ask({ ...asked, headers }, onBody));
}

/** Does `work` on one connection, which is closed then. COCO_JOIN_UNREACHABLE, COCO_JOIN_SERVICE, and what `work` throws. */
export async function withPinnedSession<Result>(
  to: Address,
  pin: Pin,
  work: (session: PinnedSession) => Promise<Result>,
): Promise<Result> {
  const { socket, ...certificates } = await connectPinned(to, pin);
  const agent = new OneSocketAgent(socket);
  try {
    const exporter = sessionExporter(socket);
    const ask = (asked: PinnedRequest, onBody?: OnBody): Promise<PinnedAnswer> =>
      askOver(agent, { to, asked, pin, serviceCertificate: certificates.serviceCertificate }, onBody);
    return await work({ ...certificates, exporter, ask });
  } finally {
    socket.destroy();
    agent.destroy();
  }
}

/** Keeps to one connection that is open already. */
class OneSocketAgent extends Agent {
  #socket: TLSSocket | undefined;

  constructor(socket: TLSSocket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#socket = socket;
  }

  override createConnection(): TLSSocket {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) throw new Error('it closed the connection');
    return socket;
  }
}

interface Asking {
  readonly to: Address;
  readonly asked: PinnedRequest;
  readonly pin: Pin;
  readonly serviceCertificate: Certificate;
}

async function askOver(
  agent: Agent,
  { to, asked, pin, serviceCertificate }: Asking,
  onBody: OnBody | undefined,
): Promise<PinnedAnswer> {
  /** What the taker of the body threw is its own, and not the connection's. */
  let thrown: { readonly error: unknown } | undefined;
  try {
    const message = await send(agent, to, asked, pin);
    const answer = { status: message.statusCode ?? 0, headers: message.headers, serviceCertificate };
    const body = new Body();
    const streamed = onBody !== undefined && (answer.status === 200 || answer.status === 206);
    const take = streamed
      ? (bytes: Uint8Array) => onBody(bytes, answer)
      : (bytes: Uint8Array) => body.add(bytes);
    for await (const part of message) {
      try {
        take(plainBytes(part as ArrayBufferView));
      } catch (error) {
        thrown = { error };
        throw error;
      }
    }
    return { ...answer, body: body.bytes };
  } catch (error) {
    throw thrown === undefined ? unreachable(to, error) : thrown.error;
  }
}

class Body {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > bodyBytesMax) throw new CocoError('COCO_JOIN_ANSWER', "the node's answer is too long");
    this.#parts.push(bytes);
  }

  get bytes(): Uint8Array {
    return concatBytes(...this.#parts);
  }
}

interface Connected extends Pick<PinnedSession, 'serviceCertificate' | 'nodeCertificate'> {
  readonly socket: TLSSocket;
}

function connectPinned(to: Address, pin: Pin): Promise<Connected> {
  const { identity, timeoutMs, signal } = pin;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(unreachable(to, new Error('it was called off')));
      return;
    }
    const socket = connect({
      host: to.host,
      port: to.port,
      // The chain is judged below, by the pinned fingerprint.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      ...(identity && { key: privateKeyToPem(identity.key), cert: identity.certificate.pem }),
    });
    const abort = (): void => void socket.destroy(new Error('it was called off'));
    signal?.addEventListener('abort', abort);
    socket.once('close', () => signal?.removeEventListener('abort', abort));
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('it does not answer')));
    socket.on('error', (error) => reject(unreachable(to, error)));
    socket.on('close', () => reject(unreachable(to, new Error('it closed the connection'))));
    socket.once('secureConnect', () => {
      const judged = judge(socket, pin);
      if (!('refused' in judged)) {
        resolve({ socket, ...judged });
        return;
      }
      const sentence = `the node at ${formatAddress(to)} is not of the service that was named: ${judged.refused}`;
      reject(new CocoError('COCO_JOIN_SERVICE', sentence, { address: formatAddress(to) }));
      socket.destroy();
    });
  });
}

/** The certificates when the node showed a chain to the pinned one. */
function judge(
  socket: TLSSocket,
  { serviceFingerprint, nowMs }: Pin,
): Omit<Connected, 'socket'> | { readonly refused: string } {
  const sent = socket.getPeerCertificate(true);
  if (sent?.raw === undefined) return { refused: 'it shows no certificate' };
  try {
    const own = parseCertificate(plainBytes(sent.raw));
    const issuer = sent.issuerCertificate?.raw;
    if (issuer === undefined) return { refused: "it does not show the service's certificate" };
    const service = parseCertificate(plainBytes(issuer));
    if (service.fingerprint !== serviceFingerprint) {
      return { refused: `the service's certificate has the fingerprint ${service.fingerprint}` };
    }
    if (!isIssuedBy(own, service)) return { refused: 'the service did not issue its certificate' };
    const now = nowMs();
    if (now < own.notBeforeMs || now > own.notAfterMs) return { refused: 'its certificate is not valid now' };
    return { serviceCertificate: service, nodeCertificate: own };
  } catch (error) {
    if (error instanceof CocoError) return { refused: 'its certificate cannot be read' };
    throw error;
  }
}

function send(agent: Agent, to: Address, asked: PinnedRequest, pin: Pin): Promise<IncomingMessage> {
  const { method, path, headers = {}, body } = asked;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      agent,
      method,
      path,
      headers: {
        host: formatAddress(to),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      timeout: pin.timeoutMs,
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

function unreachable(to: Address, error: unknown): CocoError {
  const reason = error instanceof Error ? error.message : String(error);
  const address = formatAddress(to);
  return new CocoError('COCO_JOIN_UNREACHABLE', `the node at ${address} cannot be asked: ${reason}`, {
    address,
    reason,
  });
}
