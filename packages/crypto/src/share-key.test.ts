import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex, utf8 } from '@coco/primitives';
import { hpkeOpen, hpkeSeal } from './hpke.js';
import { eraseShareKey, generateShareKey, keepShareKey, shareKeyFrom } from './share-key.js';
import { shareMaterial } from './share-key-material.js';

test("RFC 7748, 6.1: Bob's public key is that of his private key", () => {
  const own = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb') as Uint8Array;
  const shown = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
  assert.equal(toHex(shareKeyFrom(own).publicKey), shown);
});

test('what was kept of a key is that key, and a copy of its object is none', () => {
  const key = generateShareKey();
  const kept = keepShareKey(key, (material) => material.slice());
  assert.deepEqual(shareKeyFrom(kept).publicKey, key.publicKey);
  assert.throws(() => keepShareKey({ ...key }, toHex), { code: 'COCO_CRYPTO_KEY' });
});

test('CONF-2: a key that was erased is nowhere any more, and opens nothing', () => {
  const key = generateShareKey();
  const other = shareKeyFrom(keepShareKey(key, (material) => material.slice()));
  const [info, aad] = [utf8('info'), utf8('aad')];
  const sealed = hpkeSeal({ recipient: key.publicKey, info, aad, plaintext: utf8('a secret') });
  const material = shareMaterial(key);
  let lent: Uint8Array = new Uint8Array(0);
  keepShareKey(key, (copy) => {
    lent = copy;
  });
  assert.ok(lent.every((byte) => byte === 0));
  eraseShareKey(key);
  assert.ok(material.every((byte) => byte === 0));
  assert.throws(() => hpkeOpen({ key, info, aad, sealed }), { code: 'COCO_CRYPTO_KEY' });
  assert.deepEqual(hpkeOpen({ key: other, info, aad, sealed }), utf8('a secret'));
});
