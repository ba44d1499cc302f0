/**
 * Somebody in between who has a node's key, but not what the node runs in: to those who connect it is the node, and what they
 * ask it passes on to the real one, evidence included.
 */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { rawHttps } from '../rawHttps.js';
import type { StolenKey } from './stolenKey.js';

export interface Relay {
  /** host:port. */
  readonly address: string;
  readonly url: string;
  /** "GET /path" of everything that it was asked, without queries. */
  readonly asked: readonly string[];
  close(): void;
}

/** What it says itself, by "GET /path", instead of asking. */
export type OwnAnswers = Readonly<Record<string, { readonly status: number; readonly text: string }>>;

/** Passes on to `url`, in the name of that node, or of `caller`. */
export async function openRelay(
  url: string,
  stolen: StolenKey,
  own: OwnAnswers = {},
  caller?: { readonly certificatePem: string; readonly privateKeyPem: string },
): Promise<Relay> {
  const asked: string[] = [];
  const { key, cert, ca } = stolen;
  const as = { ca, key: caller?.privateKeyPem ?? key, cert: caller?.certificatePem ?? cert };
  const server = createServer(
    { key, cert: `${cert}\n${ca}`, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
    async (request, response) => {
      const what = `${request.method} ${request.url?.split('?')[0]}`;
      asked.push(what);
      try {
        const body = (await buffer(request)).toString('utf8');
        const { status, text } =
          own[what] ??
          (await rawHttps(
            `${url}${request.url}`,
            { ...as, checkServerIdentity: () => undefined },
            request.method === 'POST' ? body : undefined,
          ));
        const length = Buffer.byteLength(text);
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': length });
        response.end(text);
      } catch (error) {
        response.writeHead(502).end(String(error));
      }
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    url: `https://${address}`,
    asked,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
