/**
 * A service on this machine that stands in for those of vendors: what it answers is said by path, and what it was asked is kept.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpStub {
  readonly url: string;
  /** By path and query. */
  readonly answers: Map<string, StubAnswer>;
  /** Paths in the order in which they were asked for, with the body that came with them. */
  readonly asked: {
    readonly path: string;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly body: string;
  }[];
  close(): Promise<void>;
}

export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Begins to answer, and never ends. */
  readonly hangs?: boolean;
}

export async function openHttpStub(): Promise<HttpStub> {
  const answers = new Map<string, StubAnswer>();
  const asked: HttpStub['asked'] = [];
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    const path = request.url ?? '';
    asked.push({ path, headers: request.headers, body });
    const answer = answers.get(path) ?? { status: 404 };
    response.writeHead(answer.status ?? 200, answer.headers);
    if (answer.hangs === true) response.write('…');
    else response.end(answer.body ?? '');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // A test that fails before it closes this shall end all the same.
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    asked,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
