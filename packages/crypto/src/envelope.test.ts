import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, toHex, utf8 } from '@coco/primitives';
import { openWithKey, sealWithKey } from './envelope.js';

const key = new Uint8Array(32).fill(7);
const iv = new Uint8Array(12).fill(9);
const purpose = 'ledger secret';
const plaintext = utf8('thirty-two bytes of secret stuff');

test('SEC-1: a secret on disk opens only with its key and for its purpose', () => {
  const envelope = sealWithKey({ key, iv, purpose, plaintext });
  assert.equal(toHex(envelope.subarray(0, 17)), `434f434f01${'09'.repeat(12)}`);
  assert.equal(envelope.length, 5 + 12 + 16 + plaintext.length);
  assert.deepEqual(openWithKey({ key, purpose, envelope }), plaintext);
  assert.equal(openWithKey({ key: new Uint8Array(32), purpose, envelope }), undefined);
  assert.equal(openWithKey({ key, purpose: 'node key', envelope }), undefined);
});

test('any flipped byte makes an envelope unreadable or unauthentic', () => {
  const envelope = sealWithKey({ key, iv, purpose, plaintext });
  for (let i = 0; i < envelope.length; i++) {
    const flipped = envelope.slice();
    flipped[i] = (flipped[i] as number) ^ 1;
    if (i >= 5) assert.equal(openWithKey({ key, purpose, envelope: flipped }), undefined);
    else assert.throws(() => openWithKey({ key, purpose, envelope: flipped }), isEnvelopeError);
  }
});

test('a truncated envelope is refused or not authentic', () => {
  const envelope = sealWithKey({ key, iv, purpose, plaintext });
  for (const length of [0, 4, 5, 32]) {
    assert.throws(
      () => openWithKey({ key, purpose, envelope: envelope.subarray(0, length) }),
      isEnvelopeError,
    );
  }
  assert.equal(openWithKey({ key, purpose, envelope: envelope.subarray(0, 33) }), undefined);
});

function isEnvelopeError(error: unknown): boolean {
  return error instanceof CocoError && error.code === 'COCO_CRYPTO_ENVELOPE';
}
