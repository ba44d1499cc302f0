import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { signatureHolds } from './signature-check.js';

const message = new Uint8Array(100).fill(7);
const spki = (key: ReturnType<typeof generateKeyPairSync>['publicKey']): Uint8Array =>
  new Uint8Array((key as unknown as { export(o: object): Buffer }).export({ type: 'spki', format: 'der' }));

function ecdsa(namedCurve: string, hash: string): { publicKey: Uint8Array; signature: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const signature = sign(hash, message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { publicKey: spki(publicKey as never), signature: new Uint8Array(signature) };
}

function rsa(
  modulusLength: number,
  publicExponent: number,
): { publicKey: Uint8Array; signature: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return {
    publicKey: spki(publicKey as never),
    signature: new Uint8Array(sign('sha256', message, privateKey)),
  };
}

test('a signature holds under its own scheme, key and message alone (FIPS 186-5, RFC 8017)', () => {
  const p256 = { scheme: 'ecdsa-p256-sha256', ...ecdsa('prime256v1', 'sha256'), message } as const;
  const p384 = { scheme: 'ecdsa-p384-sha384', ...ecdsa('secp384r1', 'sha384'), message } as const;
  const pkcs1 = { scheme: 'rsa-pkcs1-sha256', ...rsa(2048, 65537), message } as const;
  for (const check of [p256, p384, pkcs1]) {
    assert.equal(signatureHolds(check), true, check.scheme);
    assert.equal(signatureHolds({ ...check, message: new Uint8Array(100) }), false);
    assert.equal(signatureHolds({ ...check, signature: check.signature.subarray(1) }), false);
    assert.equal(signatureHolds({ ...check, publicKey: new Uint8Array(50) }), false);
    for (const { scheme } of [p256, p384, pkcs1]) {
      if (scheme !== check.scheme) assert.equal(signatureHolds({ ...check, scheme }), false);
    }
    assert.equal(signatureHolds({ ...check, scheme: 'rsa-pss-sha256' }), false);
  }
});

test('RSA keys that are too short, or dear to calculate with, are not used', () => {
  assert.equal(signatureHolds({ scheme: 'rsa-pkcs1-sha256', ...rsa(1024, 65537), message }), false);
  const { n } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  const e = Buffer.alloc(256, 0x7f).toString('base64url');
  const dear = createPublicKey({ key: { kty: 'RSA', n: n ?? '', e }, format: 'jwk' });
  const signature = new Uint8Array(256).fill(1);
  const publicKey = spki(dear as never);
  assert.equal(signatureHolds({ scheme: 'rsa-pkcs1-sha256', publicKey, signature, message }), false);
});
