import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { isIssuedBy } from './certificate.js';
import { prepareSelfSigned } from './certificate-issue.js';
import { coseDecode, coseEncode, cosePrepare, coseVerify } from './cose.js';
import { generateKeyPair, privateKeyFromPem, privateKeyToPem } from './keys.js';
import { rawSignature } from './raw-signature.js';
import { signDer, signRaw, verifyRaw } from './signature.js';

const hashes = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' } as const;

test('RFC 9053 2.1: DER signatures of every curve become r || s, whatever their numbers’ lengths; raw ones stay', () => {
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    const key = generateKeyPair(curve);
    for (let i = 0; i < 60; i++) {
      const data = utf8(`data ${i}`);
      const raw = rawSignature(curve, signDer(key, data, { hash: hashes[curve] }));
      assert.ok(raw !== undefined && verifyRaw(key.publicKey, data, raw, { hash: hashes[curve] }));
    }
    const given = signRaw(key, utf8('data'));
    assert.deepEqual(rawSignature(curve, given), given);
    assert.equal(rawSignature(curve, given.subarray(1)), undefined);
  }
  assert.equal(rawSignature('P-256', signDer(generateKeyPair('P-384'), utf8('data'))), undefined);
  assert.equal(rawSignature('P-256', new Uint8Array(0)), undefined);
});

test('ACT-3: a COSE_Sign1 that is prepared here and signed elsewhere is one that verifies', () => {
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    const key = generateKeyPair(curve);
    const payload = utf8('{}');
    const prepared = cosePrepare({ protectedHeader: new Map([[4, utf8('kid')]]), payload, curve });
    const signature = rawSignature(curve, signDer(key, prepared.toBeSigned, { hash: hashes[curve] }));
    assert.ok(signature !== undefined);
    const message = {
      protectedBytes: prepared.protectedBytes,
      unprotectedHeader: new Map(),
      payload,
      signature,
    };
    assert.ok(coseVerify(coseDecode(coseEncode(message)), key.publicKey));
  }
});

test('ACT-3: a key that signs elsewhere gets a certificate of its own; another key’s signature makes none', () => {
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    const key = generateKeyPair(curve);
    const validity = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2027, 0, 1) };
    const request = { subjectCommonName: 'Member', publicKey: key.publicKey, isCa: true, ...validity };
    const prepared = prepareSelfSigned({ ...request, serialNumber: new Uint8Array(16).fill(7) });
    const certificate = prepared.complete(signRaw(key, prepared.toBeSigned, { hash: hashes[curve] }));
    assert.ok(isIssuedBy(certificate, certificate));
    const other = signRaw(generateKeyPair(curve), prepared.toBeSigned, { hash: hashes[curve] });
    assert.throws(() => prepared.complete(other), { code: 'COCO_CRYPTO_CERTIFICATE' });
  }
});

test('ACT-3: a private key can be kept encrypted, and opens with its passphrase alone', () => {
  const key = generateKeyPair();
  const pem = privateKeyToPem(key, 'correct horse');
  assert.match(pem, /BEGIN ENCRYPTED PRIVATE KEY/);
  assert.equal(privateKeyFromPem(pem, 'correct horse').publicKey.fingerprint, key.publicKey.fingerprint);
  for (const wrong of ['incorrect horse', undefined]) {
    assert.throws(() => privateKeyFromPem(pem, wrong), { code: 'COCO_CRYPTO_KEY' });
  }
});
