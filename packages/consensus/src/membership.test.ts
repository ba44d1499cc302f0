import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onlyIn, Solo, sentIn } from './solo.test.js';
import type { EntryInfo, Ready } from './types.js';

describe('CCF: configurations are data in the log', () => {
  test('a configuration counts from the moment it is appended, together with those before it', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'd', 'e']);
    assert.deepEqual(node.raft.status().configurations, [
      { seqno: 0, nodes: ['a', 'b', 'c'] },
      { seqno: 1, nodes: ['a', 'd', 'e'] },
    ]);
  });

  test('to commit, a quorum is needed in each active configuration', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'd', 'e']);
    sign(node);
    for (const peer of ['b', 'c']) node.ack(peer, 2);
    assert.equal(node.raft.commit, 0);
    assert.equal(node.ack('d', 2).commit, 2);
  });

  test('to be elected, a quorum is needed in each active configuration', () => {
    const node = new Solo({ nodes: ['a', 'b', 'c'] });
    const entries: EntryInfo[] = [
      { view: 2, seqno: 1, signature: false, configuration: ['a', 'd', 'e'] },
      { view: 2, seqno: 2, signature: true },
    ];
    hear(node, entries, 0);
    const asked = sentIn(node.elapse(100), 'requestVote');
    assert.deepEqual(Object.keys(asked), ['b', 'c', 'd', 'e']);
    node.vote('b');
    node.vote('c');
    assert.equal(node.raft.isLeader, false);
    node.vote('d');
    assert.equal(node.raft.isLeader, true);
  });

  test('older configurations are dropped when a later one commits, not before', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'b']);
    sign(node);
    node.ack('b', 1);
    assert.equal(node.raft.status().configurations.length, 2);
    node.ack('b', 2);
    assert.deepEqual(node.raft.status().configurations, [{ seqno: 1, nodes: ['a', 'b'] }]);
  });

  test('a configuration is rolled back with the log', () => {
    const node = primary(['a', 'b', 'c']);
    sign(node);
    reconfigure(node, ['a', 'd']);
    node.elapse(100);
    assert.deepEqual(node.raft.status().configurations, [{ seqno: 0, nodes: ['a', 'b', 'c'] }]);
  });

  test('a node that is new is sent a heartbeat at once, and the entries from where it is', () => {
    const node = primary(['a', 'b', 'c']);
    sign(node);
    const ready = reconfigure(node, ['a', 'b', 'c', 'd']);
    const sent = sentIn(ready, 'appendEntries').d ?? [];
    assert.deepEqual(
      sent.map(({ previous, to }) => [previous.seqno, to]),
      [
        [1, 1],
        [1, 2],
      ],
    );
  });

  test('with two of them in flight a quorum is needed in all three, and each commit ends those before it', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'd', 'e']);
    sign(node);
    reconfigure(node, ['d', 'f', 'g']);
    sign(node);
    for (const peer of ['b', 'd', 'e']) node.ack(peer, 4);
    assert.equal(node.raft.commit, 0, 'one of three of the last');
    const ready = node.ack('g', 2);
    assert.equal(ready.commit, 2);
    assert.deepEqual(
      node.raft.status().configurations.map(({ seqno }) => seqno),
      [1, 3],
    );
    assert.equal(node.ack('g', 4).commit, 4);
    assert.deepEqual(node.raft.status().configurations, [{ seqno: 3, nodes: ['d', 'f', 'g'] }]);
  });

  test('one that is not signed does not decide an election: it is dropped by it, and its nodes may not exist', () => {
    const node = new Solo({ nodes: ['a', 'b', 'c'], settings: { preVote: true } });
    hear(node, [{ view: 2, seqno: 1, signature: true }], 0);
    hear(node, [{ view: 2, seqno: 2, signature: false, configuration: ['a', 'd', 'e'] }], 0);
    assert.deepEqual(Object.keys(sentIn(node.elapse(100), 'requestPreVote')), ['b', 'c']);
    assert.equal(node.raft.status().configurations.length, 2, 'asking drops nothing');
    node.receive('b', { type: 'requestPreVoteResponse', view: 2, granted: true });
    node.vote('b');
    assert.equal(node.raft.isLeader, true);
    assert.deepEqual(node.raft.status().configurations, [{ seqno: 0, nodes: ['a', 'b', 'c'] }]);
  });

  test('a new node whose entry is not signed does not lead by it', () => {
    const node = new Solo({ id: 'd', nodes: ['b', 'c'] });
    hear(node, [{ view: 2, seqno: 1, signature: false, configuration: ['b', 'c', 'd'] }], 0);
    assert.deepEqual(node.elapse(1000).send, []);
  });

  test('a new node with an empty disk, whose others are down, cannot be elected by itself', () => {
    const node = new Solo({ id: 'b', nodes: ['a'] });
    hear(node, [{ view: 2, seqno: 1, signature: false, configuration: ['a', 'b'] }], 0);
    hear(node, [{ view: 2, seqno: 2, signature: true }], 0);
    assert.deepEqual(Object.keys(sentIn(node.elapse(1000), 'requestVote')), ['a']);
    assert.equal(node.raft.isLeader, false);
  });

  test('the same nodes again are not a new configuration', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['c', 'b', 'a']);
    assert.equal(node.raft.status().configurations.length, 1);
  });

  test('a node that knows no configuration does not campaign', () => {
    const node = new Solo({ nodes: [] });
    assert.deepEqual(node.elapse(1000), { send: [] });
  });

  test('a node that no configuration has held yet does not campaign', () => {
    const node = new Solo({ id: 'z', nodes: ['a', 'b'] });
    assert.deepEqual(node.elapse(1000), { send: [] });
  });
});

describe('CCF: retirement in phases', () => {
  test('ordered, signed, completed, committed: and the primary leads until the last, then nominates', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['b', 'c']);
    assert.equal(phase(node), 'Ordered');
    sign(node);
    assert.equal(phase(node), 'Signed');
    node.ack('b', 2);
    assert.equal(phase(node), 'Signed', 'one of two is no quorum of the new configuration');
    node.ack('c', 2);
    assert.equal(phase(node), 'Completed');
    assert.equal(node.raft.isLeader, true);

    record(node, ['a']);
    sign(node);
    node.ack('b', 4);
    const ready = node.ack('c', 4);
    assert.equal(phase(node), 'RetiredCommitted');
    assert.equal(ready.role?.state, 'None');
    assert.equal(ready.send.at(-1)?.message.type, 'proposeRequestVote');
  });

  test('a node whose retirement is recorded as committed does nothing of its own accord, and at most answers', () => {
    const node = backupThatIsGone();
    assert.deepEqual(node.elapse(1000).send, []);
    assert.deepEqual(node.receive('b', { type: 'proposeRequestVote', view: 2 }).send, []);
    assert.equal(node.raft.status().leadership, 'None');
    const answer = onlyIn(node.hear('b', 9, { view: 2, seqno: 4 }, '9s'), 'appendEntriesResponse');
    assert.deepEqual([answer.success, answer.last], [true, 5]);
    assert.deepEqual(node.elapse(1000).send, []);
    assert.equal(node.raft.status().leadership, 'None');
  });

  test('a node that was removed keeps receiving entries until the record commits', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'b']);
    sign(node);
    node.ack('b', 2);
    assert.ok('c' in node.raft.status().peers);
    record(node, ['c']);
    sign(node);
    node.ack('b', 4);
    assert.deepEqual(Object.keys(node.raft.status().peers), ['b']);
  });

  test('and is then told so, once', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'b']);
    sign(node);
    node.ack('b', 2);
    node.ack('c', 2);
    record(node, ['c']);
    sign(node);
    const ready = node.ack('b', 4);
    const told = sentIn(ready, 'appendEntries').c ?? [];
    assert.deepEqual(
      told.map(({ to, commit }) => [to, commit]),
      [[4, 4]],
    );
    assert.equal(sentIn(node.elapse(10), 'appendEntries').c, undefined);
  });

  test('a removed node that thinks it still belongs disturbs nobody who hears a primary', () => {
    const node = new Solo({ settings: { preVote: true } });
    hear(node, [{ view: 2, seqno: 1, signature: false, configuration: ['a', 'b'] }], 0);
    hear(node, [{ view: 2, seqno: 2, signature: true }], 2);
    const answer = node.askFirst('c', 7, { view: 2, seqno: 99 });
    assert.equal(onlyIn(answer, 'requestPreVoteResponse').granted, false);
    assert.equal(node.raft.view, 2);
    assert.equal(node.raft.primary, 'b');
  });

  test('a removed node that lacks its own removal gets no vote of those who have it', () => {
    const node = new Solo();
    hear(node, [{ view: 2, seqno: 1, signature: false, configuration: ['a', 'b'] }], 0);
    hear(node, [{ view: 2, seqno: 2, signature: true }], 2);
    const answer = node.ask('c', 3, { view: 0, seqno: 0 });
    assert.equal(onlyIn(answer, 'requestVoteResponse').granted, false);
  });

  test('leadership does not go to a node that was removed, not even when it is asked for', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'b']);
    sign(node);
    node.ack('b', 2);
    node.ack('c', 2);
    assert.ok('c' in node.raft.status().peers);
    assert.deepEqual(node.raft.step({ type: 'transferLeadership', to: 'c' }).send, []);
  });

  test('a removed node may still campaign, for it may hold the last signatures alone', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['b', 'c']);
    sign(node);
    node.ack('b', 2);
    node.ack('c', 2);
    sign(node);
    node.elapse(100);
    assert.equal(node.elapse(100).role?.state, 'Candidate');
  });

  test('retirement is undone when its entry is rolled back', () => {
    const node = new Solo();
    hear(node, [{ view: 2, seqno: 1, signature: false, configuration: ['b', 'c'] }], 0);
    assert.equal(node.raft.status().membership, 'Retired');
    node.ask('b', 3, { view: 0, seqno: 0 });
    assert.equal(node.raft.status().membership, 'Active');
    assert.equal(phase(node), undefined);
  });

  test('leadership goes to a node that stays, where matches are equal', () => {
    const node = primary(['a', 'b', 'c']);
    reconfigure(node, ['a', 'c']);
    sign(node);
    node.ack('b', 2);
    node.ack('c', 1);
    node.ack('c', 2);
    assert.equal(node.raft.step({ type: 'transferLeadership' }).send[0]?.to, 'c');
  });
});

function primary(nodes: readonly string[]): Solo {
  const node = new Solo({ nodes });
  node.lead(nodes.slice(1));
  return node;
}

function appendOne(node: Solo, rest: Partial<EntryInfo>): Ready {
  const { view, last } = node.raft;
  const entry = { view, seqno: last.seqno + 1, signature: false, ...rest };
  const ready = node.raft.step({ type: 'append', entries: [entry] });
  node.persist();
  return ready;
}

const reconfigure = (node: Solo, configuration: readonly string[]) => appendOne(node, { configuration });
const record = (node: Solo, retiredCommitted: readonly string[]) => appendOne(node, { retiredCommitted });
const sign = (node: Solo) => appendOne(node, { signature: true });
const phase = (node: Solo) => node.raft.status().retirementPhase;

function hear(node: Solo, entries: readonly EntryInfo[], commit: number): Ready {
  const previous = node.raft.last;
  return node.receive('b', {
    type: 'appendEntries',
    view: 2,
    previous,
    to: previous.seqno + entries.length,
    entriesView: 2,
    commit,
    entries,
  });
}

function backupThatIsGone(): Solo {
  const node = new Solo();
  hear(
    node,
    [
      { view: 2, seqno: 1, signature: false, configuration: ['b', 'c'] },
      { view: 2, seqno: 2, signature: true },
      { view: 2, seqno: 3, signature: false, retiredCommitted: ['a'] },
      { view: 2, seqno: 4, signature: true },
    ],
    4,
  );
  assert.equal(phase(node), 'RetiredCommitted');
  return node;
}
