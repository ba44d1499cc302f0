import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { coseDecode, coseEncode } from '@coco/crypto';
import { CocoError, utf8 } from '@coco/primitives';
import { checkSignatures } from '../../signatures.js';
import { createUvmSigner, type SyntheticUvm, uvmFeed, uvmKeyUsage } from '../../testing/snpUvm.js';
import { assertRefused } from '../../testing/snpVerified.js';
import { examineUvm } from './uvm.js';

const measurement = new Uint8Array(48).fill(0x51);
const signer = createUvmSigner();

function judge(uvm: Partial<SyntheticUvm> = {}, from = signer) {
  return checkSignatures(examineUvm(from.endorse({ measurement, ...uvm }), measurement));
}

test('UVM: both forms say who endorses which feed and version, long after their signer’s certificate has ended', () => {
  for (const form of ['json', 'cwt'] as const) {
    for (const from of [signer, createUvmSigner({ rsa: true })]) {
      assert.deepEqual(judge({ form, svn: 101 }, from), { did: from.did, feed: uvmFeed, svn: 101 });
    }
  }
  const content = `{"x-ms-sevsnpvm-guestsvn":7,"x-ms-sevsnpvm-launchmeasurement":"${'51'.repeat(48)}"}`;
  assert.equal(judge({ form: 'json', payload: utf8(content) }).svn, 7);
});

test('UVM: an endorsement of another measurement is refused', () => {
  const other = new Uint8Array(48).fill(0x52);
  for (const form of ['json', 'cwt'] as const) {
    assertRefused(() => judge({ form, measurement: other }), 'UVM', /another measurement/);
  }
  assertRefused(() => judge({ payload: new Uint8Array(32) }), 'UVM', /not a measurement of 48 bytes/);
});

test('did:x509: the authority that the did names must be above the signer in the chain', () => {
  const other = createUvmSigner();
  assertRefused(() => judge({ did: other.did }), 'UVM', /authority that its did names/);
  const of = (der: Uint8Array | undefined) =>
    `did:x509:0:sha256:${createHash('sha256')
      .update(der as Uint8Array)
      .digest('base64url')}::eku:${uvmKeyUsage}`;
  const [leaf, authority] = signer.chain;
  assert.equal(judge({ did: of(authority) }).did, of(authority));
  assertRefused(() => judge({ did: of(leaf) }), 'UVM', /authority that its did names/);
});

test('did:x509: the signer must have every extended key usage of the did', () => {
  const more = createUvmSigner({ keyUsage: `${uvmKeyUsage}::eku:1.2.3` });
  assertRefused(() => judge({}, more), 'UVM', /may not be used for 1\.2\.3/);
  assertRefused(
    () => judge({}, createUvmSigner({ keyUsage: '1.3.6.1.4.1.311.76.59.1.2' })),
    'UVM',
    /may not be used/,
  );
});

test('did:x509: a did of another form is refused', () => {
  const fingerprint = signer.did.split(':')[4];
  for (const did of [
    '',
    'did:web:example.com',
    `did:x509:1:sha256:${fingerprint}::eku:${uvmKeyUsage}`,
    `did:x509:0:sha512:${fingerprint}::eku:${uvmKeyUsage}`,
    `did:x509:0:sha256:${fingerprint}`,
    `did:x509:0:sha256:${fingerprint}::subject:CN:x`,
    `${signer.did}::san:dns:x`,
    `${signer.did} `,
  ]) {
    assertRefused(() => judge({ did }), 'UVM', /not a did:x509 of a form/);
  }
});

test('UVM: chain and signature must hold', () => {
  const other = createUvmSigner();
  const [leaf, authority, root] = signer.chain;
  const chain = (...certificates: unknown[]) => ({
    bend: (header: Map<unknown, unknown>) => void header.set(33, certificates),
  });
  assertRefused(() => judge(chain(other.chain[0], authority, root)), 'SIGNATURE', /UVM signer's certificate/);
  assertRefused(() => judge(chain(leaf, other.chain[1], root)), 'SIGNATURE', /UVM signer's certificate/);
  assertRefused(() => judge(chain(leaf, root, authority)), 'CHAIN');
  assertRefused(() => judge(chain(authority, root)), 'UVM', /may not be used/);
  assertRefused(() => judge(chain(leaf, leaf, leaf, leaf, leaf, root)), 'UVM', /too long/);
  assertRefused(() => judge(chain(leaf, 1)), 'UVM', /not DER/);
  assertRefused(() => judge({ bend: (header) => void header.delete(33) }), 'UVM', /not DER/);
  const message = coseDecode(signer.endorse({ measurement }));
  const signature = message.signature.slice().fill(1, 0, 1);
  const bent = coseEncode({ ...message, payload: measurement, signature });
  assertRefused(
    () => checkSignatures(examineUvm(bent, measurement)),
    'SIGNATURE',
    /endorsement of the utility VM/,
  );
});

test('UVM: a message of another form is refused', () => {
  for (const algorithm of [-36, -257, -8, 0]) {
    assertRefused(() => judge({ algorithm }), 'UVM', /algorithm is not supported/);
  }
  // An algorithm of the other kind of key.
  assertRefused(() => judge({ algorithm: -38 }), 'SIGNATURE');
  for (const [bend, form] of [
    [(header: Map<unknown, unknown>) => void header.set(1, 'toString'), 'cwt'],
    [(header: Map<unknown, unknown>) => void header.set(2, [4]), 'cwt'],
    [(header: Map<unknown, unknown>) => void header.set(15, 1), 'cwt'],
    [(header: Map<unknown, unknown>) => void header.set(15, new Map()), 'cwt'],
    [(header: Map<unknown, unknown>) => void header.set(259, 'text/plain'), 'cwt'],
    [(header: Map<unknown, unknown>) => void header.set(3, 'text/plain'), 'json'],
    [(header: Map<unknown, unknown>) => void header.delete('iss'), 'json'],
    [(header: Map<unknown, unknown>) => void header.set('feed', 1), 'json'],
  ] as const) {
    assertRefused(() => judge({ bend, form }), 'UVM');
  }
  for (const payload of ['', '[]', 'null', '1', '{}', '{"x-ms-sevsnpvm-launchmeasurement":1}', '\xff']) {
    assertRefused(() => judge({ form: 'json', payload: utf8(payload) }), 'UVM');
  }
  for (const svn of ['"-1"', '-1', '1.5', '"x"', 'null', '""', '1e300']) {
    const content = `{"x-ms-sevsnpvm-guestsvn":${svn},"x-ms-sevsnpvm-launchmeasurement":"${'51'.repeat(48)}"}`;
    assertRefused(() => judge({ form: 'json', payload: utf8(content) }), 'UVM', /no security version/);
  }
  assertRefused(() => examineUvm(new Uint8Array(100_000), measurement), 'UVM', /too long/);
});

test('UVM: a message that ends anywhere too early is refused', () => {
  const whole = signer.endorse({ measurement });
  for (let length = 0; length < whole.length; length++) {
    assert.throws(
      () => examineUvm(whole.subarray(0, length), measurement),
      (error) => error instanceof CocoError && error.code === 'COCO_ATTESTATION_UVM',
      `${length}`,
    );
  }
});
