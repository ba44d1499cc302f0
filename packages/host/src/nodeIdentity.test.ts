import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isIssuedBy, parseCertificate } from '@coco/crypto';
import { temporaryDirectory } from './entries.test.js';
import { testIdentity, testService } from './identities.test.js';
import { endorseNode } from './nodeCertificate.js';
import { createNodeIdentityFiles } from './nodeIdentity.js';
import { loadMembership, saveMembership } from './nodeSecrets.js';
import { openVirtualSealer } from './virtualSealer.js';

const nowMs = Date.UTC(2026, 0, 1);

test('NET-1: a node makes its key once; to ask again gives the same, whatever a crash left', async (t) => {
  const directory = join(temporaryDirectory(t), 'sealed');
  const sealer = await openVirtualSealer(join(temporaryDirectory(t), 'key'));
  const made = createNodeIdentityFiles({ directory, sealer, nowMs });
  assert.equal(made.nodeId, made.certificate.publicKey.fingerprint);
  const file = join(directory, 'self-signed-certificate.pem');
  assert.equal(statSync(join(directory, 'node-key.sealed')).mode & 0o777, 0o600);
  for (const spoil of [() => undefined, () => rmSync(file), () => writeFileSync(file, 'torn')]) {
    spoil();
    assert.equal(createNodeIdentityFiles({ directory, sealer, nowMs }).nodeId, made.nodeId);
    assert.equal(parseCertificate(readFileSync(file, 'utf8')).publicKey.fingerprint, made.nodeId);
  }
  const later = createNodeIdentityFiles({ directory, sealer, nowMs: made.certificate.notAfterMs + 1 });
  assert.ok(later.certificate.notAfterMs > made.certificate.notAfterMs, 'an ended certificate is made anew');
  assert.deepEqual(readdirSync(directory).toSorted(), [
    'node-key.sealed',
    'self-signed-certificate.pem',
    'share-key.sealed',
  ]);
});

test('the service certifies a node for its addresses and its time', () => {
  const service = testService();
  const { privateKey } = testIdentity('node');
  const certificate = endorseNode({
    publicKey: privateKey.publicKey,
    addresses: ['node.example:1', 'node.example:2', '10.0.0.1:3', '[::1]:4', 'rubbish'],
    days: 30,
    nowMs,
    service: { key: service.privateKey, certificate: service.certificate },
  });
  assert.ok(isIssuedBy(certificate, service.certificate));
  assert.equal(certificate.isCa, false);
  assert.equal(certificate.notAfterMs, nowMs + 30 * 86_400_000);
});

test('what is known of the network is sealed, and comes back as it was', async (t) => {
  const directory = join(temporaryDirectory(t), 'sealed');
  const sealer = await openVirtualSealer(join(temporaryDirectory(t), 'key'));
  createNodeIdentityFiles({ directory, sealer, nowMs });
  assert.equal(loadMembership(directory, sealer), undefined);
  const membership = {
    serviceCertificatePem: 'service',
    certificatePem: 'own',
    joined: {
      constitutionDigest: 'a',
      nodes: [{ nodeId: 'b', peerAddress: 'c', administrativeAddress: 'd' }],
    },
  };
  saveMembership(directory, sealer, membership);
  assert.deepEqual(loadMembership(directory, sealer), membership);
  const file = join(directory, 'membership.sealed');
  const bytes = readFileSync(file);
  bytes[40] = (bytes[40] as number) ^ 1;
  writeFileSync(file, bytes);
  assert.throws(() => loadMembership(directory, sealer), { code: 'COCO_HOST_SEALED' });
});
