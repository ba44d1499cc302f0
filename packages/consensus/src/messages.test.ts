import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Solo } from './solo.test.js';
import type { Message } from './types.js';

const append: Extract<Message, { type: 'appendEntries' }> = {
  type: 'appendEntries',
  view: 3,
  previous: { view: 2, seqno: 2 },
  to: 3,
  entriesView: 3,
  commit: 0,
  entries: [{ view: 3, seqno: 3, signature: true }],
};

describe('A message that no correct node could have sent is refused and changes nothing', () => {
  const wrong: [why: string, message: Message][] = [
    ['a view that is no number', { ...append, view: Number.NaN }],
    ['a view that is negative', { type: 'proposeRequestVote', view: -1 }],
    ['a range that ends before it starts', { ...append, to: 1 }],
    ['a range of astronomic length', { ...append, to: Number.MAX_SAFE_INTEGER }],
    ['a range without its entries', { ...append, entries: [] }],
    ['a fractional seqno', { ...append, previous: { view: 2, seqno: 1.5 }, to: 2.5 }],
    ['entries of a view after its own', { ...append, entriesView: 4 }],
    ['entries of a view before that of the entry they follow', { ...append, entriesView: 1 }],
    ['an entry of another view', { ...append, entries: [{ view: 2, seqno: 3, signature: true }] }],
    ['an entry of another place', { ...append, entries: [{ view: 3, seqno: 4, signature: true }] }],
    ['a commit that is no number', { ...append, commit: Number.POSITIVE_INFINITY }],
    ['a position that is none', { type: 'requestVote', view: 3, lastCommittable: { view: 1, seqno: -1 } }],
    [
      'an acknowledgement of nowhere',
      { type: 'appendEntriesResponse', view: 3, success: true, last: -1, lastView: 0 },
    ],
  ];
  for (const [why, message] of wrong) {
    test(why, () => {
      const node = new Solo({ log: '2e 2s' });
      const before = node.raft.status();
      assert.throws(() => node.receive('b', message), { code: 'COCO_CONSENSUS_MESSAGE' });
      assert.deepEqual(node.raft.status(), before);
    });
  }

  test('a correct one is taken', () => {
    const node = new Solo({ log: '2e 2s' });
    node.receive('b', append);
    assert.deepEqual(node.raft.last, { view: 3, seqno: 3 });
  });
});

describe('An append that a correct driver would not make is a bug', () => {
  test('on a backup, in another view, or out of order', () => {
    const entry = { view: 2, seqno: 1, signature: true };
    const step = (node: Solo, entries: (typeof entry)[]) => () => node.raft.step({ type: 'append', entries });
    const primary = new Solo();
    primary.lead();
    assert.throws(step(new Solo(), [entry]), { name: 'AssertionError' });
    assert.throws(step(primary, [{ ...entry, view: 3 }]), { name: 'AssertionError' });
    assert.throws(step(primary, [{ ...entry, seqno: 2 }]), { name: 'AssertionError' });
  });
});
