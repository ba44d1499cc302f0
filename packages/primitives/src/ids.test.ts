import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareTxIds, formatTxId, parseTxId } from './ids.js';
import { seededRandom } from './random.js';

test('a transaction id reads as view.seqno, and nothing else does (TX-4)', () => {
  assert.deepEqual(parseTxId('2.17'), { view: 2, seqno: 17 });
  assert.equal(formatTxId({ view: 2, seqno: 17 }), '2.17');
  for (const text of [
    '',
    '2',
    '2.',
    '.17',
    '2.017',
    '02.17',
    '-2.17',
    '2.17 ',
    '2.1e3',
    '2.9007199254740993',
    '2.17.1',
  ]) {
    assert.equal(parseTxId(text), undefined, text);
  }
});

test('ids are ordered by view first', () => {
  assert.ok(compareTxIds({ view: 2, seqno: 9 }, { view: 3, seqno: 1 }) < 0);
  assert.ok(compareTxIds({ view: 3, seqno: 2 }, { view: 3, seqno: 1 }) > 0);
});

test('the same seed gives the same numbers, within bounds and well spread', () => {
  const [a, b] = [seededRandom(42), seededRandom(42)];
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const number = a.integer(10);
    assert.equal(number, b.integer(10));
    counts[number] = (counts[number] ?? 0) + 1;
  }
  assert.ok(
    counts.every((count) => count > 850 && count < 1150),
    counts.join(' '),
  );
  assert.notEqual(seededRandom(1).integer(2 ** 32), seededRandom(2).integer(2 ** 32));
});
