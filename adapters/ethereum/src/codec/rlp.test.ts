/**
 * RLP is strict (yellow paper, appendix B): one encoding per value, everything else refused before anything is
 * allocated for it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, fromHex, seededRandom, toHex, utf8 } from '@coco/primitives';
import { decodeRlp, encodeRlp, type Rlp } from './rlp.js';

const limits = { depthMax: 4, itemsMax: 100 };
const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const isRlpError = (error: unknown): boolean =>
  error instanceof CocoError && error.code === 'COCO_ETHEREUM_RLP';

const lorem = 'Lorem ipsum dolor sit amet, consectetur adipisicing elit';
const vectors: readonly (readonly [string, Rlp])[] = [
  ['80', new Uint8Array(0)],
  ['00', Uint8Array.of(0)],
  ['7f', Uint8Array.of(0x7f)],
  ['8180', Uint8Array.of(0x80)],
  ['83646f67', utf8('dog')],
  ['c0', []],
  ['c88363617483646f67', [utf8('cat'), utf8('dog')]],
  ['c7c0c1c0c3c0c1c0', [[], [[]], [[], [[]]]]],
  [`b838${toHex(utf8(lorem))}`, utf8(lorem)],
];

test('the published examples decode and encode', () => {
  for (const [hex, value] of vectors) {
    assert.equal(toHex(encodeRlp(value)), hex);
    assert.deepEqual(decodeRlp(bytes(hex), limits), value);
  }
});

const hostile: readonly (readonly [string, string])[] = [
  ['no bytes', ''],
  ['trailing bytes', '8000'],
  ['a single byte below 0x80 written long', '8100'],
  ['a short string written with a long length', 'b801ff'],
  ['a short list written with a long length', 'f801c0'],
  ['a length with leading zeros', `b90038${'00'.repeat(56)}`],
  ['a length that is not there', 'b9'],
  ['a string that ends early', '83646f'],
  ['a list that ends early', 'c883636174'],
  ['a string of 2^64 - 1 bytes', `bf${'ff'.repeat(8)}`],
  ['a list of 2^63 bytes', 'ff8000000000000000'],
  ['a string of 2^53 bytes', 'bf0020000000000000'],
  ['an item that is longer than its list', 'c283646f67'],
  ['lists nested five deep', 'c4c3c2c1c0'],
  ['more items than allowed', `f8c8${'80'.repeat(200)}`],
];

for (const [what, hex] of hostile) {
  test(`refused: ${what}`, () => {
    assert.throws(() => decodeRlp(bytes(hex), limits), isRlpError);
  });
}

test('a hundred thousand nested lists do not overflow the stack', () => {
  assert.throws(() => decodeRlp(new Uint8Array(100_000).fill(0xc1), limits), isRlpError);
});

test('random bytes either are refused or encode back to themselves', () => {
  const random = seededRandom(7);
  let accepted = 0;
  for (let i = 0; i < 20_000; i++) {
    const input = Uint8Array.from({ length: 1 + random.integer(12) }, () => {
      const kind = random.integer(4);
      return kind === 0
        ? random.integer(256)
        : kind === 1
          ? 0x80 + random.integer(4)
          : 0xc0 + random.integer(12);
    });
    try {
      assert.equal(toHex(encodeRlp(decodeRlp(input, limits))), toHex(input));
      accepted++;
    } catch (error) {
      assert.ok(isRlpError(error), String(error));
    }
  }
  assert.ok(accepted > 100);
});

test('long values keep their length: 55, 56, 255, 256, 65,535 and 65,536 bytes', () => {
  for (const length of [55, 56, 255, 256, 65_535, 65_536]) {
    const value = [new Uint8Array(length).fill(1)];
    assert.deepEqual(decodeRlp(encodeRlp(value), limits), value);
  }
});
