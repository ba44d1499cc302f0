/**
 * Whole nodes in this process, and what a test asks of them.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { coseSign1, privateKeyToPem, publicKeyToPem, randomBytes } from '@coco/crypto';
import { type NodeTuple, nodeTupleMessageType, nodeTuplePayload, nodeTupleRow } from '@coco/governance';
import { fromUtf8, type NodeId, toBase64, utf8 } from '@coco/primitives';
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
    } else if (name === 'demand') {
            for (const [platform, row] of Object.entries(args.tee ?? {})) {
        table('public:coco.tee_manifest').set(key(platform), ccf.jsonCompatibleToBuf(row));
      }
      for (const [id, row] of Object.entries(args.code ?? {})) {
        table('public:coco.code_manifest').set(key(id), ccf.jsonCompatibleToBuf(row));
      }
    } else if (name === 'trigger_ledger_rekey') {
      ccf.node.triggerLedgerRekey();
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

export interface Place {
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
export async function placeOf(t: Test): Promise<Place> {
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
          worker: { isolation: 'none' },
          replica: { consensus: { electionTimeoutMs: 300, heartbeatMs: 40 } },
          adapters: [{ module: new URL('./echoAdapter.test.js', import.meta.url).href }],
          ...settings,
        }),
      ),
  };
}

export interface Network {
  readonly service: TestIdentity;
  readonly members: readonly TestIdentity[];
  readonly place: Place;
}

export const sealerOf = ({ directory }: Place) => openVirtualSealer(join(directory, 'key'));

/** The files of a network of one node; `more` is for its genesis. */
export async function networkOf(t: Test, more: object = {}): Promise<Network> {
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
    ...more,
  };
  writeFileSync(join(place.directory, 'genesis.json'), JSON.stringify(genesis));
  place.configure({ genesis: 'genesis.json' });
  return { service, members: [alice, bob], place };
}

export async function start(t: Test, place: Place): Promise<RunningNode> {
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
export function ask(
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

export const jsonOf = ({ body }: PinnedAnswer) => JSON.parse(fromUtf8(body) ?? '');

/** Looks again and again until `check` says yes. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!(await check())) {
    assert.ok(Date.now() < endMs, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function propose(
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

/** Proposes the node at `place`, and lets it join by `node`; it is not started. */
export async function joinAt(network: Network, node: RunningNode, place: Place): Promise<NodeId> {
  const [alice] = network.members as [TestIdentity];
  const config = loadConfig(place.file);
  const sealer = await sealerOf(place);
  const { key, nodeId } = createNodeIdentityFiles({
    directory: config.directories.sealed,
    sealer,
    nowMs: Date.now(),
  });
  const tuple = signedTuple(place, nodeId, publicKeyToPem(key.publicKey), alice);
  await propose(network, node, [{ name: 'add_node', args: { tuple } }]);
  await joinNetwork({ config, sealer, approve: () => true, retryMsMax: 50 });
  return nodeId;
}

/** The tuple of the node at `place`, signed by `actor`. */
export function signedTuple(
  place: Place,
  nodeId: string,
  publicKeyPem: string,
  actor: TestIdentity,
): unknown {
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

/** Subscribes to the events of `node`; the result gives all that has come so far. */
export async function subscribed(t: Test, node: RunningNode): Promise<() => string> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const asked = request(
      { ...node.administrative, path: '/node/events', rejectUnauthorized: false },
      (response) => {
        assert.equal(response.headers['content-type'], 'text/event-stream');
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          resolve();
        });
        response.on('error', () => undefined);
      },
    );
    t.after(() => asked.destroy());
    asked.on('error', reject);
    asked.end();
  });
  return () => text;
}

/** A connection of `identity` to the application door, on which something was answered. */
export async function heldOpen(t: Test, node: RunningNode, identity: TestIdentity) {
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
