import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import {
  type CodeManifest,
  codeId,
  encodeClaims,
  encodeEvidence,
  type Manifests,
  type RuntimeClaims,
  reportDataOf,
  type TeeEntry,
  virtualEvidence,
} from '@coco/attestation';
import {
  type Certificate,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  privateKeyToPem,
  randomBytes,
  signRaw,
} from '@coco/crypto';
import { fromHex, toBase64, toHex } from '@coco/primitives';
import { createClient } from './client.js';
import type { NodeVerdict } from './nodeVerdict.js';
import { type VerifyNodeOptions, verifyNode } from './verifyNode.js';
import { webSignatureHolds } from './webSignatures.js';

const day = 86_400_000;
const validity = { notBeforeMs: Date.now() - day, notAfterMs: Date.now() + day };
const serviceKey = generateKeyPair();
const service: Certificate = issueCertificate(
  {
    subjectCommonName: 'Service',
    ...validity,
    publicKey: serviceKey.publicKey,
    isCa: true,
    serialNumber: randomBytes(16),
  },
  { key: serviceKey, subjectCommonName: 'Service' },
);
const tree = randomBytes(32);
const instance = randomBytes(16);
const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

const entry: TeeEntry = {
  description: '',
  code: 'listed',
  roots: [],
  machines: [],
  minimumTcb: {},
  signers: [],
  cspIds: [],
  minimumReportVersion: 3,
  vmplMax: 3,
  uvm: [],
  acceptedStatuses: [],
  allowedAdvisories: [],
  minimumTcbEvaluation: 0,
  collateralDaysMax: 30,
};
const code: CodeManifest = {
  codes: { [codeId('virtual', { tree: toHex(tree) })]: { component: 'coco', description: '' } },
  snp: { measurements: [], hostData: [], uvm: [], tcb: {} },
  virtual: { measurements: [] },
};
const approved: Manifests = { tee: { virtual: entry }, code };

interface Fake {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: string[];
}

/** A node whose claims are as `bend` leaves them. */
async function fakeNode(
  bend: (claims: RuntimeClaims, socket: TLSSocket) => RuntimeClaims = (claims) => claims,
  changes: {
    readonly key?: PrivateKey;
    readonly answer?: (evidence: string) => string;
    readonly shows?: boolean;
  } = {},
): Promise<Fake> {
  const tlsKey = generateKeyPair();
  const certificate = issueCertificate(
    {
      subjectCommonName: 'Node',
      ...validity,
      publicKey: tlsKey.publicKey,
      isCa: false,
      subjectAltNames: [{ ip: '127.0.0.1' }],
      serialNumber: randomBytes(16),
    },
    { key: serviceKey, certificate: service },
  );
  const key = changes.key ?? tlsKey;
  const asked: string[] = [];
  const evidenceFor = (request: IncomingMessage): string => {
    const socket = request.socket as TLSSocket;
    const nonce = new URL(request.url ?? '', 'https://node').searchParams.get('nonce') ?? '';
    const claims = bend(
      {
        purpose: 'client',
        network: fromHex(service.fingerprint) as Uint8Array,
        nodeKey: fromHex(key.publicKey.fingerprint) as Uint8Array,
        nonce: fromHex(nonce) as Uint8Array,
        exporter: new Uint8Array(socket.exportKeyingMaterial(32, 'EXPORTER-coco-attest', Buffer.alloc(0))),
        code: tree,
        instance,
      },
      socket,
    );
    const encoded = encodeClaims(claims);
    const evidence = virtualEvidence({
      reportData: reportDataOf(encoded),
      tree,
      instance,
      publicKeyDer: key.publicKey.der,
      sign: (bytes) => signRaw(key, bytes, { hash: 'sha256' }),
    });
    return toBase64(encodeEvidence({ platform: 'virtual', evidence, claims: encoded, endorsements: {} }));
  };
  const server = createServer(
    { key: privateKeyToPem(tlsKey), cert: certificate.pem },
    (request, response) => {
      asked.push(request.url?.split('?')[0] ?? '');
      const { answer = (evidence: string) => JSON.stringify({ evidence }) } = changes;
      const body = request.url?.startsWith('/node/evidence')
        ? answer(evidenceFor(request))
        : JSON.stringify({ manifests: approved });
      const isAbsent = changes.shows === false && request.url === '/node/manifests';
      response.writeHead(isAbsent ? 404 : 200, { 'content-length': Buffer.byteLength(body) }).end(body);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close().closeAllConnections());
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function verified(node: Fake, changes: Partial<VerifyNodeOptions> = {}): Promise<NodeVerdict> {
  return verifyNode({ url: node.url, serviceCertificatePem: service.pem, manifests: approved, ...changes });
}

async function refusal(node: Fake, changes: Partial<VerifyNodeOptions> = {}): Promise<string> {
  const verdict = await verified(node, changes);
  return verdict.outcome === 'refused' ? verdict.refusal.code : verdict.outcome;
}

test('a node whose evidence is bound to key, nonce and connection, and runs approved code, is accepted (SEC-3)', async () => {
  const verdict = await verified(await fakeNode());
  assert.equal(verdict.outcome, 'accepted');
  assert.equal(verdict.assurance.level, 'none');
  assert.deepEqual(
    verdict.checks.map(({ what }) => what),
    ['evidence', 'valid at', 'node key', 'network', 'fresh', 'session', 'code'],
  );
  assert.match(verdict.assumed.join(), /virtual proves nothing/);
});

test('evidence of another session, nonce, purpose, network or node is refused, each with its own code', async () => {
  const bends: [string, (claims: RuntimeClaims) => RuntimeClaims][] = [
    ['COCO_ATTESTATION_SESSION', (claims) => ({ ...claims, exporter: randomBytes(32) })],
    ['COCO_ATTESTATION_NONCE', (claims) => ({ ...claims, nonce: randomBytes(32) })],
    ['COCO_ATTESTATION_PURPOSE', (claims) => ({ ...claims, purpose: 'join' })],
    ['COCO_ATTESTATION_NETWORK', (claims) => ({ ...claims, network: randomBytes(32) })],
  ];
  for (const [codeOfRefusal, bend] of bends) {
    assert.equal(await refusal(await fakeNode(bend)), codeOfRefusal);
  }
  const other = await fakeNode(undefined, { key: generateKeyPair() });
  assert.equal(await refusal(other), 'COCO_ATTESTATION_KEY');
});

test('code that the manifests do not list is refused, whatever the node itself shows', async () => {
  const manifests = { ...approved, code: { ...code, codes: {} } };
  const node = await fakeNode();
  assert.equal(await refusal(node, { manifests }), 'COCO_ATTESTATION_CODE');
  const shown = await verifyNode({ url: node.url, serviceCertificatePem: service.pem });
  assert.equal(shown.outcome, 'accepted');
  assert.match(shown.assumed.join(), /manifests are those that the node itself shows/);
});

test('a verdict without a service says that no network was named', async () => {
  const node = await fakeNode();
  const verdict = await verifyNode({ url: node.url, manifests: approved });
  assert.equal(verdict.outcome, 'accepted');
  assert.match(verdict.assumed.join(), /no network was named/);
});

test('an answer that is no evidence is told as such', async () => {
  const answers = ['', '{}', '[]', '{"evidence":7}', '{"evidence":"*"}'];
  for (const answer of answers) {
    const node = await fakeNode(undefined, { answer: () => answer });
    await assert.rejects(verified(node), { code: 'COCO_CLIENT_EVIDENCE' }, answer);
  }
  const garbage = await fakeNode(undefined, { answer: () => '{"evidence":"AAAA"}' });
  await assert.rejects(verified(garbage), { code: 'COCO_ATTESTATION_MALFORMED' });
  const long = await fakeNode(undefined, { answer: () => JSON.stringify({ evidence: 'A'.repeat(3 << 20) }) });
  await assert.rejects(verified(long), { code: 'COCO_CLIENT_EVIDENCE' });
});

test('a client that wants evidence sends nothing before it was accepted, on every connection (SEC-3)', async () => {
  const good = await fakeNode();
  const evidence = { manifests: approved };
  const client = createClient({ url: good.url, serviceCertificatePem: service.pem, evidence });
  closing.push(() => client.close());
  await client.getJson('/gov/coco/constitution');
  await client.getJson('/gov/coco/constitution');
  assert.deepEqual(good.asked, ['/node/evidence', '/gov/coco/constitution', '/gov/coco/constitution']);

  const bad = await fakeNode((claims) => ({ ...claims, exporter: randomBytes(32) }));
  const refused = createClient({ url: bad.url, serviceCertificatePem: service.pem, evidence });
  closing.push(() => refused.close());
  await assert.rejects(refused.post('/tx', 'text/plain', new Uint8Array(8)), {
    code: 'COCO_CLIENT_EVIDENCE',
  });
  assert.deepEqual(bad.asked, ['/node/evidence']);
});

test('Web Cryptography and the platform agree on which signatures hold', async () => {
  const key = generateKeyPair();
  const message = randomBytes(100);
  const signature = signRaw(key, message);
  const check = { scheme: 'ecdsa-p256-sha256', publicKey: key.publicKey.der, message, signature } as const;
  assert.equal(await webSignatureHolds(check), true);
  assert.equal(await webSignatureHolds({ ...check, message: randomBytes(100) }), false);
  assert.equal(await webSignatureHolds({ ...check, scheme: 'ecdsa-p384-sha384' }), false);
  assert.equal(await webSignatureHolds({ ...check, publicKey: randomBytes(91) }), false);
  assert.equal(await webSignatureHolds({ ...check, scheme: 'rsa-pss-sha384' }), false);
});

test('where a node shows no manifests it is said what to do', async () => {
  const node = await fakeNode(undefined, { shows: false });
  await assert.rejects(verifyNode({ url: node.url, serviceCertificatePem: service.pem }), {
    code: 'COCO_CLIENT_EVIDENCE',
    message: /give the manifests that you approve/,
  });
});
