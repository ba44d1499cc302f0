import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onlyIn, Solo, type SoloOptions, sentIn } from './solo.test.js';
import type { EntryInfo, LogBase, Ready } from './types.js';

/** Node a of {a, b, c} is left out at 1, that is on record at 3, and at 5 it is taken back. Signed at every even place. */
const story: readonly EntryInfo[] = [
  { view: 2, seqno: 1, signature: false, configuration: ['b', 'c'] },
  { view: 2, seqno: 2, signature: true },
  { view: 2, seqno: 3, signature: false, retiredCommitted: ['a'] },
  { view: 2, seqno: 4, signature: true },
  { view: 2, seqno: 5, signature: false, configuration: ['a', 'b', 'c'] },
  { view: 2, seqno: 6, signature: true },
];

describe('A node that was left out returns under its id', () => {
  const states: [phase: string | undefined, upTo: number, commit: number][] = [
    [undefined, 0, 0],
    ['Ordered', 1, 0],
    ['Signed', 2, 0],
    ['Completed', 2, 2],
    ['Completed', 4, 2],
    ['RetiredCommitted', 4, 4],
  ];
  for (const [phase, upTo, commit] of states) {
    test(`an appended configuration that has it again ends its retirement: ${phase} at ${upTo}, commit ${commit}`, () => {
      const node = at(upTo, commit);
      assert.equal(node.raft.status().retirementPhase, phase);
      hear(node, story.slice(upTo, 5), commit);
      assert.equal(node.raft.status().retirementPhase, undefined);
      assert.equal(node.raft.status().membership, 'Active');
      assert.equal(node.raft.status().leadership, 'Follower');
    });

    test(`and a rollback of that entry restores it: ${phase} at ${upTo}, commit ${commit}`, () => {
      const node = at(upTo, commit);
      hear(node, story.slice(upTo, 6), commit);
      node.hear('c', 5, { view: upTo === 0 ? 0 : 2, seqno: upTo }, '5s');
      const { retirementPhase, leadership, last } = node.raft.status();
      assert.deepEqual(last, { view: 5, seqno: upTo + 1 });
      assert.equal(retirementPhase, phase === 'Ordered' ? 'Signed' : phase);
      assert.equal(leadership, phase === 'RetiredCommitted' ? 'None' : 'Follower');
    });
  }

  test('commits of what lies below, the record of its removal too, do not make it gone', () => {
    const node = at(6, 0);
    for (const commit of [2, 4, 6]) {
      hear(node, [], commit);
      assert.equal(node.raft.commit, commit);
      assert.equal(node.raft.status().retirementPhase, undefined);
    }
    assert.deepEqual(node.raft.status().configurations, [{ seqno: 5, nodes: ['a', 'b', 'c'] }]);
    assert.deepEqual(Object.keys(sentIn(node.elapse(100), 'requestVote')), ['b', 'c']);
  });

  test('what the log says of it does not depend on batches and on when commits are heard', () => {
    const wanted = [];
    for (const size of [6, 5, 4, 3, 2, 1]) {
      for (const lag of [0, 1, 2, 6]) {
        const node = new Solo();
        for (let from = 0; from < 6; from += size) {
          const to = Math.min(from + size, 6);
          const answer = hear(node, story.slice(from, to), signedUpTo(to - lag));
          assert.equal(onlyIn(answer, 'appendEntriesResponse').last, to);
        }
        hear(node, [], 6);
        wanted.push(JSON.stringify({ ...node.raft.status(), primary: undefined }));
      }
    }
    assert.equal(new Set(wanted).size, 1, [...new Set(wanted)].join('\n'));
  });

  test('left again, and taken back again: the last entry counts', () => {
    const node = at(6, 6);
    hear(node, [{ view: 2, seqno: 7, signature: false, configuration: ['b', 'c'] }], 6);
    assert.equal(phase(node), 'Ordered');
    hear(node, [{ view: 2, seqno: 8, signature: true }], 8);
    assert.equal(phase(node), 'Completed');
    hear(node, [{ view: 2, seqno: 9, signature: false, configuration: ['a', 'b', 'c'] }], 8);
    assert.equal(phase(node), undefined);
    hear(node, [{ view: 2, seqno: 10, signature: true }], 10);
    assert.equal(phase(node), undefined);
  });

  test('a record says nothing of a node that takes part at its place', () => {
    const node = at(6, 6);
    hear(node, [{ view: 2, seqno: 7, signature: false, retiredCommitted: ['a'] }], 6);
    hear(node, [{ view: 2, seqno: 8, signature: true }], 8);
    assert.equal(phase(node), undefined);
  });
});

describe('A node that is gone', () => {
  test('answers a primary whose entries it lacks, so that it can be given them', () => {
    const node = at(4, 4);
    const answer = onlyIn(node.hear('b', 3, { view: 3, seqno: 9 }), 'appendEntriesResponse');
    assert.deepEqual([answer.success, answer.last, answer.lastView], [false, 4, 2]);
    assert.equal(node.raft.primary, 'b');
    assert.equal(node.raft.status().leadership, 'None');
  });

  test('keeps what it took of the view of its primary, signed or not', () => {
    const node = at(4, 4);
    hear(node, [{ view: 2, seqno: 5, signature: false }], 4);
    const answer = hear(node, [{ view: 2, seqno: 6, signature: true }], 4);
    assert.equal(answer.rollbackTo, undefined);
    assert.equal(onlyIn(answer, 'appendEntriesResponse').last, 6);
  });

  test('thesis 4.1: votes, for a candidate may count it before it knows, and once in a view', () => {
    const node = at(4, 4);
    const answer = node.ask('b', 3, { view: 2, seqno: 6 });
    assert.equal(onlyIn(answer, 'requestVoteResponse').granted, true);
    assert.deepEqual(answer.hardState, { view: 3, votedFor: 'b', commit: 4 });
    assert.equal(onlyIn(node.ask('c', 3, { view: 2, seqno: 6 }), 'requestVoteResponse').granted, false);
    assert.equal(node.raft.status().leadership, 'None');
  });

  test('encourages nobody while it hears a primary', () => {
    const node = at(4, 4);
    const heard = node.askFirst('c', 2, { view: 2, seqno: 6 });
    assert.equal(onlyIn(heard, 'requestPreVoteResponse').granted, false);
    node.elapse(100);
    const unheard = node.askFirst('c', 2, { view: 2, seqno: 6 });
    assert.equal(onlyIn(unheard, 'requestPreVoteResponse').granted, true);
  });

  test('campaigns again when the entry that takes it back is signed: what is not signed may never have been', () => {
    const node = at(4, 4);
    hear(node, story.slice(4, 5), 4);
    assert.deepEqual(node.elapse(1000).send, []);
    hear(node, story.slice(5), 4);
    assert.deepEqual(Object.keys(sentIn(node.elapse(1000), 'requestVote')), ['b', 'c']);
    node.vote('b');
    assert.equal(node.raft.isLeader, false, 'one of two is no quorum of the configuration without it');
    node.vote('c');
    assert.equal(node.raft.isLeader, true);
    assert.equal(phase(node), undefined);
  });

  const restarts: [why: string, upTo: number, commit: number, phase: string | undefined][] = [
    ['that never heard of it', 0, 0, undefined],
    ['that was left out', 2, 0, 'Signed'],
    ['that knows it to be committed', 2, 2, 'Completed'],
    ['that holds the record', 4, 2, 'Completed'],
    ['that is gone', 4, 4, 'RetiredCommitted'],
    ['that was taken back', 6, 2, undefined],
    ['that was taken back and knows it', 6, 6, undefined],
  ];
  for (const [why, upTo, commit, wanted] of restarts) {
    test(`restarts: one ${why} is what its disk says, and goes on`, () => {
      const node = started({ entries: story.slice(0, upTo), commit });
      const began = upTo === 0 ? undefined : 'Follower';
      assert.equal(phase(node), wanted);
      assert.equal(node.elapse(0).role?.state, wanted === 'RetiredCommitted' ? 'None' : began);
      hear(node, story.slice(upTo), 6);
      assert.equal(phase(node), undefined);
      assert.deepEqual(Object.keys(sentIn(node.elapse(1000), 'requestVote')), ['b', 'c']);
    });
  }

  test('starts from a snapshot taken while it was out, and is taken back', () => {
    const base: LogBase = {
      view: 2,
      seqno: 2,
      views: [{ view: 2, from: 1 }],
      configuration: { seqno: 1, nodes: ['b', 'c'] },
      leaving: ['a'],
    };
    const node = new Solo({ base });
    assert.equal(phase(node), 'Completed');
    hear(node, story.slice(2, 4), 4);
    assert.equal(phase(node), 'RetiredCommitted');
    hear(node, story.slice(4), 6);
    assert.equal(phase(node), undefined);
    // Of who was gone before the base, the base says nothing: such a node takes entries and votes, as a joiner does.
    const later = new Solo({ base: { ...base, seqno: 4, leaving: [] } });
    assert.equal(phase(later), undefined);
    assert.deepEqual(later.elapse(1000).send, []);
    hear(later, story.slice(4), 6);
    assert.deepEqual(Object.keys(sentIn(later.elapse(1000), 'requestVote')), ['b', 'c']);
  });
});

describe('Who is leaving, at the others', () => {
  test('left, recorded, returned, left again: a primary sends to whom its log says', () => {
    const node = primary();
    for (let times = 0; times < 3; times++) {
      change(node, { configuration: ['a', 'b'] });
      assert.deepEqual(peers(node), ['b', 'c']);
      change(node, { retiredCommitted: ['c'] });
      assert.deepEqual(peers(node), ['b']);
      change(node, { configuration: ['a', 'b', 'c'] });
      assert.deepEqual(peers(node), ['b', 'c']);
    }
  });

  test('returned without a record: it takes part, and is not leaving any more', () => {
    const node = primary();
    change(node, { configuration: ['a', 'b'] });
    change(node, { configuration: ['a', 'b', 'c'] });
    change(node, { configuration: ['a', 'b', 'd'] });
    assert.deepEqual(peers(node), ['b', 'c', 'd'], 'left again, and leaving once more');
    change(node, { retiredCommitted: ['c'] });
    assert.deepEqual(peers(node), ['b', 'd']);
  });

  test('returned before its record was committed: the commit of the record does not part from it', () => {
    const node = primary();
    change(node, { configuration: ['a', 'b'] });
    append(node, { retiredCommitted: ['c'] });
    append(node, { configuration: ['a', 'b', 'c'] });
    change(node, {});
    assert.deepEqual(peers(node), ['b', 'c']);
    change(node, { configuration: ['a', 'b'] });
    assert.deepEqual(peers(node), ['b', 'c'], 'this removal is not on record');
  });

  test('a return that is rolled back has not ended that it is leaving', () => {
    const node = new Solo();
    const entries: EntryInfo[] = [
      { view: 2, seqno: 1, signature: false, configuration: ['a', 'b'] },
      { view: 2, seqno: 2, signature: true },
      { view: 2, seqno: 3, signature: false, configuration: ['a', 'b', 'c'] },
    ];
    hear(node, entries, 2);
    node.lead();
    assert.deepEqual(node.raft.status().configurations, [{ seqno: 1, nodes: ['a', 'b'] }]);
    assert.deepEqual(peers(node), ['b', 'c']);
  });

  test('one that returns is sent a heartbeat at once, and the entries from where it is', () => {
    const node = primary();
    change(node, { configuration: ['a', 'b'] });
    change(node, { retiredCommitted: ['c'] });
    const { seqno } = node.raft.last;
    const sent = sentIn(append(node, { configuration: ['a', 'b', 'c'] }), 'appendEntries').c ?? [];
    assert.deepEqual([sent[0]?.previous.seqno, sent[0]?.to], [seqno, seqno]);
    const [range] = sentIn(node.nack('c', 1, 2), 'appendEntries').c ?? [];
    assert.deepEqual([range?.previous.seqno, range?.to], [1, seqno + 1]);
  });

  test('a primary that was left out and is taken back leads on, also when the record of its removal commits', () => {
    const node = primary();
    change(node, { configuration: ['b', 'c'] });
    assert.equal(phase(node), 'Completed');
    append(node, { retiredCommitted: ['a'] });
    append(node, { configuration: ['a', 'b', 'c'] });
    assert.equal(phase(node), undefined);
    const ready = change(node, {});
    assert.equal(node.raft.commit, node.raft.last.seqno);
    assert.equal(node.raft.isLeader, true);
    assert.deepEqual(ready.role, undefined);
  });

  test('a restart takes a record for proof of the removal before it, not of a later one', () => {
    const entries: EntryInfo[] = [
      ...story,
      { view: 2, seqno: 7, signature: false, configuration: ['b', 'c'] },
      { view: 2, seqno: 8, signature: true },
    ];
    assert.equal(started({ id: 'b', entries }).raft.commit, 2);
    const unmeant: EntryInfo = { view: 2, seqno: 7, signature: false, retiredCommitted: ['a'] };
    const after: EntryInfo = { view: 2, seqno: 8, signature: true };
    assert.equal(started({ id: 'b', entries: [...story, unmeant, after] }).raft.commit, 2);
  });
});

describe('Whom a primary may leave out and cut off at once', () => {
  test('those without whom the others are a majority, and not itself', () => {
    const node = primary();
    assert.equal(node.raft.mayLeaveOut(['c']), true);
    assert.equal(node.raft.mayLeaveOut(['b', 'c']), false);
    assert.equal(node.raft.mayLeaveOut(['a']), false);
    assert.equal(node.raft.mayLeaveOut([]), true);
    const pair = new Solo({ nodes: ['a', 'b'] });
    pair.lead(['b']);
    assert.equal(pair.raft.mayLeaveOut(['b']), false, 'two need each other');
  });

  test('for some, only those count of whom it heard: the others may have stopped', () => {
    const node = primary();
    assert.equal(node.raft.mayLeaveOut(['b'], 'heard'), true);
    node.elapse(60);
    node.ack('b', 0);
    node.elapse(60);
    assert.equal(node.raft.mayLeaveOut(['b'], 'heard'), false, 'nothing was heard of c');
    assert.equal(node.raft.mayLeaveOut(['c'], 'heard'), true);
    assert.equal(node.raft.mayLeaveOut(['b']), true);
  });

  test('a majority of every active configuration: who was cut off before cannot help to commit that', () => {
    const node = new Solo({ nodes: ['a', 'b', 'c', 'd', 'e'] });
    node.lead();
    append(node, { configuration: ['a', 'b', 'c', 'd'] });
    assert.equal(node.raft.mayLeaveOut(['d']), true);
    append(node, { configuration: ['a', 'b', 'c'] });
    assert.equal(node.raft.mayLeaveOut(['c']), false, 'two of the five that still count');
    change(node, {}, ['b', 'c']);
    assert.equal(node.raft.status().configurations.length, 1);
    assert.equal(node.raft.mayLeaveOut(['c']), true);
  });
});

describe('Of whom a primary may record that they left', () => {
  test('of whom no configuration that counts has', () => {
    const node = primary();
    assert.equal(node.raft.mayRecord(['c']), false);
    append(node, { configuration: ['a', 'b'] });
    append(node, { signature: true });
    node.ack('b', node.raft.last.seqno - 1);
    assert.equal(node.raft.mayRecord(['c']), false, 'its removal is not committed');
    node.ack('b', node.raft.last.seqno);
    assert.equal(node.raft.mayRecord(['c']), true);
    assert.equal(node.raft.mayRecord(['b', 'c']), false);
  });

  test('not by an earlier removal, of one that was taken back and left out again', () => {
    const node = primary();
    change(node, { configuration: ['a', 'b'] });
    append(node, { configuration: ['a', 'b', 'c'] });
    append(node, { configuration: ['a', 'b'] });
    assert.equal(node.raft.mayRecord(['c']), false);
    change(node, {});
    assert.equal(node.raft.mayRecord(['c']), true);
  });
});

/** Node a that took the story up to a place, and heard of commits there. */
function at(upTo: number, commit: number): Solo {
  const node = new Solo();
  hear(node, story.slice(0, upTo), commit);
  return node;
}

function started({ entries, ...rest }: SoloOptions & { readonly entries: readonly EntryInfo[] }): Solo {
  return new Solo({ ...rest, entries });
}

function primary(): Solo {
  const node = new Solo();
  node.lead();
  change(node, {});
  return node;
}

function append(node: Solo, rest: Partial<EntryInfo>): Ready {
  const { view, last } = node.raft;
  const entry = { view, seqno: last.seqno + 1, signature: false, ...rest };
  const ready = node.raft.step({ type: 'append', entries: [entry] });
  node.persist();
  return ready;
}

/** Appends, signs, and commits by the acknowledgements of `voters`, by default of everyone. */
function change(node: Solo, rest: Partial<EntryInfo>, voters = ['b', 'c', 'd']): Ready {
  append(node, rest);
  const ready = append(node, { signature: true });
  for (const voter of voters) node.ack(voter, node.raft.last.seqno);
  assert.equal(node.raft.commit, node.raft.last.seqno);
  return ready;
}

const phase = (node: Solo) => node.raft.status().retirementPhase;
const peers = (node: Solo) => Object.keys(node.raft.status().peers).sort();
const signedUpTo = (seqno: number) => Math.max(0, seqno - (seqno % 2));

function hear(node: Solo, entries: readonly EntryInfo[], commit: number): Ready {
  const previous = node.raft.last;
  const to = previous.seqno + entries.length;
  const view = Math.max(2, node.raft.view);
  const entriesView = entries[0]?.view ?? previous.view;
  return node.receive('b', { type: 'appendEntries', view, previous, to, entriesView, commit, entries });
}
