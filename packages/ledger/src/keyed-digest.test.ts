import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { toHex, utf8 } from '@coco/primitives';
import { keyedDigest } from './keyed-digest.js';

const secrets = [
  { fromSeqno: 1, key: new Uint8Array(32).fill(1) },
  { fromSeqno: 10, key: new Uint8Array(32).fill(2) },
];

test('a keyed digest is HMAC-SHA256 by a key of the secret that sealed the entry', () => {
  const expected = (fill: number) => {
    const key = createHmac('sha256', new Uint8Array(32).fill(fill)).update('Coco digest S').digest();
    return createHmac('sha256', key).update('some data').digest('hex');
  };
  const digest = (seqno: number) =>
    toHex(keyedDigest(secrets, seqno, utf8('some '), utf8('data')) ?? new Uint8Array(0));
  assert.deepEqual([digest(1), digest(9), digest(10), digest(11)], [1, 1, 2, 2].map(expected));
  assert.equal(keyedDigest(secrets.slice(1), 9, utf8('some data')), undefined);
});
