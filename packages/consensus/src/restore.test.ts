import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { createRaft, type EntryInfo } from './index.js';
import { entriesOf, Solo } from './solo.test.js';

const settings = {
  electionTimeoutMs: 100,
  heartbeatMs: 10,
  appendEntriesMax: 9,
  inFlightEntriesMax: 9,
  preVote: true,
};

describe('A node that starts from its disk', () => {
  test('has the log, the view and the vote that it had', () => {
    const node = new Solo({ log: '2e 2s 4s', hardState: { view: 5, votedFor: 'c' }, commit: 2 });
    const { view, last, commit, votedFor } = node.raft.status();
    assert.deepEqual(
      { view, last, commit, votedFor },
      {
        view: 5,
        last: { view: 4, seqno: 3 },
        commit: 2,
        votedFor: 'c',
      },
    );
  });

  test('counts what is on its disk as persisted', () => {
    const node = new Solo({ nodes: ['a'], log: '2e 2s' });
    node.lead();
    node.append('s');
    assert.equal(node.persist().commit, 3);
  });

  test('says nothing of what it says already knew', () => {
    const node = new Solo({ log: '2e 2s', hardState: { view: 5 } });
    assert.deepEqual(node.elapse(0), { send: [] });
  });

  test('does not wait for the vote of a node whose retirement it knows to be committed', () => {
    const entries = entriesOf('2s 2e 2s 2e 2s 2e 2s').map((entry) => {
      if (entry.seqno === 2) return { ...entry, configuration: ['a', 'b'] };
      if (entry.seqno === 4) return { ...entry, configuration: ['a', 'f'] };
      return entry.seqno === 6 ? { ...entry, retiredCommitted: ['c', 'd', 'e'] } : entry;
    });
    const raft = createRaft({
      nodeId: 'a',
      initialNodes: ['a', 'b', 'c', 'd', 'e'],
      random: seededRandom(1),
      settings,
      entries,
    });
    assert.deepEqual(raft.status().configurations, [
      { seqno: 2, nodes: ['a', 'b'] },
      { seqno: 4, nodes: ['a', 'f'] },
    ]);
    assert.equal(raft.commit, 3);
  });

  const refused: [why: RegExp, options: ConstructorParameters<typeof Solo>[0]][] = [
    [/does not end at a signature/, { log: '2s 2e' }],
    [/views go back/, { log: '3s 2s' }],
    [/not a signature/, { log: '2e 3s' }],
    [/later view than the hard state/, { log: '3s', hardState: { view: 2 } }],
    [/lacks entries that were committed/, { log: '2s', commit: 2 }],
    [/commit is not a signature/, { log: '2e 2s', commit: 1 }],
  ];
  for (const [why, options] of refused) {
    test(`is refused when ${why.source}`, () => {
      assert.throws(() => new Solo(options), { code: 'COCO_CONSENSUS_START', message: why });
    });
  }
});

describe('The first node of a network', () => {
  const start = {
    nodeId: 'a',
    initialNodes: ['a'],
    random: seededRandom(1),
    settings,
    startAsLeader: true,
  };

  test('leads view 2 at once, and the first step says so', () => {
    const raft = createRaft(start);
    assert.equal(raft.isLeader, true);
    const ready = raft.step({ type: 'elapsed', ms: 0 });
    assert.deepEqual(ready.role, { state: 'Leader', view: 2, primary: 'a' });
    assert.deepEqual(ready.hardState, { view: 2, votedFor: 'a' });
  });

  test('must be fresh', () => {
    assert.throws(() => createRaft({ ...start, entries: entriesOf('2s') }), { code: 'COCO_CONSENSUS_START' });
    assert.throws(() => createRaft({ ...start, hardState: { view: 3 } }), { code: 'COCO_CONSENSUS_START' });
  });
});

describe('The commit that ended a configuration is part of the hard state', () => {
  const [first, removal, signature] = entriesOf('2s 2e 2s');
  const entries = [first, { ...removal, configuration: ['a', 'b'] }, signature] as EntryInfo[];
  const began = { view: 2, votedFor: 'b' };

  test('it is reported with the step that commits, and kept with later votes', () => {
    const node = new Solo({ entries, hardState: began, commit: 1 });
    assert.equal(node.elapse(0).hardState, undefined, 'no configuration has ended');
    assert.deepEqual(node.hear('b', 2, { view: 2, seqno: 3 }, '', 3).hardState, { ...began, commit: 3 });
    assert.equal(node.hear('b', 2, { view: 2, seqno: 3 }, '2s', 4).hardState, undefined);
    const vote = node.ask('b', 3, { view: 2, seqno: 4 });
    assert.deepEqual(vote.hardState, { view: 3, votedFor: 'b', commit: 3 });
  });

  test('a node that restarts does not wait for those who counted before it', () => {
    const forgetful = new Solo({ entries, hardState: began });
    assert.deepEqual([forgetful.raft.commit, forgetful.raft.status().configurations.length], [0, 2]);
    const node = new Solo({ entries, hardState: { ...began, commit: 3 } });
    assert.equal(node.raft.commit, 3);
    assert.deepEqual(node.raft.status().configurations, [{ seqno: 2, nodes: ['a', 'b'] }]);
    assert.equal(node.elapse(0).hardState, undefined, 'that is nothing new');
  });

  test('entries that were to come with it may be lost: what is there is committed', () => {
    const node = new Solo({ entries, hardState: { ...began, commit: 9 } });
    assert.equal(node.raft.commit, 3);
    assert.equal(new Solo({ hardState: { ...began, commit: 9 } }).raft.commit, 0);
  });

  test('what a restart finds out by itself is reported again', () => {
    const node = new Solo({ entries, hardState: began, commit: 3 });
    assert.deepEqual(node.elapse(0).hardState, { ...began, commit: 3 });
  });
});
