import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError } from '@coco/primitives';
import type { Test } from './entries.test.js';
import {
  dial,
  exchange,
  member,
  openTestEndpoint,
  participant,
  readToEnd,
  service,
  statuses,
} from './httpEndpoint.test.js';
import { issue, type TestIdentity, testIdentity, testNetworkView } from './identities.test.js';

const nobody = { anonymous: false, strangers: false, nodes: false };

const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n${headers}\r\n`;

const bodyOf = (answer: string): Record<string, unknown> => JSON.parse(answer.split('\r\n\r\n')[1] ?? '');
const codeOf = (answer: string): unknown => (bodyOf(answer).error as { code?: unknown }).code;

test('a handler gets method, path, query, chosen headers, body and caller, and nothing else', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t);
  const answer = await exchange(
    t,
    endpoint,
    'POST /app/x?a=1&b=%2F HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nPrefer: respond-async\r\n' +
      'Cookie: secret\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
  );
  assert.deepEqual(statuses(answer), [200]);
  assert.match(answer, /cache-control: no-store/);
  const [first] = handled;
  assert.ok(first !== undefined);
  const { connection, ...rest } = first;
  assert.equal(connection.exporter(), undefined, 'it is closed');
  assert.deepEqual(
    [rest],
    [
      {
        method: 'POST',
        path: '/app/x',
        query: 'a=1&b=%2F',
        headers: { 'content-type': 'application/json', prefer: 'respond-async' },
        body: new TextEncoder().encode('hello'),
        caller: { kind: 'anonymous' },
        chain: [],
      },
    ],
  );
  assert.equal(handled.length, 1);
});

test('one connection carries many requests, with lengths or in chunks', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t);
  const answer = await exchange(
    t,
    endpoint,
    'POST /1 HTTP/1.1\r\nHost: n\r\nContent-Length: 3\r\n\r\nabc' +
      'POST /2 HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n' +
      get('/3'),
  );
  assert.deepEqual(statuses(answer), [200, 200, 200]);
  assert.deepEqual(
    handled.map(({ path, body }) => [path, body.length]),
    [
      ['/1', 3],
      ['/2', 5],
      ['/3', 0],
    ],
  );
});

test('known members and participants are recognised by the very certificate; others are refused', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t, { admit: nobody });
  const callers: [TestIdentity | undefined, number][] = [
    [member, 200],
    [participant, 200],
    [undefined, 401],
    [testIdentity('member'), 401],
    [testIdentity('member', service), 401],
  ];
  for (const [identity, status] of callers) {
    const answer = await exchange(t, endpoint, get('/'), identity);
    assert.deepEqual(statuses(answer), [status]);
    if (status === 401) assert.equal(codeOf(answer), 'COCO_HOST_HTTP_CALLER');
  }
  assert.deepEqual(
    handled.map(({ caller }) => caller),
    [
      { kind: 'member', id: member.certificate.fingerprint, subject: 'CN=member' },
      { kind: 'participant', id: participant.certificate.fingerprint, subject: 'CN=participant' },
    ],
  );
});

test('an unknown certificate is refused also where callers without one are admitted', async (t) => {
  const { endpoint } = await openTestEndpoint(t, {});
  assert.deepEqual(statuses(await exchange(t, endpoint, get('/'), testIdentity('stranger'))), [401]);
});

test('a certificate counts only while it is valid', async (t) => {
  const now = Date.now();
  const old = issue('old', false, undefined, { notBeforeMs: now - 7_200_000, notAfterMs: now - 3_600_000 });
  const { endpoint } = await openTestEndpoint(t, {
    network: testNetworkView({ members: [old] }),
  });
  assert.deepEqual(statuses(await exchange(t, endpoint, get('/'), old)), [401]);
});

test('a path has one spelling; any other is not found, and its handler not called', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t);
  const ambiguous = [
    '/app/../gov',
    '/app/./x',
    '/..',
    '/app/%2e%2e/gov',
    '/app/%2E%2e/gov',
    '/app/.%2e/gov',
    '//gov',
    '/app//x',
    '/app/%2fgov',
    '/app\\gov',
    '/app/%5cgov',
    '/app/%00',
    '/app/%0d%0aX: 1',
    '/app/%252e%252e',
    '/app/%c0%ae%c0%ae',
    '/app/%ff',
    '/app/%zz',
    '/app/%E2%80%A5/gov',
    '/app/%EF%BC%8E%EF%BC%8E/gov',
    '/app/%EF%BC%8Fgov',
    '/app#x',
    'app',
    'http://elsewhere/app',
    '*',
  ];
  for (const path of ambiguous) {
    const answer = await exchange(t, endpoint, get(path));
    const [status] = statuses(answer);
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
  }
  assert.equal(handled.length, 0);
  for (const [path, served] of [
    ['/', '/'],
    ['/gov/', '/gov/'],
    ['/gov/members/proposals/ab:withdraw', '/gov/members/proposals/ab:withdraw'],
    ['/app/%C3%BCber', '/app/über'],
    ['/app/a%20b...', '/app/a b...'],
  ]) {
    await exchange(t, endpoint, get(path as string));
    assert.equal(handled.at(-1)?.path, served);
  }
});

test('other methods are refused with the list of those that are served', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t);
  for (const method of ['OPTIONS', 'TRACE', 'PATCH', 'PROPFIND', 'CONNECT', 'BREW', 'get']) {
    const answer = await exchange(t, endpoint, get('/').replace('GET', method));
    assert.deepEqual(statuses(answer), [405], method);
    assert.match(answer, /allow: GET, HEAD, POST, PUT, DELETE/i);
  }
  assert.equal(handled.length, 0);
  assert.deepEqual(statuses(await exchange(t, endpoint, get('/').replace('GET', 'HEAD'))), [200]);
});

test('browsers of other origins are answered only when the setting names them', async (t) => {
  const preflight = get(
    '/',
    'Origin: https://dapp.example\r\nAccess-Control-Request-Method: POST\r\n',
  ).replace('GET', 'OPTIONS');
  const off = await openTestEndpoint(t);
  assert.deepEqual(statuses(await exchange(t, off.endpoint, preflight)), [405]);
  assert.doesNotMatch(
    await exchange(t, off.endpoint, get('/', 'Origin: https://dapp.example\r\n')),
    /allow-origin/,
  );
  const on = await openTestEndpoint(t, { corsOrigins: ['https://dapp.example'] });
  const answer = await exchange(t, on.endpoint, preflight);
  assert.deepEqual(statuses(answer), [204]);
  assert.match(answer, /access-control-allow-origin: https:\/\/dapp\.example/);
  assert.match(
    await exchange(t, on.endpoint, get('/', 'Origin: https://dapp.example\r\n')),
    /allow-origin: https:/,
  );
  const other = await exchange(t, on.endpoint, get('/', 'Origin: https://evil.example\r\n'));
  assert.doesNotMatch(other, /allow-origin/);
});

test('a handler that fails costs its own request, and tells nothing of the inside', async (t) => {
  let failure: unknown = new Error('secret detail');
  const { endpoint } = await openTestEndpoint(t, {
    handle: async () => {
      throw failure;
    },
  });
  const answer = await exchange(t, endpoint, get('/'));
  assert.deepEqual(statuses(answer), [500]);
  assert.equal(codeOf(answer), 'COCO_HOST_HTTP_INTERNAL');
  assert.doesNotMatch(answer, /secret detail/);
  failure = new CocoError('COCO_TEST_FAILED', 'a sentence for the caller');
  assert.equal(codeOf(await exchange(t, endpoint, get('/'))), 'COCO_TEST_FAILED');
});

test('TLS below 1.2 is refused', async (t) => {
  const { endpoint } = await openTestEndpoint(t);
  const { connect } = await import('node:tls');
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const failed = await new Promise<boolean>((resolve) => {
      const socket = connect({
        ...endpoint.address,
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.on('secureConnect', () => resolve(false));
      socket.on('error', () => resolve(true));
      endSoon(t, () => socket.destroy());
    });
    assert.ok(failed, version);
  }
});

const endSoon = (t: Test, end: () => void): void => t.after(end);

test('closing answers what is in progress and then closes', async (t) => {
  let release = (): void => undefined;
  let arrived = (): void => undefined;
  const inHandler = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const { endpoint } = await openTestEndpoint(t, {
    handle: async () => {
      arrived();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { status: 200, headers: {}, body: new Uint8Array() };
    },
  });
  const idle = await dial(t, endpoint);
  const idleClosed = readToEnd(idle);
  const busy = exchange(t, endpoint, get('/'));
  await inHandler;
  const closed = endpoint.close();
  assert.equal(await idleClosed, '');
  release();
  assert.deepEqual(statuses(await busy), [200]);
  await closed;
});
