import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  appendToLog,
  commitLog,
  createLogIndex,
  endOfView,
  firstConflict,
  highestPossibleMatch,
  lastSignature,
  rollbackLog,
  signatureAtOrBelow,
  txStatusOf,
  viewAt,
} from './log.js';
import { entriesOf } from './solo.test.js';

describe('What is remembered of a log', () => {
  const text = '2e 2s 2s 5e 5s 6e 6s 6e';

  test('answers for every position as the entries themselves would', () => {
    const log = logOf(text);
    const views = text.split(' ').map((word) => Number.parseInt(word, 10));
    assert.equal(viewAt(log, 0), 0);
    for (const [index, view] of views.entries()) {
      const seqno = index + 1;
      assert.equal(viewAt(log, seqno), view);
      assert.equal(endOfView(log, seqno), views.lastIndexOf(view) + 1);
      for (const other of [2, 5, 6]) {
        const found = views.findIndex((each, position) => position >= index && each !== other);
        assert.equal(firstConflict(log, seqno, 8, other), found === -1 ? undefined : found + 1);
      }
    }
    assert.equal(viewAt(log, 9), undefined);
    assert.equal(viewAt(log, -1), undefined);
    assert.equal(firstConflict(log, 9, 12, 6), undefined);
  });

  test('knows the signatures above the commit', () => {
    const log = logOf(text);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 8].map((seqno) => signatureAtOrBelow(log, seqno)),
      [undefined, 2, 3, 3, 5, 7],
    );
    commitLog(log, 3);
    assert.deepEqual(
      [3, 4, 5, 8].map((seqno) => signatureAtOrBelow(log, seqno)),
      [undefined, undefined, 5, 7],
    );
    assert.deepEqual(lastSignature(log), { view: 6, seqno: 7 });
    rollbackLog(log, 4);
    assert.deepEqual(lastSignature(log), { view: 2, seqno: 3 });
    assert.equal(viewAt(log, 4), 5);
    assert.equal(viewAt(log, 5), undefined);
  });

  test('finds how far two logs can agree by stepping over whole views', () => {
    const log = logOf(text);
    const match = (view: number, seqno: number) => highestPossibleMatch(log, { view, seqno });
    assert.deepEqual([match(6, 8), match(6, 99), match(6, 7)], [8, 8, 7]);
    assert.deepEqual([match(5, 8), match(4, 8), match(2, 2)], [5, 3, 2]);
    assert.deepEqual([match(1, 8), match(0, 0)], [0, 0]);
  });

  test('does not grow with the number of entries', () => {
    const log = createLogIndex();
    for (let seqno = 1; seqno <= 100_000; seqno++) {
      appendToLog(log, { view: 2 + Math.floor(seqno / 50_000), seqno, signature: seqno % 10 === 9 });
      if (seqno % 10 === 9) commitLog(log, seqno);
    }
    assert.ok(log.runs.length <= 3);
    assert.ok(log.signatures.length <= 1);
  });

  test('takes only what follows', () => {
    const log = logOf(text);
    assert.throws(() => appendToLog(log, { view: 6, seqno: 8, signature: false }), {
      name: 'AssertionError',
    });
    assert.throws(() => appendToLog(log, { view: 5, seqno: 9, signature: false }), {
      name: 'AssertionError',
    });
  });
});

describe('TX-4: the status of a transaction', () => {
  const log = logOf('2e 2s 4e 4s 4e');
  commitLog(log, 4);
  const cases: [view: number, seqno: number, status: string, why: string][] = [
    [2, 1, 'Committed', 'it is in the log, committed'],
    [4, 4, 'Committed', 'it is the committed signature itself'],
    [3, 1, 'Invalid', 'another entry is committed in its place'],
    [4, 2, 'Invalid', 'another entry is committed in its place, of an older view'],
    [4, 5, 'Pending', 'it is in the log, not committed'],
    [4, 6, 'Unknown', 'it may come'],
    [5, 5, 'Unknown', 'a later view may put it there'],
    [9, 99, 'Unknown', 'it may come'],
    [2, 5, 'Invalid', 'a later view is committed below it'],
    [3, 99, 'Invalid', 'a later view is committed below it'],
    [0, 1, 'Invalid', 'there is no view 0'],
    [2, 0, 'Invalid', 'there is no seqno 0'],
  ];
  for (const [view, seqno, status, why] of cases) {
    test(`${view}.${seqno} is ${status}: ${why}`, () => {
      assert.equal(txStatusOf(log, { view, seqno }), status);
    });
  }
});

function logOf(text: string) {
  const log = createLogIndex();
  for (const entry of entriesOf(text)) appendToLog(log, entry);
  return log;
}
