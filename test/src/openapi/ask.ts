/**
 * HTTPS requests of any method, by anybody, to a node; answers of any status.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { fromHex } from '@coco/primitives';
import { exporterOf } from '../attestation/exporter.js';
import type { GivenAnswer } from './documented.js';
import { virtualProof } from './virtualProof.js';

export interface Asking {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks. */
  readonly as?: { readonly certificatePem: string; readonly privateKeyPem: string };
  /** Asks for a nonce first, on the same connection, and adds evidence for this purpose to the body, which is JSON. */
  readonly proves?: 'join' | 'lease' | 'secrets';
}

const endlessMs = 300;

/** Asks the node at `url`. Of an answer without end only what comes at first is read. */
export async function ask(url: string, serviceCertificatePem: string, asking: Asking): Promise<GivenAnswer> {
  if (asking.proves === undefined) return askOnce(url, serviceCertificatePem, asking, false);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { proves, ...rest } = asking;
    const challenge = { method: 'POST', path: '/node/challenge', ...(asking.as && { as: asking.as }) };
    const given = await askOnce(url, serviceCertificatePem, challenge, agent);
    if (given.status !== 200) return given;
    const nonce = fromHex((JSON.parse(given.text) as { nonce: string }).nonce);
    if (nonce === undefined || asking.as === undefined) throw new Error('nobody to prove, or no nonce');
    const bound = { purpose: proves, nonce, exporter: exporterOf(given.socket) };
    const evidence = await virtualProof(bound, asking.as, serviceCertificatePem);
    const body = JSON.stringify({ ...JSON.parse(String(asking.body)), evidence });
    return await askOnce(url, serviceCertificatePem, { ...rest, body }, agent);
  } finally {
    agent.destroy();
  }
}

async function askOnce(
  url: string,
  serviceCertificatePem: string,
  asking: Asking,
  agent: Agent | false,
): Promise<GivenAnswer & { readonly socket: TLSSocket }> {
  const { method, path, body, contentType, headers, as } = asking;
  const outgoing = request(`${url}${path}`, {
    method,
    agent,
    ca: serviceCertificatePem,
    ...(as && { cert: as.certificatePem, key: as.privateKeyPem }),
    headers: { ...(contentType !== undefined && { 'content-type': contentType }), ...headers },
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  // The answer lets go of it once it is read.
  const { socket, statusCode: status } = incoming;
  const type: string | undefined = incoming.headers['content-type'];
  if (type === 'text/event-stream') setTimeout(() => incoming.destroy(), endlessMs);
  const bytes: Buffer = await buffer(incoming).catch(() => Buffer.alloc(0));
  return { status, contentType: type, text: bytes.toString('utf8'), socket };
}
