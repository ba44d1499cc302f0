import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { generateKeyPair, privateKeyToPem, rsaOaepOpener } from './index.js';

test('RFC 8017 7.1: RSA-OAEP with SHA-256 opens for the key that it was made for, and for no other', () => {
  const [mine, other] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
  assert.ok(mine !== undefined && other !== undefined);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const sealed = publicEncrypt({ key: mine.publicKey, padding, oaepHash: 'sha256' }, utf8('a share'));
  const sealedOtherwise = publicEncrypt({ key: mine.publicKey, padding, oaepHash: 'sha1' }, utf8('a share'));
  const pem = (key: typeof mine) => key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const opener = rsaOaepOpener(pem(mine));
  assert.deepEqual(opener.open(new Uint8Array(sealed)), utf8('a share'));
  assert.equal(opener.open(new Uint8Array(sealedOtherwise)), undefined);
  assert.equal(opener.open(new Uint8Array(10)), undefined);
  assert.equal(rsaOaepOpener(pem(other)).open(new Uint8Array(sealed)), undefined);
});

test('what is no RSA private key of 2,048 bits is refused', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const bad = ['', 'x'.repeat(20_000), privateKeyToPem(generateKeyPair())];
  for (const pem of [...bad, short.export({ type: 'pkcs8', format: 'pem' }).toString()]) {
    assert.throws(() => rsaOaepOpener(pem), { code: 'COCO_CRYPTO_KEY' });
  }
});
