import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, fromHex, toHex } from '@coco/primitives';
import { derRead } from './der-read.js';
import {
  derBitString,
  derBoolean,
  derElement,
  derObjectId,
  derTime,
  derUnsigned,
  derUtf8String,
} from './der-write.js';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const refused = (error: unknown): boolean => error instanceof CocoError && error.code === 'COCO_CRYPTO_DER';

test('X.690: elements are read with their place, content and children', () => {
  const node = derRead(hex('300b020101300602010202017f'));
  assert.equal(node.tag, 0x30);
  assert.deepEqual(
    node.children.map((child) => [child.tag, child.offset]),
    [
      [2, 2],
      [0x30, 5],
    ],
  );
  assert.equal(toHex(node.children[1]?.children[1]?.content as Uint8Array), '7f');
  assert.equal(derRead(derElement(0x04, new Uint8Array(300))).content.length, 300);
  assert.equal(derRead(derElement(0x04, new Uint8Array(128))).encoded.length, 131);
});

test('X.690 10.1: indefinite, non-minimal, oversized and missing lengths are refused', () => {
  const bad = [
    '3080',
    '30800000',
    '0481',
    '04817f',
    '0481050101010101',
    '0482000101',
    '048400000001aa',
    '0402aa',
    '04',
  ];
  bad.push('', '0400ff', '3003020201', '30040202', '1f2000', '3001', '04830000ff');
  for (const bytes of bad) assert.throws(() => derRead(hex(bytes)), refused, bytes);
});

test('depth, number of elements and size are limited', () => {
  let deep = hex('0500');
  for (let i = 0; i < 20; i++) deep = derElement(0x30, deep);
  assert.throws(() => derRead(deep), refused);
  assert.doesNotThrow(() => derRead(deep, { depthMax: 21 }));
  const wide = derElement(0x30, hex('0500'.repeat(5000)));
  assert.throws(() => derRead(wide), refused);
  assert.throws(() => derRead(derElement(0x04, new Uint8Array(70_000))), refused);
});

test('X.690 8: the writer gives the published and minimal forms', () => {
  assert.equal(toHex(derObjectId('1.2.840.10045.4.3.2')), '06082a8648ce3d040302');
  assert.equal(toHex(derObjectId('2.5.29.15')), '0603551d0f');
  assert.equal(toHex(derUnsigned(hex('0000'))), '020100');
  assert.equal(toHex(derUnsigned(hex('0080'))), '02020080');
  assert.equal(toHex(derUnsigned(hex('7f'))), '02017f');
  assert.equal(toHex(derBoolean(true)), '0101ff');
  assert.equal(toHex(derBitString(hex('86'), 1)), '03020186');
  assert.equal(toHex(derUtf8String('ü')), '0c02c3bc');
});

test('RFC 5280 4.1.2.5: times are UTCTime until 2049 and GeneralizedTime from 2050', () => {
  const text = (ms: number): string => new TextDecoder().decode(derTime(ms).subarray(2));
  assert.equal(text(Date.UTC(2049, 11, 31, 23, 59, 59, 999)), '491231235959Z');
  assert.equal(text(Date.UTC(2050, 0, 1)), '20500101000000Z');
});
