import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress } from './progress.js';
import type { ReplayTransaction } from './replaySet.js';

const transactions: readonly ReplayTransaction[] = Array.from({ length: 100 }, (_, index) => ({
  raw: '0x',
  expect: { hash: `0x${index}`, status: 1, gasUsed: 0n, contractAddress: null, logs: [] },
}));
const receiptOf = (index: number, status: string) => ({
  kind: 'receipt' as const,
  receipt: { transactionHash: `0x${index}`, status, gasUsed: '0x0', contractAddress: null, logs: [] },
});

test('equal and different transactions are counted, refused ones are different', () => {
  const progress = createProgress(transactions, () => 0);
  progress.take(0, receiptOf(0, '0x1'));
  progress.take(1, receiptOf(1, '0x0'));
  progress.take(2, { kind: 'refused', reason: 'nonce too low' });
  assert.deepEqual([progress.replayed, progress.equal], [3, 1]);
  assert.deepEqual(
    progress.deviations.map(({ index, differences }) => [index, differences[0]?.got]),
    [
      [1, '0'],
      [2, 'refused: nonce too low'],
    ],
  );
});

test('the live rate is that of the last two seconds, the mean that from the start to the last result', () => {
  let nowMs = 0;
  const progress = createProgress(transactions, () => nowMs);
  for (let index = 0; index < 50; index++) {
    nowMs += index < 40 ? 1000 : 100;
    progress.take(index, receiptOf(index, '0x1'));
    progress.rate();
  }
  assert.equal(progress.seconds(), 41);
  assert.ok(Math.abs(progress.mean() - 50 / 41) < 1e-9);
  assert.ok(progress.rate() >= 4 && progress.rate() < 7, String(progress.rate()));
  nowMs += 60_000;
  progress.rate();
  assert.ok(progress.rate() < 0.1);
  assert.equal(progress.seconds(), 41);
});
