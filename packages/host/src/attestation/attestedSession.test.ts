import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { RuntimeClaims } from '@coco/attestation';
import { privateKeyToPem } from '@coco/crypto';
import { CocoError, concatBytes, fromHex, seededRandom } from '@coco/primitives';
import type { Test } from '../entries.test.js';
import { frameHeader } from '../frameReader.js';
import { type TestIdentity, testIdentity, testService } from '../identities.test.js';
import { openPeers, type PeerEvent, type PeerLimits, type Peers } from '../peers.js';
import { realTiming } from '../timing.js';
import type { SessionAttestation } from './attestedSession.js';
import { sessionExporter } from './sessionExporter.js';
import { decodeSessionMessage, encodeSessionMessage, sessionMessageBytesMax } from './sessionMessages.js';
import { codeOf, listedCode, type TestSessions, testEvidence, testSessions } from './testAttestation.test.js';

const limits: PeerLimits = {
  frameBytesMax: 1 << 20,
  sendBytesMax: 4 << 20,
  unauthenticatedMax: 8,
  handshakeTimeoutMs: 2000,
  attestationTimeoutMs: 300,
  pingMs: 1000,
  reconnectMsMin: 2,
  reconnectMsMax: 20,
};

const service = testService();
const network = fromHex(service.certificate.fingerprint) as Uint8Array;

interface End {
  readonly identity: TestIdentity;
  readonly peers: Peers;
  readonly sessions: TestSessions;
  readonly events: PeerEvent[];
  readonly frames: Uint8Array[];
}

type Bend = Partial<RuntimeClaims> | SessionAttestation['evidence'];

async function openEnd(t: Test, identity: TestIdentity, bend: Bend = {}): Promise<End> {
  const sessions = testSessions(identity, service, bend);
  const events: PeerEvent[] = [];
  const frames: Uint8Array[] = [];
  const peers = await openPeers({
    privateKey: identity.privateKey,
    certificate: identity.certificate,
    serviceCertificate: service.certificate,
    listen: { host: '127.0.0.1', port: 0 },
    nodes: [],
    limits,
    timing: realTiming(seededRandom(1)),
    attestation: sessions.attestation,
    onFrame: (_, bytes) => frames.push(bytes),
    onEvent: (event) => events.push(event),
  });
  t.after(() => peers.close());
  return { identity, peers, sessions, events, frames };
}

const known = ({ identity, peers }: End) => ({ nodeId: identity.nodeId, address: peers.address });

async function openPair(t: Test, bend: Bend = {}): Promise<[End, End]> {
  const alice = await openEnd(t, testIdentity('alice', service));
  const bob = await openEnd(t, testIdentity('bob', service), bend);
  for (const { peers } of [alice, bob]) peers.setNodes([known(alice), known(bob)]);
  return [alice, bob];
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 3000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.fail(`never: ${what}`);
}

const isOpen = (from: End, to: End): boolean =>
  from.peers.counters().links[to.identity.nodeId]?.connected === true;

const refusals = ({ events }: End) => events.flatMap((event) => (event.type === 'refused' ? [event] : []));

/** Both ends are told that `refusing` refused the other, and why; nothing got through. */
async function isRefused(refusing: End, refused: End, code: string): Promise<void> {
  await until(`${code} is told to whom it concerns`, () =>
    refusals(refused).some((one) => one.by === 'the peer' && one.code === code),
  );
  const own = refusals(refusing).find((one) => one.by === 'this node' && one.code === code);
  assert.ok((own?.reason.length ?? 0) > 20, 'a sentence');
  assert.equal(own?.from, refused.identity.nodeId);
  await until('neither direction is open', () => !isOpen(refused, refusing) && !isOpen(refusing, refused));
  assert.equal(refused.peers.send(refusing.identity.nodeId, new Uint8Array([1])), false);
  assert.equal(refusing.frames.length, 0);
}

test('SEC-1: peers prove to each other what they run, on each connection, and then frames flow', async (t) => {
  const [alice, bob] = await openPair(t);
  await until('both are open', () => isOpen(alice, bob) && isOpen(bob, alice));
  alice.peers.send(bob.identity.nodeId, new Uint8Array([1, 2]));
  await until('it is there', () => bob.frames.length === 1);
  const proved = alice.events.filter(({ type }) => type === 'proved');
  assert.equal(proved.length, 2, 'once for each direction');
  assert.deepEqual(bob.sessions.asked, 2);
});

const cases: [string, (bob: TestIdentity) => Bend, string][] = [
  ['of another network', () => ({ network: new Uint8Array(32) }), 'COCO_ATTESTATION_NETWORK'],
  ['for another purpose', () => ({ purpose: 'client' }), 'COCO_ATTESTATION_PURPOSE'],
  [
    'of another key',
    () => async (asked) => testEvidence(testIdentity('thief'), { network, ...asked }),
    'COCO_ATTESTATION_KEY',
  ],
  [
    'of another connection: it was passed on',
    (bob) => async (asked) => testEvidence(bob, { network, ...asked, exporter: new Uint8Array(32) }),
    'COCO_ATTESTATION_SESSION',
  ],
  [
    'for another nonce: it is old',
    (bob) => async (asked) => testEvidence(bob, { network, ...asked, nonce: new Uint8Array(32) }),
    'COCO_ATTESTATION_NONCE',
  ],
  ['that is garbage', () => async () => new Uint8Array(1000).fill(0xa5), 'COCO_ATTESTATION_MALFORMED'],
  ['that never comes', () => () => new Promise(() => undefined), 'COCO_HOST_SESSION_SLOW'],
];

for (const [what, bend, code] of cases) {
  test(`MIT-4: evidence ${what} is refused before any frame, and both are told (${code})`, async (t) => {
    const alice = await openEnd(t, testIdentity('alice', service));
    const identity = testIdentity('bob', service);
    const bob = await openEnd(t, identity, bend(identity));
    for (const { peers } of [alice, bob]) peers.setNodes([known(alice), known(bob)]);
    await isRefused(alice, bob, code);
  });
}

test('evidence of a session that was good once is worth nothing in the next', async (t) => {
  const first: Uint8Array[] = [];
  const identity = testIdentity('bob', service);
  const [alice, bob] = [
    await openEnd(t, testIdentity('alice', service)),
    await openEnd(t, identity, async (asked) => {
      first.push(testEvidence(identity, { network, ...asked }));
      return first[0] as Uint8Array;
    }),
  ];
  for (const { peers } of [alice, bob]) peers.setNodes([known(alice), known(bob)]);
  await until('the second is refused', () =>
    refusals(bob).some((one) => one.by === 'the peer' && one.code === 'COCO_ATTESTATION_NONCE'),
  );
  assert.ok(!isOpen(bob, alice) || !isOpen(alice, bob));
});

test('a node whose hardware gives no evidence says so to the other (COCO_HOST_SESSION_EVIDENCE)', async (t) => {
  const [alice, bob] = await openPair(t, async () => {
    throw new CocoError('COCO_TEST_DEVICE', 'the device is on fire');
  });
  await until('it is told', () =>
    refusals(alice).some(({ by, reason }) => by === 'the peer' && /on fire/.test(reason)),
  );
  assert.ok(
    refusals(bob).some(({ by, code }) => by === 'this node' && code === 'COCO_HOST_SESSION_EVIDENCE'),
  );
});

test('GOV-1: when the members trust some code no more, its open sessions are cut at once', async (t) => {
  const [alice, bob] = await openPair(t, { code: new Uint8Array(32).fill(7) });
  await until('both are open', () => isOpen(alice, bob) && isOpen(bob, alice));
  const before = alice.frames.length;
  alice.peers.demandsChanged();
  assert.ok(isOpen(alice, bob), 'nothing has changed');
  alice.sessions.demands = listedCode('other');
  alice.peers.demandsChanged();
  assert.equal(isOpen(alice, bob), false, 'at once');
  assert.equal(alice.peers.send(bob.identity.nodeId, new Uint8Array([1])), false);
  assert.equal(alice.peers.counters().incoming, 0);
  await isRefused(alice, bob, 'COCO_ATTESTATION_CODE');
  bob.sessions.demands = listedCode('code');
  alice.sessions.demands = bob.sessions.demands;
  assert.equal(alice.frames.length, before);
});

test('MIT-2: evidence is asked for again in between the frames, and no frame is lost', async (t) => {
  const alice = await openEnd(t, testIdentity('alice', service));
  const bob = await openEnd(t, testIdentity('bob', service));
  for (const { sessions } of [alice, bob]) sessions.leaseSeconds = 1;
  for (const { peers } of [alice, bob]) peers.setNodes([known(alice), known(bob)]);
  await until('both are open', () => isOpen(alice, bob) && isOpen(bob, alice));
  let sent = 0;
  await until('evidence was renewed twice', () => {
    if (alice.peers.send(bob.identity.nodeId, new Uint8Array(1000).fill(sent % 251))) sent++;
    return bob.sessions.asked >= 6;
  });
  await until('all is there', () => bob.frames.length === sent);
  assert.ok(bob.frames.every((frame, index) => frame[0] === index % 251));
  assert.equal(alice.peers.counters().links[bob.identity.nodeId]?.connects, 1);
});

test('a node that changes under an open session does not get through its next proof', async (t) => {
  let code = codeOf('code');
  const identity = testIdentity('bob', service);
  const alice = await openEnd(t, testIdentity('alice', service));
  const bob = await openEnd(t, identity, async (asked) =>
    testEvidence(identity, { network, ...asked, code }),
  );
  alice.sessions.leaseSeconds = 1;
  for (const { peers } of [alice, bob]) peers.setNodes([known(alice), known(bob)]);
  await until('both are open', () => isOpen(alice, bob) && isOpen(bob, alice));
  alice.sessions.demands = listedCode('code');
  code = codeOf('another');
  await isRefused(alice, bob, 'COCO_ATTESTATION_CODE');
});

/** A node by its key, that does what a test says. */
async function rawPeer(t: Test, to: End, identity: TestIdentity): Promise<TLSSocket> {
  const socket = connect({
    ...to.peers.address,
    key: privateKeyToPem(identity.privateKey),
    cert: identity.certificate.pem,
    ALPNProtocols: ['coco-peer'],
    rejectUnauthorized: false,
  });
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('secureConnect', () => resolve()));
  return socket;
}

const closed = (socket: TLSSocket): Promise<unknown> => {
  socket.resume();
  return socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
};

const marked = (payload: Uint8Array): Uint8Array => concatBytes(frameHeader(payload.length, true), payload);

async function openAlone(t: Test): Promise<[End, TestIdentity]> {
  const alice = await openEnd(t, testIdentity('alice', service));
  const bob = testIdentity('bob', service);
  alice.peers.setNodes([known(alice), { nodeId: bob.nodeId, address: { host: '127.0.0.1', port: 9 } }]);
  return [alice, bob];
}

test('no frame is read before its sender has proved what it runs', async (t) => {
  const [alice, bob] = await openAlone(t);
  const socket = await rawPeer(t, alice, bob);
  socket.write(concatBytes(frameHeader(3), new Uint8Array(3)));
  await closed(socket);
  assert.equal(alice.frames.length, 0);
  assert.match(refusals(alice)[0]?.reason ?? '', /before it proved/);
  assert.equal(alice.peers.counters().hostile, 1);
});

test('what is too large, not understood, or not asked for ends the session', async (t) => {
  const [alice, bob] = await openAlone(t);
  const challenge = marked(encodeSessionMessage({ type: 'challenge', nonce: new Uint8Array(32) }));
  const hostile: [string, Uint8Array][] = [
    ['a length over the limit', frameHeader(sessionMessageBytesMax + 1, true)],
    ['no message at all', marked(new Uint8Array([9]))],
    ['an empty one', marked(new Uint8Array())],
    ['a nonce of another length', marked(new Uint8Array([1, 2, 3]))],
    ['acceptance of nothing', marked(new Uint8Array([3]))],
    ['two challenges at once', concatBytes(challenge, challenge)],
    ['a refusal that is none', marked(new Uint8Array([4, 3, 65, 66, 67]))],
  ];
  for (const [index, [what, bytes]] of hostile.entries()) {
    const socket = await rawPeer(t, alice, bob);
    socket.write(bytes);
    await closed(socket);
    await until(what, () => refusals(alice).length === index + 1);
  }
  assert.equal(alice.frames.length, 0);
});

test('a peer that keeps silent is closed, however often it comes (COCO_HOST_SESSION_SLOW)', async (t) => {
  const [alice, bob] = await openAlone(t);
  const sockets = await Promise.all([1, 2, 3].map(() => rawPeer(t, alice, bob)));
  await Promise.all(sockets.map(closed));
  assert.deepEqual(
    refusals(alice).map(({ code }) => code),
    ['COCO_HOST_SESSION_SLOW'],
    'the last; those before it made room',
  );
});

test('a new connection does not end the one on which its peer has proved itself, before it has done so as well', async (t) => {
  const [alice, bob] = await openPair(t);
  await until('both are open', () => isOpen(alice, bob) && isOpen(bob, alice));
  const socket = await rawPeer(t, alice, bob.identity);
  await closed(socket);
  assert.ok(isOpen(bob, alice));
  assert.equal(bob.peers.counters().links[alice.identity.nodeId]?.connects, 1);
});

test('who is refused hears it in code and sentence, cut to what a log can hold', () => {
  const refusal = { type: 'refused', code: 'COCO_LEASE_LAPSED', sentence: 'über'.repeat(1000) } as const;
  const decoded = decodeSessionMessage(encodeSessionMessage(refusal));
  assert.equal(decoded?.type === 'refused' && decoded.code, refusal.code);
  assert.equal(decoded?.type === 'refused' && decoded.sentence, refusal.sentence.slice(0, 1000));
});

test('both ends of a connection export the same, and another connection something else (RFC 8446 section 7.5)', async (t) => {
  const exporters: string[] = [];
  const identity = testIdentity('bob', service);
  const [alice, bob] = await openPair(t, async (asked) => {
    exporters.push(Buffer.from(asked.exporter).toString('hex'));
    return testEvidence(identity, { network, ...asked });
  });
  const socket = await rawPeer(t, alice, bob.identity);
  exporters.push(Buffer.from(sessionExporter(socket)).toString('hex'));
  await until('two were asked for', () => exporters.length >= 3);
  assert.equal(new Set(exporters).size, exporters.length);
});
