import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError, fromHex, toHex } from '@coco/primitives';
import { aesGcmOpen, aesGcmSeal } from './aead.js';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

const longKey = 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308';
const longIv = 'cafebabefacedbaddecaf888';
const longPlaintext =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255';
const longCiphertext =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad';

/** Key, iv, aad, plaintext, ciphertext, tag: test cases 13 to 16 of the GCM specification (AES-256). */
const published: readonly (readonly [string, string, string, string, string, string])[] = [
  ['00'.repeat(32), '00'.repeat(12), '', '', '', '530f8afbc74536b9a963b4f1c4cb738b'],
  [
    '00'.repeat(32),
    '00'.repeat(12),
    '',
    '00'.repeat(16),
    'cea7403d4d606b6e074ec5d3baf39d18',
    'd0d1c8a799996bf0265b98b5d48ab919',
  ],
  [longKey, longIv, '', longPlaintext, longCiphertext, 'b094dac5d93471bdec1a502270e3cc6c'],
  [
    longKey,
    longIv,
    'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    longPlaintext.slice(0, 120),
    longCiphertext.slice(0, 120),
    '76fc6ece0f4e1768cddf8853bb2d551b',
  ],
];

test('GCM specification test cases 13 to 16: AES-256-GCM seals and opens', () => {
  for (const [key, iv, aad, plaintext, ciphertext, tag] of published) {
    const common = { key: hex(key), iv: hex(iv), aad: hex(aad) };
    const sealed = aesGcmSeal({ ...common, plaintext: hex(plaintext) });
    assert.equal(toHex(sealed.ciphertext), ciphertext);
    assert.equal(toHex(sealed.tag), tag);
    const opened = aesGcmOpen({ ...common, ...sealed });
    assert.equal(opened === undefined ? undefined : toHex(opened), plaintext);
  }
});

test('SP 800-38D: any flipped bit of key, iv, aad, tag or ciphertext is not authentic', () => {
  const [key, iv, aad, , ciphertext, tag] = published[3] as (typeof published)[number];
  const fields = { key: hex(key), iv: hex(iv), aad: hex(aad), ciphertext: hex(ciphertext), tag: hex(tag) };
  for (const name of ['key', 'iv', 'aad', 'ciphertext', 'tag'] as const) {
    for (let bit = 0; bit < 8 * fields[name].length; bit += 5) {
      const flipped = fields[name].slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(aesGcmOpen({ ...fields, [name]: flipped }), undefined, `${name} bit ${bit}`);
    }
  }
});

test('a shortened tag is not authentic, although the platform would take it', () => {
  const [key, iv, aad, , ciphertext, tag] = published[3] as (typeof published)[number];
  const fields = { key: hex(key), iv: hex(iv), aad: hex(aad), ciphertext: hex(ciphertext) };
  for (const length of [0, 4, 12, 15]) {
    assert.equal(aesGcmOpen({ ...fields, tag: hex(tag).subarray(0, length) }), undefined);
  }
});

test('a key or iv of another size is a bug, not an outcome', () => {
  const input = { key: new Uint8Array(32), iv: new Uint8Array(12), aad: hex(''), plaintext: hex('') };
  assert.throws(() => aesGcmSeal({ ...input, key: new Uint8Array(16) }), AssertionError);
  assert.throws(() => aesGcmSeal({ ...input, iv: new Uint8Array(16) }), AssertionError);
});
