/** Quantities have exactly one form: big-endian without leading zeros. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@coco/primitives';
import { paddedBytes, trimZeros, unsignedBytes, unsignedValue } from './quantity.js';

test('integers around every boundary go to bytes and back', () => {
  for (let bits = 0n; bits <= 256n; bits++) {
    for (const value of [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]) {
      const bytes = unsignedBytes(value);
      const hex = value.toString(16);
      assert.equal(toHex(bytes), value === 0n ? '' : hex.length % 2 === 0 ? hex : `0${hex}`);
      assert.equal(unsignedValue(bytes), value);
      assert.equal(unsignedValue(new Uint8Array([0, 0, ...bytes])), value);
    }
  }
});

test('padding and trimming undo each other', () => {
  const padded = paddedBytes(0x1234n, 32);
  assert.equal(padded.length, 32);
  assert.equal(toHex(trimZeros(padded)), '1234');
  assert.equal(trimZeros(new Uint8Array(32)).length, 0);
});
