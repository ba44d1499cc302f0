/**
 * The lasting copy of an epoch's secret: one for each secret, so that everybody who knows it can see it (CONF-4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ciphertextHolds, decodeThresholdCiphertext, sha256, type ThresholdKey } from '@coco/crypto';
import { fromHex, toHex } from '@coco/primitives';
import { epochLabel } from './epochs.js';
import { isSealed, sealSecret } from './sealSecret.js';

/** The generator of ristretto255 (RFC 9496, A.1) is the key of whoever has the share 1. */
const publicKey = fromHex('e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76') as Uint8Array;
const key = { key: { publicKey } as ThresholdKey };
const secret = new Uint8Array(32).fill(7);
const place = { epoch: 2, from: 20, network: 'ab'.repeat(32) };

test('known answer: there is one ciphertext for a secret in its place, and it holds', () => {
  const { digest, sealed } = sealSecret(secret, key, place);
  assert.deepEqual(sealSecret(secret, key, place).sealed, sealed);
  assert.equal(digest, 'fcc49e8b070182a29b44441931c7f0a6f87b2af85d2fe6a940c7f5b1d54f2d09');
  assert.equal(toHex(sha256(sealed)), '200322477bf0716988909efd3e5832c5640ba7dcb52dfbebd4a7e6b7bbf75b0d');
  const label = epochLabel({ ...place, digest });
  assert.ok(ciphertextHolds({ publicKey, label, ciphertext: decodeThresholdCiphertext(sealed) }));
});

test('another secret, epoch, place, network or key has another one, with other entropy', () => {
  const { sealed } = sealSecret(secret, key, place);
  const element = (bytes: Uint8Array): string => toHex(decodeThresholdCiphertext(bytes).element);
  const others = [
    sealSecret(new Uint8Array(32).fill(8), key, place),
    sealSecret(secret, key, { ...place, epoch: 3 }),
    sealSecret(secret, key, { ...place, from: 21 }),
    sealSecret(secret, key, { ...place, network: 'ac'.repeat(32) }),
  ];
  const elements = [sealed, ...others.map((other) => other.sealed)].map(element);
  assert.equal(new Set(elements).size, elements.length);
});

test('a row that has another secret, another place, or nothing does not have the secret', () => {
  const { digest, sealed } = sealSecret(secret, key, place);
  const record = { ...place, atMs: 1, digest, sealed };
  assert.equal(isSealed(record, secret, key), true);
  assert.equal(isSealed(record, new Uint8Array(32).fill(8), key), false);
  assert.equal(isSealed({ ...record, from: 21 }, secret, key), false);
  const garbage = sealSecret(new Uint8Array(32).fill(8), key, place).sealed;
  assert.equal(isSealed({ ...record, sealed: garbage }, secret, key), false);
  const { sealed: _, ...unsealed } = record;
  assert.equal(isSealed(unsealed, secret, key), false);
});
