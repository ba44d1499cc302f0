/** FIPS 202 with the padding of Keccak's submission: known answers, and agreement with a library at all lengths. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, toHex, utf8 } from '@coco/primitives';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { keccak256, putKeccak } from './keccak.js';
import { SLOT, toBytes } from './words/word.js';

test('known answers', () => {
  const of = (text: string) => toHex(keccak256(utf8(text)));
  assert.equal(of(''), 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
  assert.equal(of('abc'), '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45');
});

test('every length around the rate agrees with the library, from any offset', () => {
  const random = seededRandom(1);
  const s = new Uint32Array(2 * SLOT);
  for (let length = 0; length < 600; length++) {
    const bytes = Uint8Array.from({ length: length + 7 }, () => random.integer(256));
    const from = random.integer(7);
    const part = bytes.slice(from, from + length);
    assert.deepEqual(keccak256(part), keccak_256(part), `length ${length}`);
    putKeccak(s, SLOT, bytes, from, length);
    assert.deepEqual(toBytes(s, SLOT), keccak_256(part), `length ${length}`);
  }
});
