import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { concatBytes, fromHex, toHex, utf8 } from '@coco/primitives';
import { constantTimeEqual, hkdfSha256, hmacSha256, sha256, sha384 } from './hash.js';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const repeat = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);
const count = (first: number, length: number): Uint8Array => new Uint8Array(length).map((_, i) => first + i);

test('FIPS 180-4: SHA-256 of the published messages', () => {
  const cases: [string, string][] = [
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ];
  for (const [message, digest] of cases) assert.equal(toHex(sha256(utf8(message))), digest);
});

test('FIPS 180-4: SHA-384 of the published message', () => {
  assert.equal(
    toHex(sha384(utf8('abc'))),
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  );
});

test('a hash of parts is the hash of their concatenation, whatever their sizes', () => {
  for (const sizes of [[], [0], [0, 0], [32, 32], [1, 63], [500, 524], [500, 525], [5000, 1, 7], [65, 3]]) {
    const parts = sizes.map((size, i) => count(i, size));
    const expected = createHash('sha256')
      .update(concatBytes(...parts))
      .digest('hex');
    assert.equal(toHex(sha256(...parts)), expected, `sizes ${sizes}`);
  }
});

test('a digest is a plain Uint8Array over memory of its own', () => {
  for (const digest of [
    sha256(utf8('a'), utf8('b')),
    sha256(repeat(1, 5000), utf8('b')),
    hmacSha256(utf8('k')),
  ]) {
    assert.equal(Object.getPrototypeOf(digest), Uint8Array.prototype);
    assert.equal(digest.byteLength, digest.buffer.byteLength);
  }
});

test('RFC 4231: HMAC-SHA-256 test cases 1, 2, 3 and 6', () => {
  const cases: [Uint8Array, Uint8Array, string][] = [
    [repeat(0x0b, 20), utf8('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      utf8('Jefe'),
      utf8('what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [repeat(0xaa, 20), repeat(0xdd, 50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      repeat(0xaa, 131),
      utf8('Test Using Larger Than Block-Size Key - Hash Key First'),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ];
  for (const [key, data, mac] of cases) {
    assert.equal(toHex(hmacSha256(key, data)), mac);
    assert.equal(toHex(hmacSha256(key, data.subarray(0, 3), data.subarray(3))), mac);
  }
});

test('RFC 5869: HKDF-SHA-256 test cases 1, 2 and 3', () => {
  const cases: [Uint8Array, Uint8Array, Uint8Array, string][] = [
    [
      repeat(0x0b, 22),
      count(0, 13),
      count(0xf0, 10),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      count(0, 80),
      count(0x60, 80),
      count(0xb0, 80),
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ],
    [
      repeat(0x0b, 22),
      hex(''),
      hex(''),
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ];
  for (const [ikm, salt, info, okm] of cases) {
    assert.equal(toHex(hkdfSha256({ ikm, salt, info, length: okm.length / 2 })), okm);
  }
});

test('constantTimeEqual tells equal from different, also in length', () => {
  assert.equal(constantTimeEqual(utf8('same'), utf8('same')), true);
  assert.equal(constantTimeEqual(utf8('same'), utf8('sane')), false);
  assert.equal(constantTimeEqual(utf8('same'), utf8('same ')), false);
});
