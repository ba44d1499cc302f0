import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { cellOf, formatBytes, formatCell, printable } from './printable.js';

test('what a ledger holds cannot steer the terminal: controls and direction marks are escaped', () => {
  assert.equal(printable('a\u001b[2J\u202eb\u0007\u2028\nc'), 'a\\u{1b}[2J\\u{202e}b\\u{7}\\u{2028}\\nc');
  assert.equal(printable('Grüße, 世界 😀'), 'Grüße, 世界 😀');
  const hostile = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');
  assert.doesNotMatch(printable(hostile), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

test('bytes are text where they are text without controls, otherwise hexadecimal', () => {
  assert.deepEqual(cellOf(utf8('{"a":1}\n')), { text: '{"a":1}\n' });
  assert.deepEqual(cellOf(utf8('a\u001b')), { hex: '611b' });
  assert.deepEqual(cellOf(new Uint8Array(8)), { hex: '0000000000000000' });
  assert.deepEqual(cellOf(new Uint8Array([0xff])), { hex: 'ff' });
});

test('a cell is one bounded line that says how much was left out', () => {
  assert.equal(formatCell(utf8('a\nb'), 20), 'a\\nb');
  assert.equal(formatCell(utf8('abcdef'), 3), 'abc… (6 bytes)');
  assert.equal(formatCell(new Uint8Array([1, 2, 255]), 20), '0x0102ff');
  assert.equal(formatCell(new Uint8Array(0), 20), '(empty)');
});

test('sizes are told in three digits or fewer', () => {
  assert.deepEqual([0, 999, 1000, 99_949, 999_499, 1_234_567, 5e12].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '99.9 kB',
    '999 kB',
    '1.2 MB',
    '5.0 TB',
  ]);
});
