import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  encodeClaims,
  encodeEvidence,
  type Manifests,
  parseManifests,
  type RuntimeClaims,
} from '@coco/attestation';
import { createClient } from '@coco/client';
import { generateShareKey, randomBytes } from '@coco/crypto';
import { CocoError, fromBase64, fromHex, toBase64, toHex } from '@coco/primitives';
import type { GovernedNode } from '../governed/governedNode.js';
import { type StrangerNode, strangerNode } from '../governed/strangerNode.js';
import { type HeldConnection, holdConnection } from './heldConnection.js';
import { openPeerDoor } from './peerDoor.js';
import { openRelay } from './relay.js';
import { AttestedNetwork, guest } from './snpWorld.test.js';
import { type StolenKey, stealKey } from './stolenKey.js';

let network: AttestedNetwork;
before(async () => {
  network = await AttestedNetwork.open();
});
after(() => network?.close());

const otherConnection =
  /the evidence is of another connection: its TLS exporter is [0-9a-f]{64}, that of this one [0-9a-f]{64}/;

/** Evidence of the hardware of `node`, as the node itself would make it for `claims`. */
function evidenceOf(
  node: GovernedNode,
  claims: Partial<RuntimeClaims> & Pick<RuntimeClaims, 'purpose'>,
): Uint8Array {
  return evidenceOn(network.guestOf(node).machine, {
    nodeKey: fromHex(node.nodeId) as Uint8Array,
    ...claims,
  });
}

function evidenceOn(
  machine: ReturnType<typeof guest>['machine'],
  claims: Omit<RuntimeClaims, 'network' | 'code' | 'instance'>,
): Uint8Array {
  const all = {
    network: fromHex(network.governed.serviceFingerprint) as Uint8Array,
    code: randomBytes(32),
    instance: randomBytes(16),
    shareKey: generateShareKey().publicKey,
    epochKey: generateShareKey().publicKey,
    ...claims,
  };
  return encodeEvidence(machine.evidence(encodeClaims(all)));
}

/** What the door of clients gives to anybody who brings a nonce. */
async function clientEvidence(node: GovernedNode, nonce: Uint8Array): Promise<Uint8Array> {
  const answer = (await network.governed.get(node, `/node/evidence?nonce=${toHex(nonce)}`)) as {
    evidence: string;
  };
  return fromBase64(answer.evidence) as Uint8Array;
}

const threeNodes = (): readonly [GovernedNode, GovernedNode, GovernedNode] => {
  const [first, second, third] = network.governed.nodes;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three nodes');
  return [first, second, third];
};

test('MIT-4: with the key of a node nobody gets into a session of peers by evidence that the node gives on another connection', async () => {
  const [first, second, third] = threeNodes();
  const asFirst = await stealKey(first);
  const asSecond = await stealKey(second);
  const atThird = await openPeerDoor(third.addresses.peer, asSecond);
  const atSecond = await openPeerDoor(second.addresses.peer, asFirst);
  const from = third.log().length;
  const nonce = await atThird.nonce();
  const verdict = await atThird.prove(await atSecond.evidence(nonce));
  assert.notEqual(verdict, 'accepted');
  const { code, sentence } = verdict as Exclude<typeof verdict, 'accepted'>;
  assert.equal(code, 'COCO_ATTESTATION_SESSION');
  assert.match(sentence, otherConnection);
  const line = await network.logged(
    third,
    new RegExp(`node ${second.nodeId} is refused as a peer: .*`),
    from,
  );
  assert.match(line, otherConnection);
  assert.match(line, /code="COCO_ATTESTATION_SESSION"/);
  for (const door of [atThird, atSecond]) door.close();
});

test('MIT-4: nor by evidence of an earlier session, for another purpose, or by saying something before', async () => {
  const [first, second, third] = threeNodes();
  const asSecond = await stealKey(second);
  const atSecond = await openPeerDoor(second.addresses.peer, await stealKey(first));
  const earlier = await atSecond.evidence(randomBytes(32));
  atSecond.close();
  const replays: readonly (readonly [string, (nonce: Uint8Array) => Promise<Uint8Array> | Uint8Array])[] = [
    ['NONCE', () => earlier],
    ['PURPOSE', (nonce) => clientEvidence(second, nonce)],
    ['KEY', (nonce) => evidenceOf(first, { purpose: 'session', nonce })],
  ];
  for (const [expected, replay] of replays) {
    const door = await openPeerDoor(third.addresses.peer, asSecond);
    const verdict = await door.prove(await replay(await door.nonce()));
    assert.equal(verdict === 'accepted' ? verdict : verdict.code, `COCO_ATTESTATION_${expected}`);
    door.close();
  }
  const silent = await openPeerDoor(third.addresses.peer, asSecond);
  await silent.speakBeforeProof();
  silent.close();
  // Who has the key and the very machine is the node: what was refused above was refused for nothing but its binding.
  const itself = await openPeerDoor(third.addresses.peer, asSecond);
  const { exporter } = itself;
  const good = evidenceOf(second, { purpose: 'session', nonce: await itself.nonce(), exporter });
  assert.equal(await itself.prove(good), 'accepted');
  itself.close();
});

test('NET-1: a node that joins through somebody in between asks it for nothing and proves nothing to it', async () => {
  const [first] = threeNodes();
  const needed = { status: 428, text: '{"error":{"code":"COCO_HOST_EVIDENCE_NEEDED","message":"prove"}}' };
  const relay = await openRelay(first.administrativeUrl, await stealKey(first), {
    'POST /node/join': needed,
  });
  const node = network.newNode(guest());
  const { status, stderr } = await network.tryToJoin(node, relay.address);
  relay.close();
  assert.equal(status, 1);
  assert.match(
    stderr,
    /the node that was asked is not trusted, and nothing was asked of it: the evidence is of another connection/,
  );
  assert.match(stderr, /\[COCO_JOIN_EVIDENCE\]\s*$/);
  assert.ok(relay.asked.includes('GET /node/evidence'), relay.asked.join());
  assert.ok(!relay.asked.includes('POST /node/challenge'), relay.asked.join());
});

/** Asks for `path` with what `prove` makes of a fresh nonce, on a connection of its own. */
async function ask(
  identity: Omit<StolenKey, 'nodeId'>,
  request: { readonly node: GovernedNode; readonly path: string; readonly body: object },
  prove: (nonce: Uint8Array, connection: HeldConnection) => Promise<Uint8Array> | Uint8Array,
): ReturnType<HeldConnection['post']> {
  const connection = holdConnection(request.node.administrativeUrl, identity);
  try {
    const evidence = toBase64(await prove(await connection.nonce(), connection));
    return await connection.post(request.path, { ...request.body, evidence });
  } finally {
    connection.close();
  }
}

async function listedStranger(): Promise<StrangerNode> {
  const { governed } = network;
  const stranger = await strangerNode(governed.member('acme'));
  writeFileSync(path.join(governed.directory, 'stranger.json'), JSON.stringify(stranger.tuple));
  await network.decide('add-node', 'stranger.json');
  return stranger;
}

test('NET-2: evidence of another session lets nobody join', async () => {
  const { governed } = network;
  const [node, other] = threeNodes();
  const { nodeId, identity } = await listedStranger();
  const { digest } = (await governed.get(node, '/gov/coco/constitution')) as { digest: string };
  const body = { phase: 'secrets', constitution_digest: digest, platform: 'sev-snp' };
  const nodeKey = fromHex(nodeId) as Uint8Array;
  const own = {
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    ca: governed.serviceCertificatePem,
  };
  const request = { node, path: '/node/join', body };
  const { machine } = guest();
  const elsewhere = holdConnection(node.administrativeUrl, own);
  const earlier = await elsewhere.nonce();
  const captured = evidenceOn(machine, {
    purpose: 'join',
    nodeKey,
    nonce: earlier,
    exporter: elsewhere.exporter,
  });

  const replays: readonly (readonly [string, RegExp, Parameters<typeof ask>[2]])[] = [
    ['NONCE', /the evidence is not fresh: it was made for the nonce/, () => captured],
    [
      'SESSION',
      otherConnection,
      (nonce) => evidenceOn(machine, { purpose: 'join', nodeKey, nonce, exporter: elsewhere.exporter }),
    ],
    [
      'PURPOSE',
      /the evidence was made for the purpose "client", not "join"/,
      (nonce) => clientEvidence(other, nonce),
    ],
    [
      'KEY',
      new RegExp(`the evidence speaks of the node key ${other.nodeId}, not of ${nodeId}`),
      (nonce, { exporter }) => evidenceOf(other, { purpose: 'join', nonce, exporter }),
    ],
  ];
  for (const [code, sentence, prove] of replays) {
    const answer = await ask(own, request, prove);
    assert.deepEqual([answer.status, answer.code], [403, `COCO_ATTESTATION_${code}`], answer.sentence);
    assert.match(answer.sentence, sentence);
    assert.equal(answer.fields['service_key'], undefined);
  }
  elsewhere.close();
  const good = await ask(own, request, (nonce, { exporter }) =>
    evidenceOn(machine, { purpose: 'join', nodeKey, nonce, exporter }),
  );
  assert.equal(good.status, 200, `${good.code}: ${good.sentence}`);
  assert.match(String(good.fields['service_key']), /PRIVATE KEY/);
});

test('MIT-2: the evidence that the ledger has of a node renews no lease for who has its key', async () => {
  const { governed } = network;
  const primary = (await governed.primary()) as GovernedNode;
  const victim = governed.nodes.find((node) => node !== primary) as GovernedNode;
  const shown = await governed
    .member('acme')
    .ok('ledger', 'show', victim.ledger, '--table', 'public:coco.nodes.evidence', '--json', '--full');
  const recorded = new RegExp(`${victim.nodeId}.*?\\\\?"evidence\\\\?":\\\\?"([A-Za-z0-9+/=]+)`).exec(
    shown,
  )?.[1];
  assert.ok(recorded !== undefined, shown.slice(0, 2000));
  const { granted_at: before } = (await network.shown(victim)).lease ?? {};
  const request = { node: primary, path: '/node/lease', body: { last_seqno: 1 } };
  const answer = await ask(await stealKey(victim), request, () => fromBase64(recorded) as Uint8Array);
  assert.deepEqual([answer.status, answer.code], [403, 'COCO_ATTESTATION_NONCE'], answer.sentence);
  assert.equal((await network.shown(victim)).lease?.granted_at, before);
});

/** The manifests that the network shows, and the same with other code in them: what somebody approves who knows better. */
async function manifests(): Promise<{ readonly good: Manifests; readonly other: Manifests }> {
  const shown = await network.governed.member('acme').json('constitution', 'show');
  const good = parseManifests(shown['manifests']);
  const codes = { [toHex(randomBytes(32))]: { component: 'coco-node', description: 'another release' } };
  return { good, other: { ...good, code: { ...good.code, codes } } };
}

const notListed = /the code that runs is none of the 1 in the code manifest: its code id is [0-9a-f]{64}/;

test('SEC-3: coco verify accepts a node by what its caller approves, and refuses one that runs something else', async () => {
  const { governed } = network;
  const acme = governed.member('acme');
  const [{ administrativeUrl }] = threeNodes();
  const { good, other } = await manifests();
  for (const [name, value] of Object.entries({ good, other })) {
    writeFileSync(path.join(governed.directory, `${name}.json`), JSON.stringify(value));
  }
  const words = ['verify', administrativeUrl, '--service', governed.serviceCertificateFile];
  const shown = await acme.run(...words);
  assert.equal(shown.status, 0, shown.stdout + shown.stderr);
  assert.match(shown.stdout, /evidence accepted/);
  assert.match(shown.stdout, /the manifests are those that the node itself shows/);
  const accepted = await acme.json(...words, '--manifests', 'good.json');
  assert.deepEqual([accepted['outcome'], accepted['platform']], ['accepted', 'sev-snp']);
  const what = (accepted['checks'] as { what: string }[]).map((check) => check.what);
  for (const check of ['node key', 'network', 'fresh', 'session', 'code'])
    assert.ok(what.includes(check), check);
  const refused = await acme.run(...words, '--manifests', 'other.json');
  assert.equal(refused.status, 1, refused.stdout + refused.stderr);
  assert.match(refused.stdout, notListed);
  assert.match(refused.stdout, /\(COCO_ATTESTATION_CODE\)/);
});

/** One JSON-RPC call of carrier's, by a client that asks for evidence first. */
async function callAs(
  url: string,
  manifests: Manifests | 'shown',
  [method, ...params]: readonly [string, ...string[]],
): Promise<unknown> {
  const { serviceCertificatePem } = network.governed;
  const clientCertificate = network.governed.member('carrier').identity();
  const client = createClient({ url, serviceCertificatePem, clientCertificate, evidence: { manifests } });
  try {
    return await client.jsonRpc(method, params);
  } finally {
    client.close();
  }
}

test('SEC-3: a client sends nothing to a node that is refused, nor through somebody in between who has the key of a node', async () => {
  const { governed } = network;
  const [node] = threeNodes();
  const { good, other } = await manifests();
  const { raw, hash } = network.nextTransfer();
  const asked = (url: string, by: Manifests): Promise<unknown> =>
    callAs(url, by, ['eth_sendRawTransaction', raw]).catch((error: unknown) => error);
  const refusal = async (url: string, by: Manifests): Promise<CocoError> => {
    const error = await asked(url, by);
    assert.ok(error instanceof CocoError, String(error));
    assert.equal(error.code, 'COCO_CLIENT_EVIDENCE', error.message);
    return error;
  };
  const wrong = await refusal(node.applicationUrl, other);
  assert.match(
    wrong.message,
    /the node's evidence is not accepted, and nothing was sent to it: the code that runs/,
  );
  assert.equal(wrong.facts['reason'], 'COCO_ATTESTATION_CODE');
  const relay = await openRelay(
    node.applicationUrl,
    await stealKey(node),
    {},
    governed.member('carrier').identity(),
  );
  const passedOn = await refusal(relay.url, good);
  relay.close();
  assert.match(passedOn.message, otherConnection);
  assert.deepEqual(relay.asked, ['GET /node/evidence']);
  assert.equal(await asked(node.applicationUrl, good), hash);
});

test('SEC-3: a client can take the manifests that the node shows, at the endpoint of applications', async () => {
  const [node] = threeNodes();
  assert.match(String(await callAs(node.applicationUrl, 'shown', ['eth_chainId'])), /^0x/);
});
