import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Solo } from './solo.test.js';

type Line = Readonly<Record<string, unknown>> & { readonly state: Readonly<Record<string, unknown>> };

test('the trace has one object per action, with the state before it and the message concerned', () => {
  const lines: Line[] = [];
  const node = new Solo({
    log: '2e 2s',
    settings: { preVote: true },
    trace: (line) => lines.push(line as Line),
  });
  node.elapse(100);
  node.receive('b', { type: 'requestPreVoteResponse', view: 2, granted: true });
  node.vote('b');
  node.append('s');
  node.persist();
  node.ack('b', 3);
  node.raft.step({ type: 'transferLeadership' });
  const lookedFor = lines
    .map((line) => line.function)
    .filter((each, index, all) => all.indexOf(each) === index);
  assert.deepEqual(lookedFor, [
    'become_pre_vote_candidate',
    'send_request_vote',
    'recv_request_vote_response',
    'become_candidate',
    'become_leader',
    'send_append_entries',
    'replicate',
    'recv_append_entries_response',
    'commit',
    'step_down_and_nominate_successor',
    'send_propose_request_vote',
  ]);
  const commit = lines.find((line) => line.function === 'commit');
  assert.deepEqual(commit?.args, { idx: 3 });
  assert.deepEqual(commit?.state, {
    node_id: 'a',
    current_view: 3,
    last_idx: 3,
    commit_idx: 0,
    leadership_state: 'Leader',
    membership_state: 'Active',
    pre_vote_enabled: true,
    committable_indices: [2, 3],
  });
  assert.doesNotThrow(() => JSON.stringify(lines));
});

test('a backup traces what it takes over, and becoming a follower with the state after it', () => {
  const lines: Line[] = [];
  const node = new Solo({ trace: (line) => lines.push(line as Line) });
  node.hear('b', 2, { view: 0, seqno: 0 }, '2e 2s', 2);
  assert.deepEqual(
    lines.map((line) => line.function),
    [
      'recv_append_entries',
      'become_follower',
      'execute_append_entries_sync',
      'execute_append_entries_sync',
      'commit',
      'send_append_entries_response',
    ],
  );
  assert.equal(lines[0]?.state.current_view, 1);
  assert.equal(lines[1]?.state.current_view, 2);
});
