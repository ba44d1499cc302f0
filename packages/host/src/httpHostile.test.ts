import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Test } from './entries.test.js';
import {
  dial,
  exchange,
  openTestEndpoint,
  readToEnd,
  statuses,
  type TestEndpoint,
} from './httpEndpoint.test.js';

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: n\r\n\r\n';

/** Sends `text`; the answers' status codes. The connection must be closed, and nothing smuggled handled. */
async function refusedWith(t: Test, { endpoint, handled }: TestEndpoint, text: string): Promise<number[]> {
  const codes = statuses(await exchange(t, endpoint, text));
  assert.equal(handled.length, 0, `executed: ${JSON.stringify(text.slice(0, 200))}`);
  return codes;
}

test('a request whose end can be read in two ways is refused, and nothing after it is executed', async (t) => {
  const door = await openTestEndpoint(t);
  const cases: Record<string, string> = {
    'CL.TE': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'TE.CL': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${smuggled}`,
    'two different lengths': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc${smuggled}`,
    'two equal lengths': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc${smuggled}`,
    'a list of lengths': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 3, 3\r\n\r\nabc${smuggled}`,
    'a negative length': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length: -3\r\n\r\n${smuggled}`,
    'a signed length': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length: +3\r\n\r\nabc${smuggled}`,
    'a length of 2^64': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 18446744073709551616\r\n\r\n${smuggled}`,
    'obs-fold': `POST / HTTP/1.1\r\nHost: n\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n${smuggled}`,
    'obs-fold of TE': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'a space before the colon': `POST / HTTP/1.1\r\nHost: n\r\nContent-Length : 3\r\n\r\nabc${smuggled}`,
    'TE that is not only chunked': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n${smuggled}`,
    'TE of which chunked is the last': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'HTTP/1.0 with TE': `POST / HTTP/1.0\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    'TE twice': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${smuggled}`,
    'a negative chunk': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n${smuggled}`,
    'a chunk of 2^64': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc`,
    'a chunk longer than it says': `POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`,
    'line ends without CR': `POST / HTTP/1.1\nHost: n\nContent-Length: 0\n\n${smuggled}`,
    'a header with a bare CR': `GET / HTTP/1.1\r\nHost: n\r\nX: a\rY: b\r\n\r\n${smuggled}`,
    'a header with NUL': `GET / HTTP/1.1\r\nHost: n\r\nX: a\0b\r\n\r\n${smuggled}`,
    'no host': `GET / HTTP/1.1\r\n\r\n${smuggled}`,
    'two hosts': `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${smuggled}`,
    'HTTP/0.9': `GET /\r\n\r\n${smuggled}`,
    'HTTP/3.0': `GET / HTTP/3.0\r\nHost: n\r\n\r\n${smuggled}`,
    'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.repeat(4),
  };
  for (const [what, text] of Object.entries(cases)) {
    const codes = await refusedWith(t, door, text);
    const refusal = codes.at(-1) ?? 0;
    assert.ok(
      codes.length <= 1 && (codes.length === 0 || (refusal >= 400 && refusal < 500)),
      `${what}: ${codes}`,
    );
  }
  assert.equal(door.handled.length, 0);
});

test('headers, URLs and chunk extensions beyond their limits are refused at once', async (t) => {
  const door = await openTestEndpoint(t);
  const get = (path: string, headers: string): string => `GET ${path} HTTP/1.1\r\nHost: n\r\n${headers}\r\n`;
  const chunked = 'POST / HTTP/1.1\r\nHost: n\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  const close = 'Connection: close\r\n';
  const cases: [string, string, number][] = [
    ['300 headers', get('/', close + 'x: y\r\n'.repeat(300)), 431],
    ['a header of 17 KB', get('/', `${close}x: ${'y'.repeat(17 * 1024)}\r\n`), 431],
    ['a header name of 17 KB', get('/', `${close}${'y'.repeat(17 * 1024)}: x\r\n`), 431],
    ['a URL of 8 KB', get(`/${'y'.repeat(8 * 1024)}`, close), 414],
    ['a query of 8 KB', get(`/?${'y'.repeat(8 * 1024)}`, close), 414],
    ['a chunk extension of 1 MB', `${chunked}1;${'y'.repeat(1024 * 1024)}\r\na\r\n0\r\n\r\n`, 413],
  ];
  for (const [what, text, status] of cases) {
    const started = performance.now();
    assert.deepEqual(await refusedWith(t, door, text), [status], what);
    assert.ok(performance.now() - started < 1000, what);
  }
  assert.equal(door.handled.length, 0);
});

test('a body beyond the limit is refused by its stated length, and by its bytes', async (t) => {
  const door = await openTestEndpoint(t, { limits: { bodyBytesMax: 1000 } });
  const post = (header: string, body: string): string =>
    `POST / HTTP/1.1\r\nHost: n\r\n${header}\r\n\r\n${body}`;
  assert.deepEqual(await refusedWith(t, door, post('Content-Length: 1001', '')), [413]);
  assert.deepEqual(await refusedWith(t, door, post('Content-Length: 99999999999', 'abc')), [413]);
  const expecting = post('Content-Length: 1001\r\nExpect: 100-continue', '');
  assert.deepEqual(await refusedWith(t, door, expecting), [413]);
  const chunk = `200\r\n${'y'.repeat(512)}\r\n`;
  assert.deepEqual(await refusedWith(t, door, post('Transfer-Encoding: chunked', chunk.repeat(2))), [413]);
  assert.equal(door.handled.length, 0);
  const { handled, endpoint } = door;
  const most = post(`Content-Length: 1000\r\nConnection: close`, 'y'.repeat(1000));
  assert.deepEqual(statuses(await exchange(t, endpoint, most)), [200]);
  assert.equal(handled[0]?.body.length, 1000);
});

test('100-continue is answered when the request may go on, and other expectations are refused', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t);
  const socket = await dial(t, endpoint);
  const answer = readToEnd(socket);
  socket.write(
    'POST / HTTP/1.1\r\nHost: n\r\nConnection: close\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
  );
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  assert.equal(handled.length, 0);
  socket.write('ab');
  assert.deepEqual(statuses(await answer), [100, 200]);
  const other = 'GET / HTTP/1.1\r\nHost: n\r\nConnection: close\r\nExpect: 200-ok\r\n\r\n';
  assert.deepEqual(statuses(await exchange(t, endpoint, other)), [417]);
});

test('a client that is too slow with its headers or body is told so, and let go', async (t) => {
  const door = await openTestEndpoint(t, { limits: { headersTimeoutMs: 50, requestTimeoutMs: 100 } });
  const partial = [
    'GET / HTTP/1.1\r\nHost: n\r\n',
    'POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 10\r\n\r\nabc',
    'POST / HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab',
  ];
  const answers = await Promise.all(partial.map((text) => exchange(t, door.endpoint, text)));
  assert.deepEqual(answers.map(statuses), [[408], [408], [408]]);
  assert.equal(
    await exchange(t, door.endpoint, ''),
    await exchange(t, door.endpoint, ''),
    'also who says nothing',
  );
  assert.equal(door.handled.length, 0);
});

test('idle connections beyond the limit make room for an honest client', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t, { limits: { connectionsMax: 10 } });
  const idle = [];
  for (let count = 0; count < 30; count++) idle.push(await dial(t, endpoint));
  assert.ok(endpoint.figures().connections <= 10);
  assert.ok(endpoint.figures().evicted >= 20);
  const answer = await exchange(t, endpoint, 'GET / HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n');
  assert.deepEqual(statuses(answer), [200]);
  assert.equal(handled.length, 1);
});

test('a connection whose request is being answered is not closed to make room', async (t) => {
  let release = (): void => undefined;
  const { endpoint } = await openTestEndpoint(t, {
    limits: { connectionsMax: 2 },
    handle: async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { status: 200, headers: {}, body: new Uint8Array() };
    },
  });
  const waiting = exchange(t, endpoint, 'GET / HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n');
  while (endpoint.figures().requests === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  for (let count = 0; count < 5; count++) await dial(t, endpoint);
  release();
  assert.deepEqual(statuses(await waiting), [200]);
});

test('more requests than may be in progress are told to come again', async (t) => {
  const { endpoint, handled } = await openTestEndpoint(t, { limits: { requestsMax: 0 } });
  const answer = await exchange(t, endpoint, 'GET / HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n');
  assert.deepEqual(statuses(answer), [503]);
  assert.match(answer, /retry-after: 1/);
  assert.equal(handled.length, 0);
});

test('bodies together have a limit too, and what a client that left was sending is given back', async (t) => {
  const { endpoint } = await openTestEndpoint(t, { limits: { bodiesBytesMax: 1000 } });
  const post = (length: number): string =>
    `POST / HTTP/1.1\r\nHost: n\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
  const leaving = await dial(t, endpoint);
  leaving.write(post(900) + 'y'.repeat(800));
  while (endpoint.figures().inProgress === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const send = (): Promise<string> => exchange(t, endpoint, post(400) + 'y'.repeat(400));
  while (statuses(await send())[0] !== 503) await new Promise((resolve) => setTimeout(resolve, 1));
  leaving.destroy();
  while (endpoint.figures().inProgress > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(statuses(await send()), [200]);
});
