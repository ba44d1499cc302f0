import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from './assert.js';
import { CocoError } from './error.js';
import { ByteReader } from './reader.js';
import { ByteWriter } from './writer.js';

const code = (wanted: string) => (error: unknown) => error instanceof CocoError && error.code === wanted;

test('what the writer wrote, the reader reads', () => {
  const bytes = new ByteWriter(1)
    .u8(255)
    .u32(0xffffffff)
    .u48(2 ** 48 - 1)
    .u64(Number.MAX_SAFE_INTEGER)
    .u64BigEndian(2 ** 40 + 1)
    .i64(-5)
    .sized64(Uint8Array.of(1, 2))
    .sized32(Uint8Array.of(3))
    .finish();
  const reader = new ByteReader(bytes);
  assert.equal(reader.u8(), 255);
  assert.equal(reader.u32(), 0xffffffff);
  assert.equal(reader.u48(), 2 ** 48 - 1);
  assert.equal(reader.u64(), Number.MAX_SAFE_INTEGER);
  assert.equal(reader.u64BigEndian(), 2 ** 40 + 1);
  assert.equal(reader.i64(), -5);
  assert.deepEqual(reader.sized64(), Uint8Array.of(1, 2));
  assert.deepEqual(reader.sized32(), Uint8Array.of(3));
  reader.end();
});

test('a reader never goes past its end, whatever length is claimed', () => {
  const claims = new ByteWriter().u64(2 ** 50).finish();
  assert.throws(() => new ByteReader(claims).sized64(), code('COCO_BYTES_TRUNCATED'));
  assert.throws(() => new ByteReader(claims, 0, 4).u64(), code('COCO_BYTES_TRUNCATED'));
  assert.throws(() => new ByteReader(claims, 7).u32(), code('COCO_BYTES_TRUNCATED'));
});

test('a 64-bit number that would be rounded is refused', () => {
  const large = new Uint8Array(8).fill(255);
  assert.throws(() => new ByteReader(large).u64(), code('COCO_BYTES_RANGE'));
  assert.throws(() => new ByteReader(large).u64BigEndian(), code('COCO_BYTES_RANGE'));
  assert.equal(new ByteReader(large).i64(), -1);
  assert.throws(
    () => new ByteReader(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80)).i64(),
    code('COCO_BYTES_RANGE'),
  );
});

test('bytes after the last field are refused', () => {
  assert.throws(() => new ByteReader(Uint8Array.of(1)).end(), code('COCO_BYTES_TRAILING'));
});

test('writing what does not fit is a bug, not an outcome', () => {
  assert.throws(() => new ByteWriter().u64(-1), AssertionError);
  assert.throws(() => new ByteWriter().u64(0.5), AssertionError);
  assert.throws(() => new ByteWriter().i64(2 ** 60), AssertionError);
});

test('a length can be patched once it is known', () => {
  const writer = new ByteWriter().u32(0).u8(9);
  assert.deepEqual(writer.patchU32(0, 7).finish(), Uint8Array.of(7, 0, 0, 0, 9));
});
