import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendQueue } from './sendQueue.js';

const frame = (name: number, size = 10): Uint8Array => new Uint8Array(size).fill(name);

function drain(queue: SendQueue): number[] {
  const names: number[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) names.push(next[0] as number);
  return names;
}

test('frames leave in the order in which they came', () => {
  const queue = new SendQueue(100);
  for (const name of [1, 2, 3]) queue.push(frame(name), 'consensus');
  assert.equal(queue.bytes, 30);
  assert.deepEqual(drain(queue), [1, 2, 3]);
  assert.equal(queue.bytes, 0);
});

test('when it is full the oldest consensus frames make room, forwarded ones stay', () => {
  const queue = new SendQueue(50);
  queue.push(frame(1), 'consensus');
  queue.push(frame(2), 'forwarded');
  for (const name of [3, 4, 5]) queue.push(frame(name), 'consensus');
  assert.equal(queue.push(frame(6), 'forwarded'), true);
  assert.equal(queue.push(frame(7), 'consensus'), true);
  assert.equal(queue.dropped, 2);
  assert.deepEqual(drain(queue), [2, 4, 5, 6, 7]);
});

test('a forwarded frame is refused when only forwarded frames are left', () => {
  const queue = new SendQueue(30);
  for (const name of [1, 2, 3]) assert.equal(queue.push(frame(name), 'forwarded'), true);
  assert.equal(queue.push(frame(4), 'forwarded'), false);
  assert.equal(queue.push(frame(5), 'consensus'), false);
  assert.deepEqual(drain(queue), [1, 2, 3]);
});
