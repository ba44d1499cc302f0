import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Certificate,
  type CertificateIssuer,
  coseDecode,
  coseSign1,
  coseVerify,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  privateKeyToPem,
  randomBytes,
  signDer,
} from '@coco/crypto';
import { fromUtf8, utf8 } from '@coco/primitives';
import {
  ackPayload,
  completeRequest,
  type GovernanceRequest,
  plainBallot,
  prepareRequest,
  proposalFault,
  readRequest,
  requestPath,
  signRequest,
} from './governanceRequest.js';
import { formatPrepared, parsePrepared } from './preparedFile.js';
import { keySigner } from './signer.js';

function member(
  curve: 'P-256' | 'P-384' = 'P-256',
  issuer?: CertificateIssuer,
): { key: PrivateKey; certificate: Certificate } {
  const key = generateKeyPair(curve);
  const name = { subjectCommonName: 'Member' };
  const validity = { notBeforeMs: Date.now() - 1000, notAfterMs: Date.now() + 3_600_000 };
  const request = {
    ...name,
    ...validity,
    publicKey: key.publicKey,
    isCa: true,
    serialNumber: randomBytes(16),
  };
  return { key, certificate: issueCertificate(request, issuer ?? { key, ...name }) };
}

const { key, certificate } = member();
const actorId = certificate.fingerprint;
const proposalId = 'ab'.repeat(32);
const ballot: GovernanceRequest = {
  type: 'ballot',
  actorId,
  proposalId,
  createdAt: 1_700_000_000,
  payload: plainBallot(true),
};

test('formats-ccf 2(e): a request is a tagged COSE_Sign1 with kid, type, time and proposal in its protected header', async () => {
  const signer = keySigner({ certificatePem: certificate.pem, privateKeyPem: privateKeyToPem(key) });
  const message = coseDecode(await signRequest(ballot, signer));
  assert.ok(coseVerify(message, key.publicKey));
  assert.deepEqual(
    [...message.protectedHeader].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    [
      [1, -7],
      [4, utf8(actorId)],
      ['ccf.gov.msg.created_at', 1_700_000_000],
      ['ccf.gov.msg.proposal_id', proposalId],
      ['ccf.gov.msg.type', 'ballot'],
    ],
  );
  const body: unknown = JSON.parse(fromUtf8(message.payload ?? new Uint8Array(0)) ?? '');
  assert.match((body as { ballot: string }).ballot, /^export function vote/);
});

test('formats-ccf 1.9: where a request goes follows from what it says', () => {
  const path = (request: Partial<GovernanceRequest>): string => requestPath({ ...ballot, ...request });
  const end = '?api-version=2024-07-01';
  const proposals = '/gov/members/proposals';
  assert.equal(path({ type: 'proposal' }), `${proposals}:create${end}`);
  assert.equal(path({}), `${proposals}/${proposalId}/ballots/${actorId}:submit${end}`);
  assert.equal(path({ type: 'withdrawal' }), `${proposals}/${proposalId}:withdraw${end}`);
  assert.equal(path({ type: 'state_digest' }), `/gov/members/state-digests/${actorId}:update${end}`);
  assert.equal(path({ type: 'ack' }), `/gov/members/state-digests/${actorId}:ack${end}`);
  assert.throws(() => path({ type: 'vn_tuple' }), { code: 'COCO_CLIENT_REQUEST' });
});

test('ACT-3: prepared here, carried as a file, signed elsewhere, put together here', () => {
  const file = formatPrepared(prepareRequest(ballot, [certificate]));
  const carried = parsePrepared(file);
  const message = completeRequest(carried, signDer(key, carried.toBeSigned));
  assert.ok(coseVerify(coseDecode(message), key.publicKey));
  assert.deepEqual(readRequest(message), ballot);
  assert.throws(() => completeRequest(carried, signDer(member().key, carried.toBeSigned)), {
    code: 'COCO_CLIENT_SIGNATURE',
  });
});

test('a prepared file that shows another payload than it has to be signed is refused', () => {
  const file = formatPrepared(prepareRequest(ballot, [certificate]));
  const changes: readonly (readonly [string | RegExp, string])[] = [
    ['return true', 'return false'],
    ['"ballot"', '"withdrawal"'],
    [proposalId, 'cd'.repeat(32)],
    ['1700000000', '1700000001'],
    ['coco-request/1', 'coco-request/2'],
    [/"to_be_signed": "[^"]*"/, '"to_be_signed": "AAAA"'],
    [/"payload": "/, '"payload": 1, "was": "'],
    [/^\{/, ''],
  ];
  for (const [from, to] of changes) {
    const changed = file.replace(from, to);
    assert.notEqual(changed, file);
    assert.throws(() => parsePrepared(changed), { code: 'COCO_CLIENT_REQUEST' }, String(from));
  }
});

test('ACT-2: a request that a leaf beneath the member signs carries the chain (RFC 9360), also through a file', () => {
  const { key: leafKey, certificate: leaf } = member('P-384', { key, certificate });
  for (const certificates of [[leaf], [leaf, certificate]] as const) {
    const carried = parsePrepared(formatPrepared(prepareRequest(ballot, certificates)));
    const message = completeRequest(carried, signDer(leafKey, carried.toBeSigned, { hash: 'sha384' }));
    const { protectedHeader } = coseDecode(message);
    const ders = certificates.map(({ der }) => der);
    assert.deepEqual(protectedHeader.get(33), ders.length === 1 ? ders[0] : ders);
    assert.deepEqual(protectedHeader.get(4), utf8(actorId));
    assert.ok(coseVerify(coseDecode(message), leaf.publicKey));
  }
});

test('what is no signed request of a known kind is not submitted', () => {
  const sign = (header: readonly (readonly [unknown, unknown])[]): Uint8Array =>
    coseSign1({ protectedHeader: new Map(header), payload: utf8('{}'), key });
  const kid = [4, utf8(actorId)] as const;
  const type = 'ccf.gov.msg.type';
  const messages = [
    utf8('nonsense'),
    sign([kid]),
    sign([kid, [type, 'nonsense']]),
    sign([[type, 'proposal']]),
    sign([kid, [type, 'ballot']]),
    sign([kid, [type, 'proposal'], ['ccf.gov.msg.proposal_id', proposalId]]),
    sign([
      [4, utf8('../..')],
      [type, 'proposal'],
    ]),
  ];
  for (const message of messages) assert.throws(() => readRequest(message), { code: 'COCO_CLIENT_REQUEST' });
  assert.equal(readRequest(sign([kid, [type, 'proposal']])).type, 'proposal');
});

test('the body of a proposal is looked at before it is signed', () => {
  assert.equal(proposalFault({ actions: [{ name: 'set_member', args: {} }] }), undefined);
  for (const wrong of [null, [], {}, { actions: [] }, { actions: {} }]) {
    assert.match(proposalFault(wrong) ?? '', /actions/);
  }
  assert.match(proposalFault({ actions: [{ args: {} }] }) ?? '', /actions\[0\] has no name/);
  assert.deepEqual(JSON.parse(fromUtf8(ackPayload('ab')) ?? ''), { stateDigest: 'ab' });
});
