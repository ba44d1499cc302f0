/**
 * HTTPS requests of any method, by anybody, to a node; answers of any status.
 */
import { once } from 'node:events';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { GivenAnswer } from './documented.js';

export interface Asking {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks. */
  readonly as?: { readonly certificatePem: string; readonly privateKeyPem: string };
}

const endlessMs = 300;

/** Asks the node at `url`. Of an answer without end only what comes at first is read. */
export async function ask(url: string, serviceCertificatePem: string, asking: Asking): Promise<GivenAnswer> {
  const { method, path, body, contentType, headers, as } = asking;
  const outgoing = request(`${url}${path}`, {
    method,
    agent: false,
    ca: serviceCertificatePem,
    ...(as && { cert: as.certificatePem, key: as.privateKeyPem }),
    headers: { ...(contentType !== undefined && { 'content-type': contentType }), ...headers },
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  const type: string | undefined = incoming.headers['content-type'];
  if (type === 'text/event-stream') setTimeout(() => incoming.destroy(), endlessMs);
  const bytes: Buffer = await buffer(incoming).catch(() => Buffer.alloc(0));
  return { status: incoming.statusCode, contentType: type, text: bytes.toString('utf8') };
}
