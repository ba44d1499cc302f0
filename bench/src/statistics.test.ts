import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile } from './statistics.js';

test('a median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test('p99 is a value that 99 of 100 do not exceed, whatever the order', () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index * 7) % 1000);
  assert.equal(quantile(values, 0.99), 990);
  assert.equal(quantile([5], 0.99), 5);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});
