/**
 * Requests one after another on one TLS connection, to which nonces and evidence are bound.
 */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { json } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { fromHex } from '@coco/primitives';
import { exporterOf } from './exporter.js';

export interface HeldAnswer {
  readonly status: number;
  readonly code: string;
  readonly sentence: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface HeldConnection {
  /** Once something was asked. */
  readonly exporter: Uint8Array;
  post(path: string, body?: unknown): Promise<HeldAnswer>;
  /** POST /node/challenge. */
  nonce(): Promise<Uint8Array>;
  close(): void;
}

export function holdConnection(
  url: string,
  identity: { readonly key: string; readonly cert: string; readonly ca: string },
): HeldConnection {
  const agent = new Agent({ ...identity, keepAlive: true, maxSockets: 1, minVersion: 'TLSv1.3' });
  let socket: TLSSocket | undefined;
  const post = async (path: string, body: unknown = {}): Promise<HeldAnswer> => {
    const outgoing = request(`${url}${path}`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    outgoing.end(JSON.stringify(body));
    const [incoming] = await once(outgoing, 'response');
    if (socket !== undefined && socket !== incoming.socket) throw new Error('it was closed in between');
    socket = incoming.socket;
    const fields = (await json(incoming)) as Record<string, unknown>;
    const { code = '', message = '' } = (fields['error'] ?? {}) as { code?: string; message?: string };
    return { status: incoming.statusCode, code, sentence: message, fields };
  };
  return {
    get exporter() {
      if (socket === undefined) throw new Error('nothing was asked yet');
      return exporterOf(socket);
    },
    post,
    async nonce() {
      const { fields } = await post('/node/challenge');
      const nonce = fromHex(String(fields['nonce']));
      if (nonce === undefined) throw new Error(`no nonce: ${JSON.stringify(fields)}`);
      return nonce;
    },
    close: () => agent.destroy(),
  };
}
