/**
 * An endpoint and clients of it for the tests of this room.
 */
import { connect, type TLSSocket } from 'node:tls';
import { privateKeyToPem } from '@coco/crypto';
import { identifyActor } from '@coco/governance';
import type { Test } from './entries.test.js';
import { type HttpEndpoint, type HttpOptions, type HttpRequest, openHttp } from './http.js';
import { type TestIdentity, testIdentity, testNetworkView, testService } from './identities.test.js';
import type { Log } from './log.js';

export const service = testService();
const node = testIdentity('node', service);
export const member = testIdentity('member');
export const participant = testIdentity('participant');

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface TestEndpoint {
  readonly endpoint: HttpEndpoint;
  /** Every request that reached the handler. */
  readonly handled: HttpRequest[];
}

/** Answers every request with what it was. */
export async function openTestEndpoint(t: Test, options: Partial<HttpOptions> = {}): Promise<TestEndpoint> {
  const handled: HttpRequest[] = [];
  const endpoint = await openHttp({
    listen: { host: '127.0.0.1', port: 0 },
    key: node.privateKey,
    certificate: node.certificate,
    serviceCertificatePem: service.certificate.pem,
    network: testNetworkView({ members: [member], participants: [participant] }),
    identify: identifyActor,
    admit: { anonymous: true, strangers: false, nodes: false },
    log: silentLog,
    handle: async (request) => {
      handled.push(request);
      const { body, chain, ...rest } = request;
      const text = JSON.stringify({ ...rest, bodyBytes: body.length, certificates: chain.length });
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: new TextEncoder().encode(text),
      };
    },
    ...options,
  });
  t.after(() => endpoint.close(0));
  return { endpoint, handled };
}

/** A TLS connection to `endpoint` that believes the service's certificate, with `identity` if given. */
export async function dial(t: Test, endpoint: HttpEndpoint, identity?: TestIdentity): Promise<TLSSocket> {
  const chain = [identity?.certificate, ...(identity?.issuers ?? [])];
  const socket = connect({
    ...endpoint.address,
    ca: service.certificate.pem,
    ALPNProtocols: ['http/1.1'],
    ...(identity && {
      key: privateKeyToPem(identity.privateKey),
      cert: chain.map((one) => one?.pem).join('\n'),
    }),
  });
  t.after(() => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return socket;
}

/** All that comes back until the other side closes. */
export function readToEnd(socket: TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('close', () => resolve(text));
  });
}

/** Sends `text` as it is and gives all that comes back until the other side closes. */
export async function exchange(
  t: Test,
  endpoint: HttpEndpoint,
  text: string,
  identity?: TestIdentity,
): Promise<string> {
  const socket = await dial(t, endpoint, identity);
  const answer = readToEnd(socket);
  socket.write(text, 'latin1');
  return answer;
}

/** Status codes of the answers in `text`. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
