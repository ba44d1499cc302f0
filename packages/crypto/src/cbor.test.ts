import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, fromHex, toHex } from '@coco/primitives';
import { cborDecode, cborEncode, cborTag, isCborTag } from './cbor.js';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const refused = (error: unknown): boolean => error instanceof CocoError && error.code === 'COCO_CRYPTO_CBOR';

/** RFC 8949 appendix A, those that are definite, preferred and of supported types. */
const examples: readonly (readonly [string, unknown])[] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1b000000e8d4a51000', 1000000000000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['3903e7', -1000],
  ['f93e00', 1.5],
  ['f4', false],
  ['f6', null],
  ['4401020304', hex('01020304')],
  ['62c3bc', 'ü'],
  ['83010203', [1, 2, 3]],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'a26161016162820203',
    new Map<string, unknown>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
];

test('RFC 8949 appendix A: published examples encode and decode', () => {
  for (const [bytes, value] of examples) {
    assert.equal(toHex(cborEncode(value)), bytes);
    assert.deepEqual(cborDecode(hex(bytes)), value);
  }
});

test('RFC 8949 section 4.2.1: map keys are written in the bytewise order of their encodings', () => {
  const keys = [10, 100, -1, 'z', 'aa', new Uint8Array([1])];
  const expected = 'a60a00186400200041010061' + '7a00' + '62616100';
  assert.equal(toHex(cborEncode(new Map(keys.map((key) => [key, 0])))), expected);
  assert.equal(toHex(cborEncode(new Map(keys.toReversed().map((key) => [key, 0])))), expected);
});

test('tags stay as they are, also those that name dates and large numbers', () => {
  const tag = cborDecode(hex('d28101'));
  assert.ok(isCborTag(tag) && tag.tag === 18);
  assert.deepEqual(tag.contents, [1]);
  assert.ok(isCborTag(cborDecode(hex('c11a514b67b0'))));
  assert.ok(isCborTag(cborDecode(hex('c249010000000000000000'))));
  assert.equal(toHex(cborEncode(cborTag(18, [1]))), 'd28101');
});

test('duplicate keys are refused, however the second one is disguised', () => {
  for (const bytes of [
    'a201020103',
    'a2616102616103',
    'a2410102410103',
    'a21801020103',
    'a20102f93c0003',
    'a1a201000101',
  ]) {
    assert.throws(() => cborDecode(hex(bytes)), refused, bytes);
  }
  const twice = new Map([
    [new Uint8Array([1]), 0],
    [new Uint8Array([1]), 0],
  ]);
  assert.throws(() => cborEncode(twice));
});

test('indefinite, non-preferred, malformed, truncated and trailing bytes are refused', () => {
  const bad = ['9f01ff', '5f4101ff', 'bf0102ff', '1817', '190001', 'fb3ff0000000000000', 'fa3fc00000'];
  bad.push('62ff', '62fffe', 'f818', '1c', 'ff', '', '0101', '82', '8201', 'a101', 'd2', '5affffffff');
  bad.push('9bffffffffffffffff', 'bb00000000ffffffff', '7b7fffffffffffffff');
  for (const bytes of bad) assert.throws(() => cborDecode(hex(bytes)), refused, bytes);
});

test('depth and size are limited', () => {
  assert.doesNotThrow(() => cborDecode(hex(`${'81'.repeat(15)}00`)));
  assert.throws(() => cborDecode(hex(`${'81'.repeat(100)}00`)), refused);
  assert.throws(() => cborDecode(hex(`${'d2'.repeat(100)}00`)), refused);
  assert.throws(() => cborDecode(hex('818100'), { depthMax: 1 }), refused);
  assert.throws(() => cborDecode(hex('83010203'), { bytesMax: 3 }), refused);
  assert.throws(() => cborDecode(new Uint8Array((1 << 20) + 1)), refused);
});

test('the decoder survives every truncation and 2,000 mutations of a message with a coded failure or a value', () => {
  const message = cborEncode(
    new Map<unknown, unknown>([
      [1, ['a', new Uint8Array(30)]],
      ['b', new Map([[-7, 1.5]])],
    ]),
  );
  const attempt = (bytes: Uint8Array): void => {
    try {
      cborDecode(bytes);
    } catch (error) {
      assert.ok(refused(error), `${toHex(bytes)}: ${error}`);
    }
  };
  for (let length = 0; length < message.length; length++) attempt(message.subarray(0, length));
  for (let i = 0; i < 2000; i++) {
    const mutated = message.slice();
    mutated[i % message.length] = (i * 97) & 255;
    attempt(mutated);
  }
});
