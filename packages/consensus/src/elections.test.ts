import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { electionTimeoutMs, onlyIn, Solo, sentIn } from './solo.test.js';
import type { Message } from './types.js';

const nothing = { view: 0, seqno: 0 };

describe('Raft 5.1: views order everything', () => {
  const messages: Message[] = [
    { type: 'requestVote', view: 9, lastCommittable: nothing },
    { type: 'requestPreVote', view: 9, lastCommittable: nothing },
    { type: 'appendEntries', view: 9, previous: nothing, to: 0, entriesView: 0, commit: 0 },
  ];
  for (const message of messages) {
    test(`a later view in ${message.type} is adopted, and the node follows`, () => {
      for (const node of [new Solo(), candidate()]) {
        node.receive('b', message);
        assert.equal(node.raft.view, 9);
        assert.equal(node.raft.status().leadership, 'Follower');
      }
    });
  }

  test('a primary that learns of a later view from a response stops leading', () => {
    for (const learn of [
      (node: Solo) => node.nack('b', 0, 0, 9),
      (node: Solo) => node.ack('b', 0, 9),
      (node: Solo) => node.ask('b', 9, nothing),
      (node: Solo) => node.hear('b', 9, nothing),
    ]) {
      const node = primary();
      const ready = learn(node);
      assert.equal(node.raft.isLeader, false);
      assert.equal(node.raft.view, 9);
      assert.equal(ready.role?.state, 'Follower');
      assert.equal(ready.hardState?.view, 9);
    }
  });

  test('a request to vote in an older view is refused in the present view', () => {
    const node = new Solo({ hardState: { view: 5 } });
    const answer = onlyIn(node.ask('b', 4, { view: 4, seqno: 99 }), 'requestVoteResponse');
    assert.deepEqual(answer, { type: 'requestVoteResponse', view: 5, granted: false });
  });

  test('an append message of an older view is refused and changes nothing', () => {
    const node = new Solo({ log: '2e 2s', hardState: { view: 5 } });
    const ready = node.hear('b', 4, { view: 2, seqno: 2 }, '4s', 3);
    assert.equal(onlyIn(ready, 'appendEntriesResponse').success, false);
    assert.deepEqual([ready.append, ready.commit, ready.rollbackTo], [undefined, undefined, undefined]);
    assert.equal(node.raft.primary, undefined);
  });

  test('votes of an older view, and refusals, are not counted', () => {
    const node = candidate();
    node.vote('b', true, node.raft.view - 1);
    node.vote('c', false);
    assert.equal(node.raft.isLeader, false);
  });
});

describe('Raft 5.2: one primary in a view', () => {
  test('a node begins as a follower', () => {
    assert.equal(new Solo().raft.status().leadership, 'Follower');
  });

  test('a follower that hears a primary does not campaign', () => {
    const node = new Solo();
    for (let beat = 0; beat < 100; beat++) {
      node.elapse(electionTimeoutMs / 2);
      node.hear('b', 2, nothing);
    }
    assert.equal(node.raft.status().leadership, 'Follower');
    assert.equal(node.raft.primary, 'b');
  });

  test('a follower that hears nothing campaigns: next view, its own vote, a request to everyone', () => {
    const node = new Solo();
    const ready = node.elapse(electionTimeoutMs);
    assert.deepEqual(ready.role, { state: 'Candidate', view: 2 });
    assert.deepEqual(ready.hardState, { view: 2, votedFor: 'a' });
    assert.deepEqual(Object.keys(sentIn(ready, 'requestVote')), ['b', 'c']);
  });

  test('a candidate that hears nothing campaigns again in the next view', () => {
    const node = candidate();
    node.elapse(electionTimeoutMs);
    assert.equal(node.raft.view, 3);
    assert.equal(node.raft.status().leadership, 'Candidate');
  });

  for (const [nodes, votesNeeded] of [
    ['a', 0],
    ['a b', 1],
    ['a b c', 1],
    ['a b c d', 2],
    ['a b c d e', 2],
  ] as const) {
    test(`a candidate of {${nodes}} leads with ${votesNeeded} votes besides its own, not with fewer`, () => {
      const others = nodes.split(' ').slice(1);
      const node = new Solo({ nodes: nodes.split(' ') });
      node.elapse(electionTimeoutMs);
      for (const voter of others.slice(0, votesNeeded)) {
        assert.equal(node.raft.isLeader, false);
        node.vote(voter);
        node.vote(voter);
      }
      assert.equal(node.raft.isLeader, true);
    });
  }

  test('a new primary says so to everyone at once', () => {
    const node = new Solo();
    const ready = node.lead();
    assert.deepEqual(ready.role, { state: 'Leader', view: 2, primary: 'a' });
    assert.deepEqual(Object.keys(sentIn(ready, 'appendEntries')), ['b', 'c']);
  });

  test('a primary sends a heartbeat to everyone once an interval', () => {
    const node = primary();
    assert.deepEqual(node.elapse(9).send, []);
    const beats = sentIn(node.elapse(1), 'appendEntries');
    assert.deepEqual(Object.keys(beats), ['b', 'c']);
    assert.equal(beats.b?.[0]?.to, beats.b?.[0]?.previous.seqno);
  });

  test('a node votes for one candidate in a view, first come first served, and again for the same', () => {
    const node = new Solo();
    assert.equal(onlyIn(node.ask('b', 3, nothing), 'requestVoteResponse').granted, true);
    assert.equal(onlyIn(node.ask('c', 3, nothing), 'requestVoteResponse').granted, false);
    assert.equal(onlyIn(node.ask('b', 3, nothing), 'requestVoteResponse').granted, true);
    assert.equal(onlyIn(node.ask('c', 4, nothing), 'requestVoteResponse').granted, true);
  });

  test('a vote is to be persisted with the answer that gives it', () => {
    const ready = new Solo().ask('b', 3, nothing);
    assert.deepEqual(ready.hardState, { view: 3, votedFor: 'b' });
  });

  test('a vote given before a restart binds after it', () => {
    const node = new Solo({ hardState: { view: 3, votedFor: 'b' } });
    assert.equal(onlyIn(node.ask('c', 3, nothing), 'requestVoteResponse').granted, false);
  });

  test('a vote is not forgotten when a candidate hears of a primary in its own view', () => {
    const node = candidate();
    node.hear('b', node.raft.view, { view: 2, seqno: 7 });
    assert.equal(node.raft.status().leadership, 'Follower');
    assert.equal(node.raft.status().votedFor, 'a');
    assert.equal(onlyIn(node.ask('c', node.raft.view, nothing), 'requestVoteResponse').granted, false);
  });

  test('a node that knows the primary of a view votes for nobody else in it', () => {
    const node = new Solo();
    node.hear('b', 3, nothing);
    assert.equal(onlyIn(node.ask('c', 3, nothing), 'requestVoteResponse').granted, false);
  });

  test('a candidate goes on when the primary of an older view speaks', () => {
    const node = candidate();
    node.hear('b', node.raft.view - 1, nothing);
    assert.equal(node.raft.status().leadership, 'Candidate');
  });

  test('the time until a campaign is random, between half of the timeout and all of it', () => {
    const waits = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      const node = new Solo({ seed });
      let waited = 0;
      while (node.raft.status().leadership === 'Follower') {
        node.elapse(1);
        waited += 1;
      }
      assert.ok(waited > electionTimeoutMs / 2 && waited <= electionTimeoutMs, `waited ${waited}`);
      waits.add(waited);
    }
    assert.ok(waits.size > 25, `only ${waits.size} different times`);
  });
});

describe('Raft 5.4.1 with signatures: only who has all that can be committed is elected', () => {
  const cases: [log: string, asked: { view: number; seqno: number }, granted: boolean][] = [
    ['2e 2s', { view: 2, seqno: 2 }, true],
    ['2e 2s', { view: 2, seqno: 3 }, true],
    ['2e 2s', { view: 2, seqno: 1 }, false],
    ['2e 2s', { view: 3, seqno: 1 }, true],
    ['2e 2s 3s', { view: 2, seqno: 9 }, false],
    ['2e 2s 3s', { view: 3, seqno: 3 }, true],
  ];
  for (const [log, asked, granted] of cases) {
    test(`with ${log}, a candidate at ${asked.view}.${asked.seqno} is ${granted ? 'elected' : 'refused'}`, () => {
      const node = new Solo({ log });
      assert.equal(onlyIn(node.ask('b', 7, asked), 'requestVoteResponse').granted, granted);
    });
  }

  test('entries after the last signature do not count, neither the candidate’s nor the voter’s', () => {
    const node = new Solo({ log: '2e 2s', hardState: { view: 2 } });
    node.hear('b', 2, { view: 2, seqno: 2 }, '2e 2e 2e');
    assert.equal(onlyIn(node.ask('c', 3, { view: 2, seqno: 2 }), 'requestVoteResponse').granted, true);

    const other = new Solo({ log: '2e 2s', hardState: { view: 2 } });
    other.hear('b', 2, { view: 2, seqno: 2 }, '2e 2e');
    const [request] = sentIn(other.elapse(electionTimeoutMs), 'requestVote').b ?? [];
    assert.deepEqual(request?.lastCommittable, { view: 2, seqno: 2 });
  });
});

describe('Thesis 9.6: ask before you campaign', () => {
  const settings = { preVote: true };

  test('asking changes neither view nor vote, here or there', () => {
    const node = new Solo({ settings });
    const ready = node.elapse(electionTimeoutMs);
    assert.deepEqual(ready.role, { state: 'PreVoteCandidate', view: 1 });
    assert.equal(ready.hardState, undefined);
    assert.equal(sentIn(ready, 'requestPreVote').b?.[0]?.view, 1);

    const asked = new Solo().askFirst('b', 1, nothing);
    assert.equal(onlyIn(asked, 'requestPreVoteResponse').granted, true);
    assert.equal(asked.hardState, undefined);
  });

  test('a majority that would vote leads to the campaign', () => {
    const node = new Solo({ settings });
    node.elapse(electionTimeoutMs);
    const ready = node.receive('b', { type: 'requestPreVoteResponse', view: 1, granted: true });
    assert.deepEqual(ready.role, { state: 'Candidate', view: 2 });
  });

  test('a vote is not taken for encouragement, nor encouragement for a vote', () => {
    const asking = new Solo({ settings });
    asking.elapse(electionTimeoutMs);
    asking.vote('b');
    assert.equal(asking.raft.status().leadership, 'PreVoteCandidate');

    const campaigning = candidate();
    campaigning.receive('b', { type: 'requestPreVoteResponse', view: 2, granted: true });
    assert.equal(campaigning.raft.status().leadership, 'Candidate');
  });

  test('nobody is encouraged while a primary is heard, and a stray later view is not adopted', () => {
    const node = new Solo();
    node.hear('b', 3, nothing);
    node.elapse(electionTimeoutMs / 2 - 1);
    const answer = onlyIn(node.askFirst('c', 8, { view: 8, seqno: 99 }), 'requestPreVoteResponse');
    assert.deepEqual(answer, { type: 'requestPreVoteResponse', view: 3, granted: false });

    node.elapse(1);
    const later = onlyIn(node.askFirst('c', 8, { view: 8, seqno: 99 }), 'requestPreVoteResponse');
    assert.deepEqual(later, { type: 'requestPreVoteResponse', view: 8, granted: true });
  });

  test('a primary encourages nobody and goes on', () => {
    const node = primary();
    const answer = onlyIn(node.askFirst('b', 8, { view: 8, seqno: 99 }), 'requestPreVoteResponse');
    assert.equal(answer.granted, false);
    assert.equal(node.raft.isLeader, true);
  });

  test('a node whose log is behind is not encouraged', () => {
    const node = new Solo({ log: '2e 2s' });
    assert.equal(onlyIn(node.askFirst('b', 2, nothing), 'requestPreVoteResponse').granted, false);
  });

  test('a node that only asked keeps the entries of the primary that it then hears', () => {
    const node = new Solo({ settings, log: '2e 2s', hardState: { view: 2 } });
    node.hear('b', 2, { view: 2, seqno: 2 }, '2e 2e');
    node.elapse(electionTimeoutMs);
    assert.equal(node.raft.status().leadership, 'PreVoteCandidate');
    const ready = node.hear('b', 2, { view: 2, seqno: 4 }, '2s');
    assert.equal(ready.rollbackTo, undefined);
    assert.equal(onlyIn(ready, 'appendEntriesResponse').last, 5);
  });
});

describe('Thesis 6.2: a primary that reaches no majority stops leading', () => {
  test('it steps down when no majority was heard for an election timeout, sending nothing more', () => {
    const node = primary();
    node.append('e s');
    assert.equal(node.elapse(electionTimeoutMs - 1).role, undefined);
    const ready = node.elapse(1);
    assert.deepEqual(ready.role, { state: 'Follower', view: 2 });
    assert.deepEqual(ready.send, []);
    assert.equal(node.raft.view, 2);
  });

  test('a pause longer than the timeout ends leadership before anything is acknowledged', () => {
    const node = primary();
    node.append('e s');
    node.persist();
    node.elapse(10 * electionTimeoutMs);
    assert.equal(node.ack('b', 2).commit, undefined);
    assert.equal(node.raft.commit, 0);
  });

  for (const [kind, respond] of [
    ['an acknowledgement', (node: Solo) => node.ack('b', 0)],
    ['a refusal', (node: Solo) => node.nack('b', 0, 0)],
    ['even a late response of an older view', (node: Solo) => node.ack('b', 0, 1)],
  ] as const) {
    test(`any response counts as contact: ${kind}`, () => {
      const node = primary();
      for (let beat = 0; beat < 10; beat++) {
        node.elapse(electionTimeoutMs - 1);
        respond(node);
      }
      assert.equal(node.raft.isLeader, true);
    });
  }

  test('a majority is needed in every active configuration', () => {
    const node = primary();
    const { view } = node.raft;
    node.raft.step({
      type: 'append',
      entries: [{ view, seqno: 1, signature: false, configuration: ['a', 'd', 'e'] }],
    });
    node.elapse(electionTimeoutMs - 1);
    node.ack('b', 0);
    node.ack('c', 0);
    assert.equal(node.elapse(1).role?.state, 'Follower');
  });
});

describe('Leadership transfer', () => {
  test('the best-matched peer is asked, or the one named', () => {
    const node = primary();
    node.append('s');
    node.ack('c', 1);
    const asked = node.raft.step({ type: 'transferLeadership' });
    assert.deepEqual(asked.send, [{ to: 'c', message: { type: 'proposeRequestVote', view: 2 } }]);
    assert.equal(node.raft.step({ type: 'transferLeadership', to: 'b' }).send[0]?.to, 'b');
    assert.equal(node.raft.isLeader, true);
  });

  test('who is asked campaigns at once, without asking around', () => {
    const node = new Solo({ settings: { preVote: true }, hardState: { view: 2 } });
    const ready = node.receive('b', { type: 'proposeRequestVote', view: 2 });
    assert.deepEqual(ready.role, { state: 'Candidate', view: 3 });
  });

  test('a proposal of another view is ignored, and so is one to a backup to transfer', () => {
    const node = new Solo({ hardState: { view: 4 } });
    assert.deepEqual(node.receive('b', { type: 'proposeRequestVote', view: 3 }), { send: [] });
    assert.deepEqual(node.raft.step({ type: 'transferLeadership' }), { send: [] });
  });
});

function candidate(): Solo {
  const node = new Solo();
  node.elapse(electionTimeoutMs);
  assert.equal(node.raft.status().leadership, 'Candidate');
  return node;
}

function primary(): Solo {
  const node = new Solo();
  node.lead();
  assert.equal(node.raft.isLeader, true);
  return node;
}
