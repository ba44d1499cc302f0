import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { createRaft, type EntryInfo, type LogBase } from './index.js';
import { onlyIn, Solo, type SoloOptions, sentIn } from './solo.test.js';

/** After 2.1..2.6 and 4.7..4.10, signed at 10. */
const base: LogBase = {
  view: 4,
  seqno: 10,
  views: [
    { view: 2, from: 1 },
    { view: 4, from: 7 },
  ],
  configuration: { seqno: 3, nodes: ['a', 'b', 'c'] },
  leaving: [],
};

describe('A node that starts from a snapshot', () => {
  test('has the log, the commit, the view and the configuration of its base', () => {
    const { last, commit, view, heldFrom, configurations } = new Solo({ base }).raft.status();
    assert.deepEqual(last, { view: 4, seqno: 10 });
    assert.deepEqual([commit, view, heldFrom], [10, 4, 11]);
    assert.deepEqual(configurations, [{ seqno: 3, nodes: ['a', 'b', 'c'] }]);
  });

  test('goes on with the entries that follow', () => {
    const { raft } = new Solo({ base, log: '4s 5s', hardState: { view: 5, votedFor: 'b' }, commit: 12 });
    assert.deepEqual(raft.last, { view: 5, seqno: 12 });
    assert.equal(raft.commit, 12);
    assert.equal(raft.status().votedFor, 'b');
  });

  test('knows the views of what is below', () => {
    const { raft } = new Solo({ base });
    assert.deepEqual(
      [0, 1, 6, 7, 10, 11].map((seqno) => raft.viewAt(seqno)),
      [0, 2, 2, 4, 4, undefined],
    );
  });

  test('TX-4: tells final statuses of what is below', () => {
    const { raft } = new Solo({ base });
    const statuses = [
      raft.txStatus({ view: 2, seqno: 6 }),
      raft.txStatus({ view: 4, seqno: 7 }),
      raft.txStatus({ view: 2, seqno: 7 }),
      raft.txStatus({ view: 3, seqno: 8 }),
      raft.txStatus({ view: 3, seqno: 11 }),
      raft.txStatus({ view: 4, seqno: 11 }),
    ];
    assert.deepEqual(statuses, ['Committed', 'Committed', 'Invalid', 'Invalid', 'Invalid', 'Unknown']);
  });

  test('takes notice of the view of the base, without a vote there, if its hard state is older', () => {
    const node = new Solo({ base, hardState: { view: 3, votedFor: 'c' } });
    assert.deepEqual(node.elapse(0).hardState, { view: 4 });
    assert.deepEqual(onlyIn(node.ask('b', 4, { view: 4, seqno: 10 }), 'requestVoteResponse').granted, true);
  });

  test('keeps a vote in the view of the base', () => {
    const node = new Solo({ base, hardState: { view: 4, votedFor: 'c' } });
    assert.equal(onlyIn(node.ask('b', 4, { view: 4, seqno: 10 }), 'requestVoteResponse').granted, false);
  });

  test('that knew less committed when it stopped begins at the base', () => {
    assert.equal(new Solo({ base, commit: 5 }).raft.commit, 10);
  });

  test('campaigns with the base as its position', () => {
    const node = new Solo({ base });
    const { lastCommittable } = sentIn(node.elapse(100), 'requestVote').b?.[0] ?? {};
    assert.deepEqual(lastCommittable, { view: 4, seqno: 10 });
  });

  test('agrees with ranges that begin below', () => {
    const node = new Solo({ base });
    const answer = node.hear('b', 5, { view: 2, seqno: 6 }, '4e 4e 4e 4s 4e 4s', 10);
    assert.deepEqual(
      answer.append?.map(({ seqno }) => seqno),
      [11, 12],
    );
    assert.equal(onlyIn(answer, 'appendEntriesResponse').last, 12);
  });

  test('that was removed before the base may still campaign', () => {
    const left = { ...base, configuration: { seqno: 8, nodes: ['b', 'c'] }, leaving: ['a'] };
    const node = new Solo({ base: left });
    assert.equal(node.raft.status().retirementPhase, 'Completed');
    assert.deepEqual(Object.keys(sentIn(node.elapse(100), 'requestVote')), ['b', 'c']);
  });

  test('as a primary sends also to nodes that left before the base', () => {
    const node = new Solo({ base: { ...base, leaving: ['d'] } });
    node.lead();
    assert.deepEqual(Object.keys(node.raft.status().peers), ['b', 'c', 'd']);
  });

  test('takes nothing after the base for committed because nodes that left before it are recorded', () => {
    const entries: EntryInfo[] = [
      { view: 4, seqno: 11, signature: true },
      { view: 4, seqno: 12, signature: false, retiredCommitted: ['d'] },
      { view: 4, seqno: 13, signature: true },
    ];
    assert.equal(restarted({ ...base, leaving: ['d'] }, entries).commit, 10);
  });

  const refused: [why: RegExp, options: SoloOptions][] = [
    [/views of the base do not lead up/, { base: { ...base, views: [{ view: 4, from: 7 }] } }],
    [/views of the base do not lead up/, { base: { ...base, views: [{ view: 2, from: 1 }] } }],
    [/views of the base do not lead up/, { base: { ...base, seqno: 6 } }],
    [/views of the base do not lead up/, { base: { ...base, views: base.views.toReversed() } }],
    [/before its configuration/, { base: { ...base, configuration: { seqno: 11, nodes: ['a'] } } }],
    [/before its configuration/, { base: { ...base, configuration: { seqno: 1, nodes: [] } } }],
    [/entries are missing between/, { base, heldFrom: 12 }],
    [/entries are missing between/, { heldFrom: 2 }],
    [/views go back/, { base, log: '3s' }],
    [/later view than the hard state/, { base, log: '5s', hardState: { view: 4 } }],
    [/commit is not a signature/, { base, log: '4e 4s', commit: 11 }],
  ];
  for (const [why, options] of refused) {
    test(`is refused when ${why.source}: ${JSON.stringify(options)}`, () => {
      assert.throws(() => new Solo(options), { code: 'COCO_CONSENSUS_START', message: why });
    });
  }
});

describe('A node that is still to join', () => {
  const joiner = (options: SoloOptions = {}) => new Solo({ id: 'd', base, ...options });
  const joins: EntryInfo = { view: 4, seqno: 11, signature: false, configuration: ['a', 'b', 'c', 'd'] };
  const signature: EntryInfo = { view: 4, seqno: 12, signature: true };

  test('never campaigns, not even when asked to', () => {
    const node = joiner();
    assert.deepEqual(node.elapse(10_000).send, []);
    assert.deepEqual(node.receive('a', { type: 'proposeRequestVote', view: 4 }).send, []);
  });

  test('votes, for a candidate may count it before it knows', () => {
    const answer = joiner().ask('a', 5, { view: 4, seqno: 10 });
    assert.equal(onlyIn(answer, 'requestVoteResponse').granted, true);
  });

  test('accepts entries and acknowledges them', () => {
    const answer = joiner().hear('a', 4, { view: 4, seqno: 10 }, '4e 4s', 10);
    assert.deepEqual(onlyIn(answer, 'appendEntriesResponse'), {
      type: 'appendEntriesResponse',
      view: 4,
      success: true,
      last: 12,
      lastView: 4,
    });
  });

  test('behind the primary is given the entries after its snapshot', () => {
    const node = new Solo({ base: { ...base, seqno: 8 }, log: '4e 4s' });
    node.lead();
    const configuration = ['a', 'b', 'c', 'd'];
    node.raft.step({ type: 'append', entries: [{ view: 5, seqno: 11, signature: true }] });
    const appended = node.raft.step({
      type: 'append',
      entries: [{ view: 5, seqno: 12, signature: false, configuration }],
    });
    const [probe] = sentIn(appended, 'appendEntries').d ?? [];
    assert.deepEqual([probe?.previous.seqno, probe?.to], [11, 11]);
    const sent = sentIn(node.nack('d', 8, 4), 'appendEntries').d ?? [];
    assert.deepEqual(
      sent.map(({ previous, to }) => [previous.seqno, to]),
      [
        [8, 10],
        [10, 12],
      ],
    );
  });

  test('becomes a voter with the signed entry that adds it, and none any more when that is rolled back', () => {
    const node = joiner();
    receiveEntries(node, [joins]);
    assert.deepEqual(node.elapse(1000).send, [], 'what is not signed may never have been');
    receiveEntries(node, [signature]);
    assert.deepEqual(Object.keys(sentIn(node.elapse(1000), 'requestVote')), ['a', 'b', 'c']);

    const other = joiner();
    receiveEntries(other, [joins, signature]);
    other.hear('b', 6, { view: 4, seqno: 10 }, '6s');
    assert.deepEqual(other.raft.status().configurations, [base.configuration]);
    assert.deepEqual(other.elapse(1000).send, []);
  });

  test('with an empty disk waits for the others of its configuration, without campaigning', () => {
    const node = new Solo({ id: 'd', nodes: [] });
    assert.deepEqual(node.elapse(10_000), { send: [] });
    assert.equal(onlyIn(node.hear('a', 4, { view: 4, seqno: 10 }), 'appendEntriesResponse').last, 0);
  });
});

describe('A primary that does not hold the beginning of the ledger', () => {
  function primary(options: SoloOptions = {}): Solo {
    const lines: string[] = [];
    const node = new Solo({ base, trace: (line) => lines.push(String(line.function)), ...options });
    node.lead();
    node.append('s');
    node.persist();
    return Object.assign(node, { lines });
  }

  test('sends nothing but heartbeats at the lowest place that it can serve to a peer that is further behind', () => {
    const node = primary();
    assert.deepEqual(node.nack('c', 3, 2).send, []);
    assert.deepEqual(node.nack('c', 3, 2).send, [], 'and does not answer refusals with messages');
    const [probe, ...more] = sentIn(node.elapse(10), 'appendEntries').c ?? [];
    assert.deepEqual([probe?.previous, probe?.to, more.length], [{ view: 4, seqno: 10 }, 10, 0]);
  });

  test('says so in status and trace', () => {
    const node = primary() as Solo & { lines: string[] };
    assert.equal(node.raft.status().peers.c?.needsSnapshot, undefined);
    node.nack('c', 3, 2);
    node.nack('c', 3, 2);
    assert.equal(node.raft.status().peers.c?.needsSnapshot, true);
    assert.equal(node.lines.filter((line) => line === 'peer_needs_snapshot').length, 1);
  });

  test('commits with those that it can serve', () => {
    const node = primary();
    node.nack('c', 3, 2);
    assert.equal(node.ack('b', 11).commit, 11);
  });

  test('goes on with the peer when that has started from a snapshot', () => {
    const node = primary();
    node.nack('c', 3, 2);
    const [range] = sentIn(node.ack('c', 10), 'appendEntries').c ?? [];
    assert.deepEqual([range?.previous.seqno, range?.to], [10, 11]);
    assert.equal(node.raft.status().peers.c?.needsSnapshot, undefined);
    assert.equal(node.ack('c', 11).commit, 11);
  });

  test('does not take a peer whose log parts from its own below the base for one that it can serve', () => {
    const node = primary();
    node.nack('c', 14, 3);
    assert.equal(node.raft.status().peers.c?.needsSnapshot, true);
  });

  test('serves what its driver still holds from before the base', () => {
    const node = primary({ heldFrom: 3 });
    const sent = sentIn(node.nack('c', 4, 2), 'appendEntries').c ?? [];
    assert.deepEqual(
      sent.map(({ previous, to }) => [previous.seqno, to]),
      [
        [4, 6],
        [6, 10],
        [10, 11],
      ],
    );
    node.elapse(10);
    node.nack('c', 1, 2);
    assert.equal(node.raft.status().peers.c?.needsSnapshot, true);
  });

  test('that leaves sending to heartbeats behaves alike', () => {
    const node = primary({ settings: { sendAtOnce: false } });
    node.nack('c', 3, 2);
    const [probe, ...more] = sentIn(node.elapse(10), 'appendEntries').c ?? [];
    assert.deepEqual([probe?.previous.seqno, probe?.to, more.length], [10, 10, 0]);
  });
});

function restarted(from: LogBase, entries: readonly EntryInfo[]) {
  return createRaft({
    nodeId: 'a',
    initialNodes: [],
    random: seededRandom(1),
    settings: {
      electionTimeoutMs: 100,
      heartbeatMs: 10,
      appendEntriesMax: 9,
      inFlightEntriesMax: 9,
      preVote: true,
    },
    base: from,
    entries,
  });
}

function receiveEntries(node: Solo, entries: readonly EntryInfo[]): void {
  const { last } = node.raft;
  const message = { view: 4, previous: last, to: last.seqno + entries.length, entriesView: 4, commit: 10 };
  node.receive('a', { type: 'appendEntries', ...message, entries });
}
