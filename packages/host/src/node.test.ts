/**
 * Whole nodes in this process: they begin a network, start again, and let another one in by vote.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { coseSign1, publicKeyToPem, randomBytes } from '@coco/crypto';
import { type NodeTuple, nodeTupleMessageType, nodeTuplePayload, nodeTupleRow } from '@coco/governance';
import { fromUtf8, toBase64, utf8 } from '@coco/primitives';
import { loadConfig } from './config.js';
import { type Test, temporaryDirectory } from './entries.test.js';
import { silentLog } from './httpEndpoint.test.js';
import { type TestIdentity, testIdentity, testService } from './identities.test.js';
import { joinNetwork } from './joinNetwork.js';
import { createMetrics } from './metrics.js';
import { type RunningNode, startNode } from './node.js';
import { endorseNode } from './nodeCertificate.js';
import { createNodeIdentityFiles } from './nodeIdentity.js';
import { saveNodeSecrets } from './nodeSecrets.js';
import { type PinnedAnswer, pinnedRequest } from './pinnedRequest.js';
import { cocoVersion } from './version.js';
import { openVirtualSealer } from './virtualSealer.js';

/** Members' word is law at once; actions write what the node list needs. */
const constitution = `
export function validate() { return { valid: true, description: '' }; }
export function resolve() { return 'Accepted'; }
export function apply(proposal) {
  const table = (name) => ccf.kv[name];
  const key = (text) => ccf.strToBuf(text);
  const info = table('public:ccf.gov.nodes.info');
  for (const { name, args } of JSON.parse(proposal).actions) {
    if (name === 'add_node') {
      const { tuple } = args;
      const at = (address) => ({ bind_address: address, published_address: address });
      info.set(key(tuple.node_id), ccf.jsonCompatibleToBuf({
        status: 'Pending',
        public_key: tuple.public_key,
        node_to_node_interface: at(tuple.peer_address),
        rpc_interfaces: { application: at(tuple.application_address), administrative: at(tuple.administrative_address) },
        quote_info: { format: 'Insecure_Virtual', quote: '', endorsements: '' },
      }));
      table('public:coco.nodes.tuples').set(key(tuple.node_id), ccf.jsonCompatibleToBuf(tuple));
    } else if (name === 'remove_node') {
      const row = ccf.bufToJsonCompatible(info.get(key(args.node_id)));
      info.set(key(args.node_id), ccf.jsonCompatibleToBuf({ ...row, status: 'Retired' }));
    } else if (name === 'remove_member') {
      for (const part of ['certs', 'info']) table('public:ccf.gov.members.' + part).delete(key(args.member_id));
    }
  }
}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Place {
  readonly directory: string;
  readonly file: string;
  readonly addresses: {
    readonly application: string;
    readonly administrative: string;
    readonly peer: string;
  };
  configure(settings: object): void;
}

/** A directory for a node, with a configuration and ports of its own. */
async function placeOf(t: Test): Promise<Place> {
  const directory = temporaryDirectory(t);
  const [application, administrative, peer] = await Promise.all(
    [0, 1, 2].map(async () => `127.0.0.1:${await freePort()}`),
  );
  assert.ok(application && administrative && peer);
  const addresses = { application, administrative, peer };
  const file = join(directory, 'node.json');
  return {
    directory,
    file,
    addresses,
    configure: (settings) =>
      writeFileSync(
        file,
        JSON.stringify({
          virtualKey: 'key',
          directories: { ledger: 'ledger', sealed: 'sealed' },
          addresses,
          worker: { thread: false },
          replica: { consensus: { electionTimeoutMs: 300, heartbeatMs: 40 } },
          adapters: [{ module: new URL('./echoAdapter.test.js', import.meta.url).href }],
          ...settings,
        }),
      ),
  };
}

interface Network {
  readonly service: TestIdentity;
  readonly members: readonly TestIdentity[];
  readonly place: Place;
}

const sealerOf = ({ directory }: Place) => openVirtualSealer(join(directory, 'key'));

/** The files of a network of one node. */
async function networkOf(t: Test): Promise<Network> {
  const [service, alice, bob] = [testService(), testIdentity('alice'), testIdentity('bob')];
  const place = await placeOf(t);
  const sealer = await sealerOf(place);
  const directory = join(place.directory, 'sealed');
  const { key, nodeId } = createNodeIdentityFiles({ directory, sealer, nowMs: Date.now() });
  saveNodeSecrets(directory, sealer, {
    nodeKey: key,
    serviceKey: service.privateKey,
    ledgerSecrets: [{ fromSeqno: 1, key: randomBytes(32) }],
  });
  const certificate = endorseNode({
    publicKey: key.publicKey,
    addresses: Object.values(place.addresses),
    days: 30,
    nowMs: Date.now(),
    service: { key: service.privateKey, certificate: service.certificate },
  });
  const genesis = {
    serviceCertificatePem: service.certificate.pem,
    constitution,
    members: [alice, bob].map((one) => ({
      certificatePem: one.certificate.pem,
      name: one.certificate.subject,
    })),
    participants: [],
    nodes: [
      {
        nodeId,
        certificatePem: certificate.pem,
        peerAddress: place.addresses.peer,
        applicationAddress: place.addresses.application,
        administrativeAddress: place.addresses.administrative,
      },
    ],
    votingPolicies: { default: { kind: 'majority' } },
    adapters: { echo: {} },
  };
  writeFileSync(join(place.directory, 'genesis.json'), JSON.stringify(genesis));
  place.configure({ genesis: 'genesis.json' });
  return { service, members: [alice, bob], place };
}

async function start(t: Test, place: Place): Promise<RunningNode> {
  const node = await startNode({
    config: loadConfig(place.file),
    sealer: await sealerOf(place),
    log: process.env['COCO_TEST_LOG'] === undefined ? silentLog : loudLog,
    metrics: createMetrics(),
    onFatal: (error) => assert.fail(String(error)),
  });
  t.after(() => node.stop());
  return node;
}

const loudLog = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (...args: unknown[]) => console.error(level, ...args),
  ]),
) as unknown as typeof silentLog;

/** Asks the administrative door of `node`. */
function ask(
  { service }: Network,
  node: RunningNode,
  path: string,
  options: { body?: string; identity?: TestIdentity; door?: 'application' } = {},
): Promise<PinnedAnswer> {
  const { body, identity, door = 'administrative' } = options;
  const pin = {
    serviceFingerprint: service.certificate.fingerprint,
    timeoutMs: 10_000,
    nowMs: Date.now,
    ...(identity && { identity: { key: identity.privateKey, certificate: identity.certificate } }),
  };
  const method = body === undefined ? 'GET' : 'POST';
  return pinnedRequest(node[door], { method, path, ...(body !== undefined && { body }) }, pin);
}

const jsonOf = ({ body }: PinnedAnswer) => JSON.parse(fromUtf8(body) ?? '');

/** Looks again and again until `check` says yes. */
async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!(await check())) {
    assert.ok(Date.now() < endMs, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function propose(
  network: Network,
  node: RunningNode,
  actions: readonly object[],
  memberIndex = 0,
): Promise<void> {
  const member = network.members[memberIndex] as TestIdentity;
  const message = coseSign1({
    protectedHeader: new Map<unknown, unknown>([
      [4, utf8(member.certificate.fingerprint)],
      ['ccf.gov.msg.type', 'proposal'],
      ['ccf.gov.msg.created_at', Math.floor(Date.now() / 1000)],
    ]),
    payload: utf8(JSON.stringify({ actions })),
    key: member.privateKey,
  });
  const { request } = await import('node:https');
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request(
      {
        ...node.administrative,
        method: 'POST',
        path: '/gov/members/proposals:create?api-version=2024-07-01',
        headers: { 'content-type': 'application/cose', 'content-length': message.length },
        rejectUnauthorized: false,
      },
      (response) => {
        let text = `${response.statusCode} `;
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(text));
      },
    );
    sent.on('error', reject);
    sent.end(message);
  });
  assert.match(answer, /^200 .*Accepted/);
}

/** The tuple of the node at `place`, signed by `actor`. */
function signedTuple(place: Place, nodeId: string, publicKeyPem: string, actor: TestIdentity): unknown {
  const tuple: NodeTuple = {
    actor: actor.certificate.fingerprint,
    nodeId,
    publicKeyPem,
    peerAddress: place.addresses.peer,
    applicationAddress: place.addresses.application,
    administrativeAddress: place.addresses.administrative,
  };
  const cose = coseSign1({
    protectedHeader: new Map<unknown, unknown>([
      [4, utf8(tuple.actor)],
      ['ccf.gov.msg.type', nodeTupleMessageType],
    ]),
    payload: nodeTuplePayload(tuple),
    key: actor.privateKey,
  });
  return nodeTupleRow(tuple, toBase64(cose));
}

test('a node begins its network, answers at both doors, and starts again without its genesis', async (t) => {
  const network = await networkOf(t);
  const node = await start(t, network.place);
  await until('the genesis is committed', () => node.replica.commit >= 2);
  assert.equal(jsonOf(await ask(network, node, '/node/state')).state, 'PartOfNetwork');
  assert.equal(jsonOf(await ask(network, node, '/node/network')).service_status, 'Open');
  for (const path of ['/node/api', '/gov/api'])
    assert.equal(jsonOf(await ask(network, node, path)).openapi, '3.1.0');
  const [alice] = network.members;
  assert.ok(alice !== undefined);
  const application = { door: 'application', identity: alice } as const;
  assert.equal(jsonOf(await ask(network, node, '/app/api', application)).openapi, '3.1.0');
  for (const path of ['/commit', '/app/commit']) {
    assert.match(jsonOf(await ask(network, node, path, application)).transaction_id, /^2\./);
  }
  const echoed = await ask(network, node, '/echo', { ...application, body: 'hello' });
  assert.equal(fromUtf8(echoed.body), 'hello');
  assert.equal((await ask(network, node, '/commit', { door: 'application' })).status, 401);
  assert.equal((await ask(network, node, '/gov/service/info', application)).status, 404);
  assert.equal((await ask(network, node, '/elsewhere')).status, 404);
  const { commit } = node.replica;
  await node.stop();
  network.place.configure({});
  const again = await start(t, network.place);
  await until('what was committed is', () => again.replica.isPrimary && again.replica.commit > commit);
  assert.equal(jsonOf(await ask(network, again, '/node/state')).startup_seqno, commit);
});

test('a node that is in no network says so (COCO_HOST_NO_NETWORK)', async (t) => {
  const place = await placeOf(t);
  place.configure({});
  await assert.rejects(start(t, place), { code: 'COCO_HOST_NO_NETWORK' });
});

test("a genesis that does not name the node, or is another network's, is refused (COCO_HOST_CONFIG)", async (t) => {
  const network = await networkOf(t);
  const { directory } = network.place;
  const file = join(directory, 'genesis.json');
  const genesis = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...genesis, nodes: [] }));
  await assert.rejects(start(t, network.place), { code: 'COCO_HOST_CONFIG', facts: { path: 'genesis' } });
  writeFileSync(file, JSON.stringify(genesis));
  await (await start(t, network.place)).stop();
  writeFileSync(file, JSON.stringify({ ...genesis, serviceCertificatePem: testService().certificate.pem }));
  await assert.rejects(start(t, network.place), { code: 'COCO_HOST_CONFIG' });
});

test('NET-1 to NET-4, GOV-7: a node joins a running network by vote, takes part, restarts, and is removed by vote', async (t) => {
  const network = await networkOf(t);
  const first = await start(t, network.place);
  await until('the genesis is committed', () => first.replica.commit >= 2);
  const place = await placeOf(t);
  const [alice, bob] = network.members as [TestIdentity, TestIdentity];
  const peer = network.place.addresses.administrative;
  place.configure({ join: { peer, serviceFingerprint: network.service.certificate.fingerprint } });
  const sealer = await sealerOf(place);
  let listed = false;
  const config = loadConfig(place.file);
  const { nodeId } = await joinNetwork({
    config,
    sealer,
    approve: () => true,
    retryMsMax: 50,
    onProgress: (progress) => {
      if (progress.type !== 'waiting' || listed) return;
      listed = true;
      const { key } = createNodeIdentityFiles({
        directory: config.directories.sealed,
        sealer,
        nowMs: Date.now(),
      });
      const tuple = signedTuple(place, key.publicKey.fingerprint, publicKeyToPem(key.publicKey), alice);
      void propose(network, first, [{ name: 'add_node', args: { tuple } }]);
    },
  });
  const second = await start(t, place);
  const statusOf = async (asked: RunningNode): Promise<string> =>
    jsonOf(await ask(network, asked, `/node/network/nodes/${nodeId}`)).status;
  await until(
    'both see it trusted',
    async () => (await statusOf(first)) === 'Trusted' && (await statusOf(second)) === 'Trusted',
  );
  await until('it has everything', () => second.replica.commit === first.replica.commit);
  assert.ok(readdirSync(join(place.directory, 'ledger')).every((name) => name !== 'ledger_1'));
  const { configurations } = first.replica.status().consensus;
  assert.deepEqual(configurations.at(-1)?.nodes.toSorted(), [first.nodeId, nodeId].toSorted());

  await second.stop();
  place.configure({});
  const again = await start(t, place);
  await until('it is back', async () => again.replica.commit >= first.replica.commit);

  const socketOfBob = await heldOpen(t, first, bob);
  const primary = first.replica.isPrimary ? first : again;
  await propose(network, primary, [
    { name: 'remove_member', args: { member_id: bob.certificate.fingerprint } },
  ]);
  await socketOfBob.closed;

  await propose(network, primary, [{ name: 'remove_node', args: { node_id: nodeId } }]);
  await until('it can be shut down', async () => {
    const { nodes } = jsonOf(await ask(network, first, '/node/network/removable_nodes'));
    return nodes.some(({ node_id }: { node_id: string }) => node_id === nodeId);
  });
  await again.stop();
  await until('the first goes on alone', () => first.replica.isPrimary);
  const before = first.replica.commit;
  await propose(network, first, [{ name: 'nothing', args: {} }]);
  assert.ok(first.replica.commit > before);
});

/** A connection of `identity` to the application door, on which something was answered. */
async function heldOpen(t: Test, node: RunningNode, identity: TestIdentity) {
  const { connect } = await import('node:tls');
  const { privateKeyToPem } = await import('@coco/crypto');
  const socket = connect({
    ...node.application,
    rejectUnauthorized: false,
    key: privateKeyToPem(identity.privateKey),
    cert: identity.certificate.pem,
  });
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write('GET /commit HTTP/1.1\r\nHost: n\r\n\r\n');
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  return { closed };
}

test('the version that nodes tell is that of the package', () => {
  const file = fileURLToPath(new URL('../package.json', import.meta.url));
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).version, cocoVersion);
});
