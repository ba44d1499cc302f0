import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsensusEvent, Message } from '@coco/consensus';
import type { LogRecord } from '../world/record.js';
import type { SimNode } from '../world/world.js';
import { acknowledgement } from './acknowledgement.js';
import { appendRange } from './append-range.js';
import { backupCommit } from './backup-commit.js';
import { hardStateFirst } from './hard-state-first.js';
import { leaderAppend } from './leader-append.js';
import { peerMatch } from './peer-match.js';
import { silence } from './silence.js';
import {
  acknowledgementOf,
  chain,
  give,
  range,
  type Stage,
  staged,
  stagedStep,
  stagedWorld,
} from './staged.js';
import { truncation } from './truncation.js';
import { viewChange } from './view-change.js';
import { voteInView } from './vote-in-view.js';

function two(): [SimNode, SimNode] {
  return stagedWorld().nodes.slice(0, 2) as [SimNode, SimNode];
}

function receive(message: Message, from = 'n1'): ConsensusEvent {
  return { type: 'receive', from, message };
}

test('a vote that changes within a view, or a view that goes back, is found', () => {
  const [a] = two();
  const checker = voteInView();
  const hard = (view: number, votedFor?: string) => ({ hardState: votedFor ? { view, votedFor } : { view } });
  checker.step?.(stagedStep({ node: a, before: hard(2), after: hard(2, 'n1') }));
  checker.step?.(stagedStep({ node: a, before: hard(2, 'n1'), after: hard(3) }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, before: hard(2, 'n1'), after: hard(2, 'n2') })),
    /changes its vote/,
  );
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, before: hard(2, 'n1'), after: hard(2) })),
    /to nobody/,
  );
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, before: hard(3), after: hard(2) })),
    /view 2 after view 3/,
  );
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, before: { view: 3 }, after: { view: 2 } })),
    /back from/,
  );
});

test('a vote, a candidacy or an acknowledgement that rests on nothing persisted is found', () => {
  const [a] = two();
  const checker = hardStateFirst();
  const vote: Message = { type: 'requestVoteResponse', view: 2, granted: true };
  const send = [{ to: 'n1', message: vote }];
  checker.step?.(stagedStep({ node: a, ready: { send }, after: { hardState: { view: 2, votedFor: 'n1' } } }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, ready: { send }, after: { hardState: { view: 2 } } })),
    /persisted nobody/,
  );
  const request: Message = { type: 'requestVote', view: 3, lastCommittable: { view: 0, seqno: 0 } };
  const candidacy = { send: [{ to: 'n1', message: request }] };
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, ready: candidacy, after: { hardState: { view: 2 } } })),
    /of view 3, persisted 2/,
  );
  const acknowledges = { send: [{ to: 'n1', message: acknowledgementOf(1) }] };
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: acknowledges })), /persisted 0/);
});

test('etcd PR 8172: a backup that commits beyond what the message verified is found', () => {
  const [a] = two();
  const checker = backupCommit();
  const event = receive(range(2, 4, 9));
  checker.step?.(stagedStep({ node: a, event, after: { commit: 4 } }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, event, after: { commit: 5 } })),
    /verifies up to 4/,
  );
  const lagging = receive(range(2, 4, 3));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, event: lagging, after: { commit: 4 } })),
    /says commit 3/,
  );
  assert.throws(() => checker.step?.(stagedStep({ node: a, after: { commit: 4 } })), /commits on elapsed/);
});

test('an acknowledgement beyond the range received is found', () => {
  const [a] = two();
  give(a, chain(5));
  const checker = acknowledgement();
  const answer = (last: number, to = 'n1') => ({ send: [{ to, message: acknowledgementOf(last) }] });
  const event = receive(range(2, 4));
  checker.step?.(stagedStep({ node: a, event, ready: answer(4) }));
  assert.throws(() => checker.step?.(stagedStep({ node: a, event, ready: answer(5) })), /was sent up to 4/);
  assert.throws(() => checker.step?.(stagedStep({ node: a, event, ready: answer(4, 'n2') })), /did not ask/);
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: answer(4) })), /did not ask/);
});

test('a match that decreases, or that the peer never acknowledged, is found', () => {
  const [a, b] = two();
  const checker = peerMatch();
  const event = receive(acknowledgementOf(3));
  const leads = { isLeader: true };
  const peers = (match: number) => ({ n1: { sent: 9, match, silentMs: 0 } });
  checker.sent?.(staged(b, a, acknowledgementOf(3)));
  checker.step?.(stagedStep({ node: a, event, after: leads, peers: peers(3) }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, event, after: leads, peers: peers(2) })),
    /from 3 to 2/,
  );
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, event, after: leads, peers: peers(4) })),
    /acknowledged 3/,
  );
});

test('truncation below the commit, or of a signed entry without a conflict at that place, is found', () => {
  const [a] = two();
  const log = chain(4);
  const checker = truncation();
  const before = { commit: 2 };
  const cut = { node: a, before, removed: log.slice(2), ready: { rollbackTo: 2 } };
  const conflict = receive({ ...range(2, 3, 0, 3), entries: [{ view: 3, seqno: 3, signature: true }] });
  checker.step?.(stagedStep({ ...cut, event: conflict }));
  checker.step?.(
    stagedStep({ node: a, before, removed: chain(1, 2, log[1], false), ready: { rollbackTo: 2 } }),
  );
  assert.throws(() => checker.step?.(stagedStep(cut)), /without a conflict/);
  const same = receive({ ...range(2, 3), entries: [{ view: 2, seqno: 3, signature: true }] });
  assert.throws(() => checker.step?.(stagedStep({ ...cut, event: same })), /without a conflict/);
  assert.throws(() => checker.step?.(stagedStep({ ...cut, ready: { rollbackTo: 1 } })), /below its commit 2/);
});

test('a view that changes after an unsigned entry, or goes back, is found', () => {
  const [a] = two();
  const checker = viewChange();
  const signed = chain(1);
  const next = chain(1, 3, signed[0]);
  give(a, [...signed, ...next]);
  checker.step?.(stagedStep({ node: a, appended: next }));
  const unsigned = chain(1, 2, undefined, false);
  give(a, [...unsigned, ...next]);
  assert.throws(() => checker.step?.(stagedStep({ node: a, appended: next })), /no signature/);
  give(a, [...chain(1, 4), ...next]);
  assert.throws(() => checker.step?.(stagedStep({ node: a, appended: next })), /puts 3.2 on 4.1/);
});

test('a leader that removes entries, appends in another view, or begins without a signature, is found', () => {
  const [a] = two();
  const checker = leaderAppend();
  const leads = { isLeader: true };
  const step = (appended: ReturnType<typeof chain>, after = {}) => {
    give(a, appended);
    const event: ConsensusEvent = { type: 'append', entries: appended };
    return stagedStep({ node: a, event, appended, before: leads, after });
  };
  checker.step?.(step(chain(2)));
  assert.throws(() => checker.step?.(step(chain(1, 3))), /in view 2/);
  assert.throws(() => checker.step?.(step(chain(1, 2, undefined, false))), /begins view 2/);
  assert.throws(() => checker.step?.(step(chain(1), { isLeader: false })), /is no leader/);
  assert.throws(() => checker.step?.(stagedStep({ node: a, before: leads, removed: chain(1) })), /removes 1/);
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, before: leads, appended: chain(1) })),
    /takes entries from others/,
  );
});

test('an append message that does not describe the sender’s log is found', () => {
  const [a] = two();
  give(a, chain(3));
  const checker = appendRange();
  const send = (message: Message, isLeader = true) =>
    stagedStep({ node: a, after: { isLeader, commit: 1 }, ready: { send: [{ to: 'n1', message }] } });
  checker.step?.(send(range(1, 3, 1)));
  assert.throws(() => checker.step?.(send(range(1, 3, 1), false)), /no leader/);
  const retires = send(range(1, 3, 1), false);
  const role = { state: 'None', view: 2 } as const;
  checker.step?.({
    ...retires,
    before: { ...retires.before, isLeader: true },
    ready: { ...retires.ready, role },
  });
  assert.throws(() => checker.step?.(send(range(1, 3, 2))), /claims commit 2/);
  assert.throws(() => checker.step?.(send(range(1, 4))), /has 3/);
  assert.throws(() => checker.step?.(send({ ...range(1, 3), entriesView: 1 })), /as of view 1/);
  assert.throws(() => checker.step?.(send({ ...range(1, 3), previous: { view: 1, seqno: 1 } })), /names 1.1/);
});

test('a node that acts of its own accord after its retirement is on record and committed is found; one that answers is fine', () => {
  const world = stagedWorld();
  const [a] = world.nodes as [SimNode];
  const log = chain(2);
  const gone = [
    { ...(log[0] as LogRecord), configuration: ['n1', 'n2'] },
    { ...(log[1] as LogRecord), retiredCommitted: ['n0'] },
  ];
  give(a, [gone[0] as LogRecord, { ...(gone[1] as LogRecord), parent: gone[0] }]);
  const checker = silence(world);
  const send = [{ to: 'n1', message: range(0, 0) }];
  const answer = [{ to: 'n1', message: acknowledgementOf(2) }];
  const committed = { before: { commit: 2 } };
  checker.step?.(stagedStep({ node: a, ready: { send } }));
  checker.step?.(stagedStep({ node: a, ready: { send, commit: 2 }, after: { commit: 2 } }));
  checker.step?.(stagedStep({ node: a, event: receive(range(0, 0)), ready: { send: answer }, ...committed }));
  const silent = /is retired and sends appendEntries/;
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: { send }, ...committed })), silent);
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: { send: answer }, ...committed })), silent);
  const back = { ...(chain(1, 2, a.log.at(-1))[0] as LogRecord), configuration: ['n0', 'n1', 'n2'] };
  a.log.push(back);
  checker.step?.(stagedStep({ node: a, appended: [back], ...committed }));
  checker.step?.(stagedStep({ node: a, ready: { send }, ...committed }));
  a.log.pop();
  checker.step?.(stagedStep({ node: a, removed: [back], ...committed }));
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: { send }, ...committed })), silent);
});

test('a peer that left and is taken back may be forgotten; one that stayed may not', () => {
  const [a, b] = two();
  const checker = peerMatch();
  checker.sent?.(staged(b, a, acknowledgementOf(3)));
  const step = (peers: Stage['peers'], ready = {}) =>
    stagedStep({
      node: a,
      event: receive(acknowledgementOf(3)),
      ready,
      after: { isLeader: true },
      ...(peers && { peers }),
    });
  const holds = (match: number) => ({ n1: { sent: 3, match, silentMs: 0 } });
  checker.step?.(step(holds(3)));
  assert.throws(() => checker.step?.(step(holds(0))), /lowers the match of n1 from 3 to 0/);
  checker.step?.(step({}, { commit: 3 }));
  checker.step?.(step(holds(0)));
});
