/**
 * The keys by which a node is told secrets of the ledger are in memory alone, and not for long (CONF-2, CONF-4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hpkeSeal } from '@coco/crypto';
import { utf8 } from '@coco/primitives';
import { createEpochKeys } from './epochKeys.js';

const about = { info: utf8('test'), aad: utf8('node') };
const plaintext = new Uint8Array(32).fill(7);
const sealedTo = (recipient: Uint8Array): Uint8Array => hpkeSeal({ recipient, ...about, plaintext });

test('what was sealed to a key before the last one is opened, until that is dropped', () => {
  let nowMs = 0;
  const keys = createEpochKeys(() => nowMs);
  const first = sealedTo(keys.current());
  nowMs = 1000;
  const second = sealedTo(keys.renew());
  assert.deepEqual(keys.open({ ...about, sealed: first }), plaintext);
  keys.drop(1000);
  assert.deepEqual(keys.open({ ...about, sealed: first }), plaintext, 'the one after it is not older yet');
  keys.drop(1001);
  assert.equal(keys.open({ ...about, sealed: first }), undefined);
  assert.deepEqual(keys.open({ ...about, sealed: second }), plaintext);
  keys.drop(Number.POSITIVE_INFINITY);
  assert.deepEqual(keys.open({ ...about, sealed: second }), plaintext, 'the present one stays');
});

test('another process has other keys', () => {
  const [one, other] = [createEpochKeys(() => 0), createEpochKeys(() => 0)];
  assert.equal(other.open({ ...about, sealed: sealedTo(one.current()) }), undefined);
});

test('keys that were made for leases that were refused do not gather without end', () => {
  const keys = createEpochKeys(() => 0);
  const first = sealedTo(keys.current());
  for (let i = 0; i < 16; i++) keys.renew();
  assert.equal(keys.open({ ...about, sealed: first }), undefined);
});
