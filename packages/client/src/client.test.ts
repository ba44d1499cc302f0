import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import {
  type Certificate,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  privateKeyToPem,
  randomBytes,
} from '@coco/crypto';
import { CocoError } from '@coco/primitives';
import { createClient } from './client.js';
import { createSession } from './session.js';
import type { Client, ClientOptions } from './types.js';

interface Identity {
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

const validity = { notBeforeMs: Date.now() - 3_600_000, notAfterMs: Date.now() + 3_600_000 };

function serviceIdentity(): Identity {
  const key = generateKeyPair();
  const name = { subjectCommonName: 'Service' };
  const request = {
    ...name,
    ...validity,
    publicKey: key.publicKey,
    isCa: true,
    serialNumber: randomBytes(16),
  };
  return { key, certificate: issueCertificate(request, { key, ...name }) };
}

function nodeIdentity(service: Identity, ip = '127.0.0.1'): Identity {
  const key = generateKeyPair();
  const request = { subjectCommonName: 'Node', ...validity, publicKey: key.publicKey, isCa: false };
  const names = { subjectAltNames: [{ ip }], serialNumber: randomBytes(16) };
  return { key, certificate: issueCertificate({ ...request, ...names }, service) };
}

type Answer = (body: string, request: IncomingMessage, response: ServerResponse) => void;

const service = serviceIdentity();
const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

/** A node that answers as `answer` says, and a client for it. */
async function network(
  answer: Answer,
  changes: Partial<ClientOptions> & { node?: Identity; callerCa?: string } = {},
): Promise<{ client: Client; server: Server }> {
  const { node = nodeIdentity(service), callerCa, ...options } = changes;
  const files = { key: privateKeyToPem(node.key), cert: node.certificate.pem };
  const demands = callerCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: callerCa };
  const server = createServer({ ...files, ...demands }, (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => answer(body, request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ url, serviceCertificatePem: service.certificate.pem, ...options });
  closing.push(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return { client, server };
}

function replyJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-ms-ccf-transaction-id': '2.17' });
  response.end(JSON.stringify(value));
}

const isCode =
  (code: string, facts: Record<string, unknown> = {}) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof CocoError, String(error));
    assert.equal(error.code, code, error.message);
    for (const [name, value] of Object.entries(facts)) assert.equal(error.facts[name], value);
    return true;
  };

/** Doubles numbers; "fail" fails with data. */
const doubling: Answer = (body, _, response) => {
  const one = ({ id, method, params }: { id: number; method: string; params: number[] }): unknown =>
    method === 'fail'
      ? { jsonrpc: '2.0', id, error: { code: 3, message: 'execution reverted', data: '0x08c379a0' } }
      : { jsonrpc: '2.0', id, result: 2 * (params[0] as number) };
  const parsed = JSON.parse(body);
  replyJson(response, Array.isArray(parsed) ? parsed.map(one).reverse() : one(parsed));
};

test('JSON-RPC 2.0: a call gives its result, an error its code, message and data', async () => {
  const { client } = await network(doubling);
  assert.equal(await client.jsonRpc('double', [21]), 42);
  const expected = isCode('COCO_CLIENT_RPC', { rpcCode: 3, data: '0x08c379a0', method: 'fail' });
  await assert.rejects(client.jsonRpc('fail'), expected);
});

test('JSON-RPC 2.0: the answers of a batch are put in the order of its calls', async () => {
  const { client } = await network(doubling);
  const calls = [{ method: 'double', params: [1] }, { method: 'fail' }, { method: 'double', params: [3] }];
  assert.deepEqual(await client.jsonRpcBatch(calls), [
    { ok: true, result: 2 },
    { ok: false, code: 3, message: 'execution reverted', data: '0x08c379a0' },
    { ok: true, result: 6 },
  ]);
  assert.deepEqual(await client.jsonRpcBatch([]), []);
});

test('JSON-RPC 2.0: answers to no call, to one call twice, or of another form are refused', async () => {
  const good = { jsonrpc: '2.0', id: 0, result: 1 };
  const bad: unknown[] = [
    { ...good, id: 7 },
    { ...good, id: '0' },
    { id: 0, result: 1 },
    { jsonrpc: '2.0', id: 0 },
    'text',
    [],
    null,
  ];
  bad.push({ jsonrpc: '2.0', id: 0, error: 'text' }, [good, good], [good, { ...good, id: 7 }]);
  let answer: unknown;
  const { client } = await network((_, __, response) => replyJson(response, answer));
  for (answer of bad) await assert.rejects(client.jsonRpc('x'), isCode('COCO_CLIENT_RESPONSE'));
});

test('connections are kept and used again', async () => {
  const { client, server } = await network(doubling);
  let connections = 0;
  server.on('secureConnection', () => connections++);
  for (let i = 0; i < 5; i++) await client.jsonRpc('double', [i]);
  assert.equal(connections, 1);
});

test('ARC-4: only a node whose certificate the service issued, for this address, is talked to', async () => {
  let asked = 0;
  const answer: Answer = (_, __, response) => {
    asked++;
    replyJson(response, {});
  };
  const strangers = [nodeIdentity(serviceIdentity()), nodeIdentity(service, '127.0.0.9'), serviceIdentity()];
  for (const node of strangers) {
    const { client } = await network(answer, { node });
    await assert.rejects(client.get('/'), isCode('COCO_CLIENT_CERTIFICATE'));
  }
  assert.equal(asked, 0);
});

test('the client certificate is shown to a node that demands one; who has none is turned away', async () => {
  const caller = serviceIdentity();
  const clientCertificate = {
    certificatePem: caller.certificate.pem,
    privateKeyPem: privateKeyToPem(caller.key),
  };
  const callerCa = caller.certificate.pem;
  const answer: Answer = (_, request, response) =>
    replyJson(response, (request.socket as TLSSocket).getPeerCertificate().subject.CN);
  const known = await network(answer, { callerCa, clientCertificate });
  assert.equal(await known.client.getJson('/'), 'Service');
  const anonymous = await network(answer, { callerCa });
  await assert.rejects(anonymous.client.get('/'), isCode('COCO_CLIENT_CONNECTION'));
});

test('GET gives status, headers, body and the transaction that the node named', async () => {
  const { client } = await network((_, request, response) => replyJson(response, request.url), {
    headers: { prefer: 'respond-async' },
  });
  const reply = await client.get('/node/state?x=1');
  assert.equal(reply.status, 200);
  assert.equal(new TextDecoder().decode(reply.body), '"/node/state?x=1"');
  assert.deepEqual(reply.txId, { view: 2, seqno: 17 });
  assert.equal(await client.getJson('/a'), '/a');
});

test('statuses of 400 and above are told with code and sentence of the node', async () => {
  const error = { code: 'ResourceNotFound', message: 'no such path' };
  const { client } = await network((_, request, response) => {
    if (request.url === '/json') replyJson(response, { error }, 404);
    else response.writeHead(503, { 'content-type': 'text/plain' }).end('busy');
  });
  const found = isCode('COCO_CLIENT_HTTP', { status: 404, errorCode: 'ResourceNotFound' });
  await assert.rejects(client.get('/json'), found);
  await assert.rejects(
    client.getJson('/text'),
    isCode('COCO_CLIENT_HTTP', { status: 503, errorCode: 'none' }),
  );
  await assert.rejects(client.jsonRpc('x'), isCode('COCO_CLIENT_HTTP', { status: 503 }));
});

test('too long, unfinished, late and non-JSON answers each have their code', async () => {
  const long = await network((_, __, response) => response.end('x'.repeat(2000)), { responseBytesMax: 1999 });
  await assert.rejects(long.client.get('/'), isCode('COCO_CLIENT_RESPONSE', { responseBytesMax: 1999 }));
  const cut = await network((_, __, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('part', () => response.destroy());
  });
  await assert.rejects(cut.client.get('/'), isCode('COCO_CLIENT_CONNECTION'));
  const silent = await network(() => undefined, { timeoutMs: 50 });
  await assert.rejects(silent.client.get('/'), isCode('COCO_CLIENT_TIMEOUT', { timeoutMs: 50 }));
  const text = await network((_, __, response) => response.end('text'));
  await assert.rejects(text.client.getJson('/'), isCode('COCO_CLIENT_RESPONSE'));
});

test('an address where nobody listens is a failed connection', async () => {
  const { client, server } = await network(doubling);
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(client.get('/'), isCode('COCO_CLIENT_CONNECTION', { cause: 'ECONNREFUSED' }));
});

test('addresses without TLS and unreadable certificates are refused before anything is sent', () => {
  const options = { url: 'https://127.0.0.1', serviceCertificatePem: service.certificate.pem };
  for (const url of ['http://127.0.0.1', 'nowhere', '']) {
    assert.throws(() => createClient({ ...options, url }), isCode('COCO_CLIENT_URL'));
  }
  const unreadable = { ...options, serviceCertificatePem: 'text' };
  assert.throws(() => createClient(unreadable), isCode('COCO_CRYPTO_CERTIFICATE'));
});

test('TX-4: waiting for commit ends with the final status, or with the time', async () => {
  const statuses = ['Unknown', 'Pending', 'Committed'];
  const asked: (string | undefined)[] = [];
  const { client } = await network((_, request, response) => {
    asked.push(request.url);
    const status = request.url?.endsWith('2.9')
      ? 'Invalid'
      : request.url?.endsWith('2.8')
        ? 'Pending'
        : statuses.shift();
    replyJson(response, { transaction_id: '2.7', status });
  });
  assert.equal(await client.waitForCommit({ view: 2, seqno: 7 }), 'Committed');
  assert.deepEqual(asked, Array(3).fill('/node/tx?transaction_id=2.7'));
  assert.equal(await client.waitForCommit({ view: 2, seqno: 9 }), 'Invalid');
  const late = client.waitForCommit({ view: 2, seqno: 8 }, { timeoutMs: 5 });
  await assert.rejects(late, isCode('COCO_CLIENT_TIMEOUT', { timeoutMs: 5 }));
});

/** A node that has committed so far, or does not say. */
const committed =
  (of: { seqno?: string; stale?: string; status?: number }): Answer =>
  (_body, _request, response) => {
    response.writeHead(of.status ?? 200, {
      'content-type': 'application/json',
      ...(of.seqno !== undefined && { 'x-coco-committed-seqno': of.seqno }),
      ...(of.stale !== undefined && { 'x-coco-stale-ms': of.stale }),
    });
    response.end('{}');
  };

test('a session refuses a node that is behind what it has seen of any node', async () => {
  const session = createSession();
  const [ahead, behind, silent] = [{ seqno: '9' }, { seqno: '8' }, {}] as { seqno?: string }[];
  const clients = [];
  for (const of of [ahead, behind, silent]) {
    clients.push((await network(committed(of as object), { session })).client);
  }
  const [first, second, third] = clients as [Client, Client, Client];
  await second.get('/x');
  await first.get('/x');
  assert.equal(session.committedSeqno, 9);
  await assert.rejects(second.get('/x'), isCode('COCO_CLIENT_BEHIND', { committed: 8, seen: 9 }));
  (behind as { seqno: string }).seqno = '10';
  await second.get('/x');
  assert.equal(session.committedSeqno, 10);
  await assert.rejects(third.get('/x'), isCode('COCO_CLIENT_BEHIND', { committed: -1, seen: 10 }));
});

test('a session is not moved by a node that makes no sense, nor by a refusal', async () => {
  for (const of of [{ seqno: '1e3' }, { seqno: '-4' }, { seqno: '9'.repeat(16) }]) {
    const session = createSession();
    const { client } = await network(committed(of), { session });
    await assert.rejects(client.get('/x'), isCode('COCO_CLIENT_BEHIND'));
    assert.equal(session.committedSeqno, 0);
  }
  const session = createSession();
  const { client } = await network(committed({ seqno: '9', status: 503 }), { session });
  await assert.rejects(client.get('/x'), isCode('COCO_CLIENT_HTTP'));
  assert.equal(session.committedSeqno, 0);
});

test('an answer of a node that says it is out of touch is refused where that is asked for', async () => {
  const answer = committed({ seqno: '9', stale: '7200' });
  const { client: careless } = await network(answer);
  await careless.get('/x');
  const { client } = await network(answer, { refuseStale: true });
  await assert.rejects(client.get('/x'), isCode('COCO_CLIENT_STALE', { staleMs: '7200' }));
});
