import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeyPair, issueCertificate, randomBytes } from '@coco/crypto';
import type { Test } from './entries.test.js';
import type { HttpEndpoint } from './http.js';
import {
  dial,
  exchange,
  member,
  openTestEndpoint,
  participant,
  readToEnd,
  statuses,
} from './httpEndpoint.test.js';
import {
  type TestIdentity,
  testIdentity,
  testNetworkView,
  testNodeView,
  testService,
} from './identities.test.js';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: node\r\n\r\n`;
const last = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n`;
const nobody = { anonymous: false, strangers: false, nodes: false };
const everybody = { anonymous: true, strangers: true, nodes: true };

const hourMs = 3_600_000;

/** A certificate beneath `issuer`; the chain that is sent ends before the registered CA. */
function beneath(
  issuer: TestIdentity,
  name: string,
  options: { isCa?: boolean; pathLengthMax?: number } = {},
): TestIdentity {
  const privateKey = generateKeyPair();
  const { isCa = false, pathLengthMax } = options;
  const certificate = issueCertificate(
    {
      subjectCommonName: name,
      publicKey: privateKey.publicKey,
      notBeforeMs: Date.now() - hourMs,
      notAfterMs: Date.now() + hourMs,
      isCa,
      ...(pathLengthMax !== undefined && { pathLengthMax }),
      serialNumber: randomBytes(16),
    },
    { key: issuer.privateKey, certificate: issuer.certificate },
  );
  const issuers = [issuer.certificate, ...(issuer.issuers ?? [])];
  return { privateKey, certificate, nodeId: privateKey.publicKey.fingerprint, issuers };
}

/** Opens a connection, and has one request answered on it. */
async function connected(t: Test, endpoint: HttpEndpoint, identity?: TestIdentity) {
  const socket = await dial(t, endpoint, identity);
  const answers = readToEnd(socket);
  socket.write(get('/first'));
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  return { socket, answers };
}

test('ACT-2: whoever has a certificate beneath a registered CA is that actor, with its own subject recorded', async (t) => {
  const organisation = testService('Organisation');
  const department = beneath(organisation, 'Department', { isCa: true });
  const clerk = beneath(department, 'Clerk');
  const view = testNetworkView({ members: [organisation] });
  const { endpoint, handled } = await openTestEndpoint(t, { network: view, admit: nobody });
  assert.deepEqual(statuses(await exchange(t, endpoint, last('/'), clerk)), [200]);
  assert.deepEqual(handled[0]?.caller, {
    kind: 'member',
    id: organisation.certificate.fingerprint,
    subject: 'CN=Clerk',
  });
  const { issuers: _, ...alone } = clerk;
  assert.deepEqual(statuses(await exchange(t, endpoint, last('/'), alone)), [401], 'the path must be shown');
});

test('a second connection of the same client shows the whole path too: sessions are not resumed', async (t) => {
  const organisation = testService('Organisation');
  const clerk = beneath(beneath(organisation, 'Department', { isCa: true }), 'Clerk');
  const { endpoint } = await openTestEndpoint(t, {
    network: testNetworkView({ members: [organisation] }),
    admit: nobody,
  });
  const { connect } = await import('node:tls');
  const { privateKeyToPem } = await import('@coco/crypto');
  const identity = {
    key: privateKeyToPem(clerk.privateKey),
    cert: [clerk.certificate, ...(clerk.issuers ?? [])].map(({ pem }) => pem).join('\n'),
  };
  let session: Buffer | undefined;
  for (let turn = 0; turn < 2; turn++) {
    const socket = connect({
      ...endpoint.address,
      rejectUnauthorized: false,
      ...identity,
      ...(session && { session }),
    });
    t.after(() => socket.destroy());
    let reused: boolean | undefined;
    socket.on('secureConnect', () => {
      reused = socket.isSessionReused();
    });
    socket.on('session', (fresh) => {
      session = fresh;
    });
    const answer = readToEnd(socket);
    socket.write(last('/'));
    assert.deepEqual(statuses(await answer), [200]);
    assert.equal(reused, false);
  }
});

test("GOV-7: a removed actor's open connections are cut at once, and nobody else's", async (t) => {
  const { endpoint } = await openTestEndpoint(t, { admit: everybody });
  const removed = await connected(t, endpoint, member);
  const kept = await connected(t, endpoint, participant);
  const anonymous = await connected(t, endpoint);
  endpoint.setNetwork(testNetworkView({ participants: [participant] }));
  assert.deepEqual(statuses(await removed.answers), [200], 'it is closed without another answer');
  for (const { socket } of [kept, anonymous]) {
    const answered = new Promise<string>((resolve) => socket.once('data', resolve));
    socket.write(get('/second'));
    assert.match(await answered, /200/);
  }
});

test('GOV-7: an answer that goes on ends when its reader is removed', async (t) => {
  const { endpoint } = await openTestEndpoint(t, {
    handle: async () => ({
      status: 200,
      headers: {},
      body: new Uint8Array(),
      stream: (stream) => stream.write('begun'),
    }),
  });
  const { answers } = await connected(t, endpoint, member);
  endpoint.setNetwork(testNetworkView());
  await answers;
});

test('a certificate that ends bites on the connection that it opened', async (t) => {
  let now = Date.now();
  const { endpoint, handled } = await openTestEndpoint(t, { admit: nobody, nowMs: () => now });
  const { socket, answers } = await connected(t, endpoint, member);
  now = member.certificate.notAfterMs + 1;
  socket.write(last('/second'));
  assert.deepEqual(statuses(await answers), [200, 401]);
  assert.equal(handled.length, 1);
  now = Date.now();
  const idle = await connected(t, endpoint, member);
  now = member.certificate.notAfterMs + 1;
  endpoint.setNetwork(testNetworkView({ members: [member] }));
  await idle.answers;
});

test('an actor that is added has access from the next request on', async (t) => {
  const { endpoint } = await openTestEndpoint(t, { admit: nobody });
  const newcomer = testIdentity('newcomer');
  assert.deepEqual(statuses(await exchange(t, endpoint, last('/'), newcomer)), [401]);
  endpoint.setNetwork(testNetworkView({ participants: [newcomer] }));
  assert.deepEqual(statuses(await exchange(t, endpoint, last('/'), newcomer)), [200]);
});

test('nodes on the VN list are known by their key, whoever issued the certificate; removed ones are strangers', async (t) => {
  const [pending, trusted, retired] = [testIdentity('a'), testIdentity('b'), testIdentity('c')];
  const network = testNetworkView({
    nodes: [
      testNodeView(pending, { status: 'Pending' }),
      testNodeView(trusted),
      testNodeView(retired, { status: 'Retired' }),
    ],
  });
  const { endpoint, handled } = await openTestEndpoint(t, { network, admit: everybody });
  for (const identity of [pending, trusted, retired, testIdentity('stranger')]) {
    assert.deepEqual(statuses(await exchange(t, endpoint, last('/'), identity)), [200]);
  }
  const kinds = handled.map(({ caller }) => caller.kind);
  assert.deepEqual(kinds, ['node', 'node', 'anonymous', 'anonymous']);
  assert.ok(
    handled.every(({ chain }) => chain.length === 1),
    'strangers show who they are, and it is not believed',
  );
  const strict = await openTestEndpoint(t, {
    network,
    admit: { ...everybody, strangers: false, nodes: false },
  });
  assert.deepEqual(statuses(await exchange(t, strict.endpoint, last('/'), trusted)), [401]);
});
