import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromWorker, ToWorker } from '@coco/adapter';
import { ownBytes } from './ownedBytes.js';

test('a small view of a large buffer travels alone, and the sender keeps its own', () => {
  const frame = new Uint8Array(1_000_000).fill(7);
  const message: ToWorker = {
    type: 'apply',
    txId: { view: 2, seqno: 5 },
    publicMaps: frame.subarray(10, 20),
    privateMaps: frame.subarray(20, 50),
  };
  const { message: owned, memory } = ownBytes(message);
  assert.deepEqual(owned, message);
  assert.equal(
    memory.reduce((sum, { byteLength }) => sum + byteLength, 0),
    40,
  );
  structuredClone(owned, { transfer: [...memory] });
  assert.equal(frame[15], 7);
});

test('bodies within requests and responses are found too', () => {
  const body = new Uint8Array([1, 2, 3]);
  const message: FromWorker = {
    type: 'response',
    id: 1,
    response: { status: 200, headers: { a: 'b' }, body },
  };
  const { message: owned, memory } = ownBytes(message);
  assert.deepEqual(owned, message);
  assert.equal(memory.length, 1);
  assert.notEqual(memory[0], body.buffer);
});

test('a message without bytes is itself', () => {
  const message: ToWorker = { type: 'committed', seqno: 5 };
  const { message: owned, memory } = ownBytes(message);
  assert.equal(owned, message);
  assert.equal(memory.length, 0);
});
