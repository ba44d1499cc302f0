import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { electionTimeoutMs, Solo, sentIn } from './solo.test.js';

const standstillMs = 25;
const nothing = { view: 0, seqno: 0 };

/** Lets `ms` pass in short steps. */
function wait(node: Solo, ms: number): void {
  for (let passed = 0; passed < ms; passed += 5) node.elapse(5);
}

function backup(): Solo {
  const node = new Solo({ settings: { standstillMs }, hardState: { view: 2 } });
  node.hear('b', 2, nothing);
  return node;
}

function primary(): Solo {
  const node = new Solo({ settings: { standstillMs } });
  wait(node, electionTimeoutMs);
  node.vote('b');
  assert.equal(node.raft.isLeader, true);
  return node;
}

describe('A node that stood still concludes nothing from the silence of others at once', () => {
  test('a backup does not campaign when it hears its primary within the wait', () => {
    const node = backup();
    node.elapse(100 * electionTimeoutMs);
    wait(node, standstillMs - 5);
    assert.equal(node.raft.status().leadership, 'Follower');
    node.hear('b', 2, nothing);
    wait(node, electionTimeoutMs / 2 - 5);
    assert.equal(node.raft.status().leadership, 'Follower');
  });

  test('it campaigns after the wait when it heard nobody', () => {
    const node = backup();
    node.elapse(electionTimeoutMs);
    wait(node, standstillMs);
    assert.equal(node.raft.status().leadership, 'Candidate');
  });

  test('a primary beats at once, and goes on leading when a majority answers within the wait', () => {
    const node = primary();
    const ready = node.elapse(100 * electionTimeoutMs);
    assert.equal(node.raft.isLeader, true);
    assert.deepEqual(Object.keys(sentIn(ready, 'appendEntries')), ['b', 'c']);
    node.ack('b', 0);
    wait(node, electionTimeoutMs - 5);
    assert.equal(node.raft.isLeader, true);
  });

  test('it stops leading after the wait when nobody answered', () => {
    const node = primary();
    node.elapse(electionTimeoutMs);
    wait(node, standstillMs);
    assert.equal(node.raft.isLeader, false);
  });

  test('how old its knowledge may be counts the standstill in full', () => {
    for (const node of [backup(), primary()]) {
      node.elapse(7 * electionTimeoutMs);
      assert.ok(node.raft.status().outOfTouchMs >= 7 * electionTimeoutMs);
    }
  });

  test('a node all of whose steps are long campaigns, and stops leading, all the same', () => {
    for (const node of [backup(), primary()]) {
      const before = node.raft.isLeader;
      for (let step = 0; step < 8; step++) node.elapse(electionTimeoutMs / 2);
      assert.equal(node.raft.status().leadership === 'Candidate' || before, true);
      assert.equal(node.raft.isLeader, false);
    }
  });
});
