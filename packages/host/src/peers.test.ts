import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { privateKeyToPem } from '@coco/crypto';
import { CocoError, seededRandom } from '@coco/primitives';
import type { Address } from './address.js';
import { testSessions } from './attestation/testAttestation.test.js';
import type { Test } from './entries.test.js';
import { type TestIdentity, testIdentity, testService } from './identities.test.js';
import { openPeers, type PeerLimits, type Peers, type PeersOptions } from './peers.js';
import { plainBytes } from './plainBytes.js';
import { realTiming } from './timing.js';

const limits: PeerLimits = {
  frameBytesMax: 1 << 20,
  sendBytesMax: 4 << 20,
  unauthenticatedMax: 8,
  handshakeTimeoutMs: 2000,
  attestationTimeoutMs: 2000,
  pingMs: 1000,
  reconnectMsMin: 2,
  reconnectMsMax: 20,
};

/** What a node received, and a promise for when it has `count`. */
interface Inbox {
  readonly frames: { from: string; bytes: Uint8Array }[];
  until(count: number): Promise<void>;
}

function createInbox(): Inbox & { add(from: string, bytes: Uint8Array): void } {
  const frames: { from: string; bytes: Uint8Array }[] = [];
  let check = (): void => undefined;
  return {
    frames,
    add(from, bytes) {
      frames.push({ from, bytes });
      check();
    },
    until(count) {
      return new Promise((resolve) => {
        check = () => (frames.length >= count ? resolve() : undefined);
        check();
      });
    },
  };
}

const service = testService();

interface TestNode {
  readonly identity: TestIdentity;
  readonly peers: Peers;
  readonly inbox: Inbox;
}

async function openNode(
  t: Test,
  identity: TestIdentity,
  options: Partial<PeersOptions> = {},
): Promise<TestNode> {
  const inbox = createInbox();
  const peers = await openPeers({
    privateKey: identity.privateKey,
    certificate: identity.certificate,
    serviceCertificate: service.certificate,
    listen: { host: '127.0.0.1', port: 0 },
    nodes: [],
    limits,
    timing: realTiming(seededRandom(1)),
    attestation: testSessions(identity, service).attestation,
    onFrame: inbox.add,
    ...options,
  });
  t.after(() => peers.close());
  return { identity, peers, inbox };
}

const known = ({ identity, peers }: TestNode) => ({ nodeId: identity.nodeId, address: peers.address });

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.fail(`never: ${what}`);
}

const isConnected = (from: TestNode, to: TestNode) => () =>
  from.peers.counters().links[to.identity.nodeId]?.connected === true;

async function openPair(t: Test, options: Partial<PeersOptions> = {}): Promise<[TestNode, TestNode]> {
  const alice = await openNode(t, testIdentity('alice', service), options);
  const bob = await openNode(t, testIdentity('bob', service), options);
  for (const node of [alice, bob]) node.peers.setNodes([known(alice), known(bob)]);
  await until('connected', isConnected(alice, bob));
  await until('connected', isConnected(bob, alice));
  return [alice, bob];
}

/** A TLS client as a stranger, or an impostor, would use it; resolves when it is closed, or with what it got. */
async function stranger(t: Test, to: Address, identity?: TestIdentity, maxVersion?: 'TLSv1.2') {
  const socket = connect({
    ...to,
    ...(identity && { key: privateKeyToPem(identity.privateKey), cert: identity.certificate.pem }),
    ...(maxVersion && { maxVersion }),
    ALPNProtocols: ['coco-peer'],
    rejectUnauthorized: false,
  });
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  // Who reads nothing does not hear that it was refused.
  socket.resume();
  return socket;
}

const closed = (socket: TLSSocket | Socket): Promise<unknown> =>
  socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));

test('frames arrive whole, in order, and name the node whose key sent them', async (t) => {
  const [alice, bob] = await openPair(t);
  const sizes = [1, 2, 100, 65_536, 1 << 20, 3];
  for (const [index, size] of sizes.entries()) {
    assert.equal(alice.peers.send(bob.identity.nodeId, new Uint8Array(size).fill(index + 1)), true);
  }
  bob.peers.send(alice.identity.nodeId, new Uint8Array([9]));
  await bob.inbox.until(sizes.length);
  await alice.inbox.until(1);
  assert.deepEqual(
    bob.inbox.frames.map(({ bytes }) => [bytes.length, bytes[0], bytes.at(-1)]),
    sizes.map((size, index) => [size, index + 1, index + 1]),
  );
  assert.equal(bob.inbox.frames[0]?.from, alice.identity.nodeId);
  assert.equal(alice.inbox.frames[0]?.from, bob.identity.nodeId);
});

test('only known nodes with a certificate of this service are let in (SEC-1)', async (t) => {
  const [alice] = await openPair(t);
  const otherService = testService('service');
  const cases: [string, TestIdentity | undefined, 'TLSv1.2'?][] = [
    ['no certificate', undefined],
    ['self-signed', testIdentity('bob')],
    ['of another service', testIdentity('bob', otherService)],
    ['of this service, but not a known node', testIdentity('carol', service)],
    ['this very node', alice.identity],
    ['TLS 1.2', testIdentity('dave', service), 'TLSv1.2'],
  ];
  for (const [index, [what, identity, version]] of cases.entries()) {
    const socket = await stranger(t, alice.peers.address, identity, version);
    await closed(socket);
    await until(what, () => alice.peers.counters().refused === index + 1);
  }
  assert.equal(alice.inbox.frames.length, 0);
});

test('a node does not talk to whoever else answers at a known address', async (t) => {
  const alice = await openNode(t, testIdentity('alice', service));
  const impostor = await openNode(t, testIdentity('carol', service));
  const reasons: string[] = [];
  const bob = testIdentity('bob', service);
  const nodes = [known(alice), { nodeId: bob.nodeId, address: impostor.peers.address }];
  const watching = await openNode(t, testIdentity('dave', service), {
    nodes,
    onEvent: (event) => event.type === 'disconnected' && reasons.push(event.reason),
  });
  impostor.peers.setNodes([known(watching)]);
  await until('refused', () => reasons.includes('this is not the node it should be'));
  assert.equal(watching.peers.send(bob.nodeId, new Uint8Array([1])), false);
  assert.equal(impostor.inbox.frames.length, 0);
});

test('a node that is removed is cut off in both directions (GOV-7)', async (t) => {
  const [alice, bob] = await openPair(t);
  alice.peers.setNodes([known(alice)]);
  assert.equal(alice.peers.send(bob.identity.nodeId, new Uint8Array([1])), false);
  await until('cut off', () => alice.peers.counters().incoming === 0);
  await until('noticed', () => !isConnected(bob, alice)());
  const refused = alice.peers.counters().refused;
  await until('and stays out', () => alice.peers.counters().refused > refused);
});

test('a frame that is too large, or that nobody understands, costs the connection and nothing else', async (t) => {
  const [alice, bob] = await openPair(t);
  const carol = testIdentity('carol', service);
  alice.peers.setNodes([
    known(alice),
    known(bob),
    { nodeId: carol.nodeId, address: { host: '127.0.0.1', port: 9 } },
  ]);
  for (const [index, length] of [(1 << 20) + 1, 0xffffffff].entries()) {
    const socket = await stranger(t, alice.peers.address, carol);
    await once(socket, 'secureConnect');
    const header = new Uint8Array(4);
    new DataView(header.buffer).setUint32(0, length, true);
    socket.write(header);
    await closed(socket);
    assert.equal(alice.peers.counters().hostile, index + 1);
  }
  bob.peers.send(alice.identity.nodeId, new Uint8Array([1]));
  await alice.inbox.until(1);
});

test('a frame that its reader refuses closes the connection, which comes back', async (t) => {
  const refuse = (_: string, bytes: Uint8Array): void => {
    if (bytes[0] === 66) throw new CocoError('COCO_TEST_FRAME', 'malformed');
  };
  const [alice, bob] = await openPair(t, { onFrame: refuse });
  alice.peers.send(bob.identity.nodeId, new Uint8Array([66]));
  await until('closed', () => bob.peers.counters().hostile === 1);
  await until('back', () => (alice.peers.counters().links[bob.identity.nodeId]?.connects ?? 0) > 1);
});

test('a peer that is not there costs nothing; when it comes it is found', async (t) => {
  const alice = await openNode(t, testIdentity('alice', service));
  const bobIdentity = testIdentity('bob', service);
  const hold = createServer();
  hold.listen(0, '127.0.0.1');
  await once(hold, 'listening');
  const { port } = hold.address() as { port: number };
  hold.close();
  await once(hold, 'close');
  const address = { host: '127.0.0.1', port };
  alice.peers.setNodes([known(alice), { nodeId: bobIdentity.nodeId, address }]);
  assert.equal(alice.peers.send(bobIdentity.nodeId, new Uint8Array([1])), false);
  const bob = await openNode(t, bobIdentity, { listen: address, nodes: [known(alice)] });
  await until('connected', isConnected(alice, bob));
});

/** Passes bytes on to `to` until it is told to swallow them, as a broken network does. */
async function tunnel(t: Test, to: () => Address): Promise<{ address: Address; swallow: () => void }> {
  let swallowing = false;
  const sockets: Socket[] = [];
  const server: Server = createServer((near) => {
    const far = dial(to().port, to().host);
    for (const socket of [near, far]) {
      sockets.push(socket);
      socket.on('error', () => undefined);
    }
    near.on('data', (bytes) => !swallowing && far.write(plainBytes(bytes)));
    far.on('data', (bytes) => !swallowing && near.write(plainBytes(bytes)));
    near.on('close', () => far.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return {
    address: { host: '127.0.0.1', port },
    swallow: () => {
      swallowing = true;
    },
  };
}

test('a connection over which nothing comes back is given up', async (t) => {
  const quick = { ...limits, pingMs: 10 };
  const reasons: string[] = [];
  const bob = await openNode(t, testIdentity('bob', service));
  const { address, swallow } = await tunnel(t, () => bob.peers.address);
  const alice = await openNode(t, testIdentity('alice', service), {
    limits: quick,
    nodes: [{ nodeId: bob.identity.nodeId, address }],
    onEvent: (event) => event.type === 'disconnected' && reasons.push(event.reason),
  });
  bob.peers.setNodes([known(alice)]);
  await until('connected', isConnected(alice, bob));
  reasons.length = 0;
  swallow();
  await until('given up', () => reasons.length > 0);
  assert.equal(reasons[0], 'it does not answer');
});

test('a peer that does not read costs bounded memory: the oldest consensus traffic goes first', async (t) => {
  const bob = await openNode(t, testIdentity('bob', service));
  const { address, swallow } = await tunnel(t, () => bob.peers.address);
  const alice = await openNode(t, testIdentity('alice', service), {
    limits: { ...limits, pingMs: 60_000, sendBytesMax: 2 << 20 },
    nodes: [{ nodeId: bob.identity.nodeId, address }],
  });
  bob.peers.setNodes([known(alice)]);
  await until('connected', isConnected(alice, bob));
  swallow();
  const link = () => alice.peers.counters().links[bob.identity.nodeId];
  for (let count = 0; count < 100; count++) {
    alice.peers.send(bob.identity.nodeId, new Uint8Array(1 << 20));
    assert.ok((link()?.queuedBytes ?? 0) <= 2 << 20);
  }
  assert.ok((link()?.framesDropped ?? 0) >= 90);
});

test('strangers who say nothing do not keep honest nodes out', async (t) => {
  const alice = await openNode(t, testIdentity('alice', service), {
    limits: { ...limits, unauthenticatedMax: 4 },
  });
  const idle = Array.from({ length: 20 }, () => dial(alice.peers.address.port, '127.0.0.1'));
  for (const socket of idle) socket.on('error', () => undefined);
  t.after(() => {
    for (const socket of idle) socket.destroy();
  });
  await until('the oldest are closed', () => idle.filter(({ destroyed }) => destroyed).length >= 16);
  const bob = await openNode(t, testIdentity('bob', service), { nodes: [known(alice)] });
  alice.peers.setNodes([known(bob)]);
  await until('connected', isConnected(bob, alice));
});

test('the private key is not to be found in what is printed of it', async (t) => {
  const [alice] = await openPair(t);
  const pem = privateKeyToPem(alice.identity.privateKey).split('\n')[1] as string;
  assert.equal(JSON.stringify(alice.peers.counters()).includes(pem), false);
});
