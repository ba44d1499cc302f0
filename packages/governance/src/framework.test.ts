import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeId } from '@coco/attestation';
import { fromUtf8, utf8 } from '@coco/primitives';
import { admitNode, recordRetired, snapshotEvidence } from './framework.js';
import { readNetwork } from './network.js';
import { jsonBytes } from './rows.js';
import { nodeProof, testTree } from './testing/attest.js';
import { makeIdentity, testTimeMs } from './testing/identities.js';
import { createWorld } from './testing/world.js';

const nodeTable = 'public:ccf.gov.nodes.info';

test('NET-2: a node is admitted only when it is on the VN list, with a certificate of the service for its key', () => {
  const world = createWorld();
  const { store, service } = world;
  const joiner = makeIdentity({ issuer: service });
  const nodeId = joiner.key.publicKey.fingerprint;
  const certificatePem = joiner.certificate.pem;
  const row = (status: string): Uint8Array =>
    jsonBytes({ status, node_to_node_interface: { published_address: 'b:1' } });
  const tuple = jsonBytes({ actor: world.participant.id, public_key: joiner.certificate.pem });
  const network = service.certificate.fingerprint;
  const attestation = nodeProof({ key: joiner.key, network, purpose: 'join', atMs: testTimeMs });
  const tried = (certificate = certificatePem): string => {
    const outcome = admitNode(store.begin(), { nodeId, certificatePem: certificate, attestation });
    return outcome.outcome === 'refused' ? outcome.why : outcome.outcome;
  };
  const write = (table: string, value: Uint8Array): void =>
    store.apply([{ table, puts: [{ key: utf8(nodeId), value }], removes: [] }], store.head + 1);
  assert.equal(tried(), 'unknown');
  write(nodeTable, row('Pending'));
  assert.equal(tried(), 'no-tuple');
  write('public:coco.nodes.tuples', tuple);
  assert.equal(
    tried(makeIdentity({ issuer: service }).certificate.pem),
    'certificate',
    'a stolen certificate',
  );
  assert.equal(tried('x'), 'certificate');
  const selfSigned = makeIdentity();
  assert.equal(tried(selfSigned.certificate.pem), 'certificate');
  const other = makeIdentity({ isCa: true, name: 'service' });
  assert.equal(tried(makeIdentity({ issuer: other, key: joiner.key }).certificate.pem), 'certificate');
  const transaction = store.begin();
  const lease = { state: 'held', grantedAtMs: testTimeMs, expiresAtMs: testTimeMs + 3_600_000 } as const;
  assert.deepEqual(admitNode(transaction, { nodeId, certificatePem, attestation }), {
    outcome: 'admitted',
    lease,
  });
  store.commit(transaction, store.head + 1);
  assert.equal(tried(), 'already');
  const view = readNetwork(store.read(store.head)).nodes.find((node) => node.nodeId === nodeId);
  assert.deepEqual(view, {
    nodeId,
    status: 'Trusted',
    retiredCommitted: false,
    actorId: world.participant.id,
    peerAddress: 'b:1',
    applicationAddress: '',
    administrativeAddress: '',
    publicKeyPem: view?.publicKeyPem,
    certificatePem,
    lease,
    evidence: {
      platform: 'virtual',
      codeId: codeId('virtual', { tree: testTree }),
      atMs: testTimeMs,
      shareKey: '04'.repeat(32),
      epochKey: '05'.repeat(32),
    },
  });
  write(nodeTable, row('Retired'));
  assert.equal(tried(), 'retired');
});

test('a certificate for the right key by another issuer is refused', () => {
  const world = createWorld();
  const nodeId = world.node.key.publicKey.fingerprint;
  const row = jsonBytes({ status: 'Pending' });
  world.store.apply([{ table: nodeTable, puts: [{ key: utf8(nodeId), value: row }], removes: [] }], 2);
  const outcome = admitNode(world.store.begin(), {
    nodeId,
    certificatePem: createWorld().service.certificate.pem,
    attestation: nodeProof({
      key: world.node.key,
      network: world.service.certificate.fingerprint,
      purpose: 'join',
      atMs: testTimeMs,
    }),
  });
  assert.equal(outcome.outcome === 'refused' && outcome.why, 'certificate');
});

test('retirements are marked once', () => {
  const { store, node } = createWorld();
  const nodeId = node.key.publicKey.fingerprint;
  assert.deepEqual(recordRetired(store.begin()), []);
  store.apply(
    [
      {
        table: nodeTable,
        puts: [{ key: utf8(nodeId), value: jsonBytes({ status: 'Retired', x: 1 }) }],
        removes: [],
      },
    ],
    2,
  );
  const transaction = store.begin();
  assert.deepEqual(recordRetired(transaction), [nodeId]);
  assert.deepEqual(recordRetired(transaction), []);
  assert.deepEqual(JSON.parse(fromUtf8(transaction.get(nodeTable, utf8(nodeId)) as Uint8Array) ?? ''), {
    status: 'Retired',
    x: 1,
    retired_committed: true,
  });
});

test('formats of CCF: snapshot evidence', () => {
  const transaction = createWorld().store.begin();
  snapshotEvidence(transaction, { digest: new Uint8Array(32).fill(0xab), seqno: 17 });
  const value = transaction.get('public:ccf.internal.snapshot_evidence', new Uint8Array(8));
  assert.equal(fromUtf8(value as Uint8Array), `{"hash":"${'ab'.repeat(32)}","version":17}`);
});
