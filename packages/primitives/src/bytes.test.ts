import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from './bytes.js';
import { seededRandom } from './random.js';

function randomBytes(random: ReturnType<typeof seededRandom>, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256));
}

test('hex and base64 give back what they were given, and agree with Node (RFC 4648)', () => {
  const random = seededRandom(1);
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(random, length);
    assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'));
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
    assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  }
});

test('text that is not canonical base64 is refused', () => {
  for (const text of ['A', 'AA', 'AAA', 'AA=A', 'A===', 'AB==', 'AAB=', 'AA AA===', 'AA\u0141=', '====']) {
    assert.equal(fromBase64(text), undefined, text);
  }
});

test('text that is not hexadecimal is refused', () => {
  for (const text of ['0', '0x', 'zz', '0\u0661', ' 0']) assert.equal(fromHex(text), undefined, text);
});

test('bytes are ordered as unsigned numbers, a prefix first', () => {
  assert.ok(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0)) < 0);
  assert.ok(compareBytes(Uint8Array.of(255), Uint8Array.of(1, 0)) > 0);
  assert.equal(compareBytes(Uint8Array.of(7, 8), Uint8Array.of(7, 8)), 0);
  assert.ok(equalBytes(concatBytes(Uint8Array.of(1), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3)));
  assert.ok(!equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0)));
});

test('malformed UTF-8 is refused, a byte order mark is kept', () => {
  assert.equal(fromUtf8(Uint8Array.of(0xff)), undefined);
  assert.equal(fromUtf8(Uint8Array.of(0xc0, 0x80)), undefined);
  assert.equal(fromUtf8(utf8('\uFEFFé')), '\uFEFFé');
});
