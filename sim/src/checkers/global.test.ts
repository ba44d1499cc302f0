import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScripted } from '../world/scripted.js';
import type { SimNode } from '../world/world.js';
import { commitAgreement } from './commit-agreement.js';
import { commitAtSignature } from './commit-at-signature.js';
import { commitMonotonic } from './commit-monotonic.js';
import { durableMajority } from './durable-majority.js';
import { electionSafety } from './election-safety.js';
import { leaderCompleteness } from './leader-completeness.js';
import { logMatching } from './log-matching.js';
import { messageStorm } from './message-storm.js';
import { oneVote } from './one-vote.js';
import { chain, give, persistView, range, staged, stagedStep, stagedWorld } from './staged.js';
import { stateMachineSafety } from './state-machine-safety.js';
import { transactionStatus } from './transaction-status.js';

function three(): [SimNode, SimNode, SimNode] {
  return [...stagedWorld().nodes] as [SimNode, SimNode, SimNode];
}

test('election safety: two leaders of one view are found, the same one twice is not', () => {
  const [a, b] = three();
  const checker = electionSafety();
  const leads = { isLeader: true, view: 3 };
  persistView(a, 3);
  checker.step?.(stagedStep({ node: a, after: leads }));
  checker.step?.(stagedStep({ node: a, after: leads }));
  persistView(b, 4);
  checker.step?.(stagedStep({ node: b, after: { isLeader: true, view: 4 } }));
  persistView(b, 3);
  assert.throws(() => checker.step?.(stagedStep({ node: b, after: leads })), /both lead view 3/);
});

test('election safety: an election that a crash can still undo counts only once the leader speaks', () => {
  const [a, b] = three();
  const checker = electionSafety();
  checker.step?.(stagedStep({ node: a, after: { isLeader: true, view: 2 } }));
  checker.sent?.(staged(b, a, range(0, 0)));
  assert.throws(() => checker.sent?.(staged(a, b, range(0, 0))), /n1 and n0 both lead view 2/);
});

test('one vote: a second candidate in the same view is found, also after a candidacy of one’s own', () => {
  const [a, b, c] = three();
  const vote = { type: 'requestVoteResponse', view: 3, granted: true } as const;
  const checker = oneVote();
  checker.sent?.(staged(a, b, vote));
  checker.sent?.(staged(a, b, vote));
  assert.throws(() => checker.sent?.(staged(a, c, vote)), /votes for n1 and n2 in view 3/);
  const request = { type: 'requestVote', view: 4, lastCommittable: { view: 0, seqno: 0 } } as const;
  checker.sent?.(staged(a, b, request));
  assert.throws(() => checker.sent?.(staged(a, c, { ...vote, view: 4 })), /votes for n0 and n2/);
});

test('log matching: an entry on another entry than its maker’s, and two entries of one name, are found', () => {
  const [a, b] = three();
  const log = chain(3);
  const checker = logMatching();
  give(a, log);
  checker.step?.(stagedStep({ node: a, appended: log }));
  const persisted = { type: 'persisted', upTo: { view: 2, seqno: 3 } } as const;
  checker.step?.(stagedStep({ node: a, event: persisted }));
  const offer = { ...staged(b, a, range(1, 2)), records: chain(1, 2, log[0]) };
  assert.throws(() => checker.sent?.(offer), /two different entries are called 2.2/);
  give(b, [...chain(2, 1), ...log.slice(2)]);
  assert.throws(
    () => checker.step?.(stagedStep({ node: b, appended: log.slice(2) })),
    /its maker put it on 2.2/,
  );
});

test('leader completeness: a leader of a later view that lacks a committed entry is found, an older one is not', () => {
  const [a, b] = three();
  const log = chain(3);
  give(a, log);
  give(b, log.slice(0, 1));
  const checker = leaderCompleteness();
  persistView(b, 3);
  checker.step?.(stagedStep({ node: b, after: { isLeader: true, view: 3 } }));
  checker.step?.(stagedStep({ node: a, ready: { commit: 3 }, after: { view: 4, isLeader: true } }));
  persistView(b, 5);
  assert.throws(
    () => checker.step?.(stagedStep({ node: b, after: { isLeader: true, view: 5 } })),
    /n1 leads view 5 without 2.3, committed in view 4/,
  );
});

test('leader completeness: a commitment that becomes known after the election counts too', () => {
  const [a, b] = three();
  give(a, chain(3));
  const checker = leaderCompleteness();
  persistView(b, 5);
  checker.step?.(stagedStep({ node: b, after: { isLeader: true, view: 5 } }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, ready: { commit: 3 }, after: { view: 4 } })),
    /without 2.3/,
  );
});

test('commit agreement: another entry at a committed seqno is found', () => {
  const [a, b] = three();
  const log = chain(2);
  give(a, log);
  give(b, [...log.slice(0, 1), ...chain(1, 3, log[0])]);
  const checker = commitAgreement();
  checker.step?.(stagedStep({ node: a, ready: { commit: 2 } }));
  checker.step?.(stagedStep({ node: b, ready: { commit: 1 } }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: b, ready: { commit: 2 } })),
    /3.2 where 2.2 is committed/,
  );
});

test('commit agreement: a node that starts with a commit that nobody took is found', () => {
  const [a, b] = three();
  const log = chain(2);
  give(a, log);
  give(b, log);
  const checker = commitAgreement();
  checker.step?.(stagedStep({ node: a, ready: { commit: 1 } }));
  b.machine = { ...createScripted(), commit: 1 };
  checker.started?.(b);
  b.machine = { ...createScripted(), commit: 2 };
  assert.throws(() => checker.started?.(b), /starts with commit 2, but at 2/);
});

test('state machine safety: another entry applied, or one left out, is found', () => {
  const [a, b] = three();
  const log = chain(3);
  const checker = stateMachineSafety();
  for (const record of log) checker.applied?.(a, record);
  for (const record of log.slice(0, 2)) checker.applied?.(b, record);
  const rival = chain(1, 3, log[1]);
  for (const record of rival) assert.throws(() => checker.applied?.(b, record), /another state at 3/);
  for (const record of rival) assert.throws(() => checker.applied?.(b, record), /applies 3 after 3/);
});

test('commit never goes back, and Ready tells what happened', () => {
  const [a] = three();
  give(a, chain(5));
  const checker = commitMonotonic();
  const five = { commit: 5 };
  checker.step?.(stagedStep({ node: a, ready: five, after: five }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, before: five, after: { commit: 4 } })),
    /back from 5 to 4/,
  );
  assert.throws(() => checker.step?.(stagedStep({ node: a, after: five })), /says 5 but tells 0/);
  const six = { commit: 6 };
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: six, after: six })), /beyond its log/);
});

test('commit lands on signatures, on a leader of its own view', () => {
  const [a] = three();
  give(a, [...chain(1), ...chain(1, 2, undefined, false)]);
  const checker = commitAtSignature();
  checker.step?.(stagedStep({ node: a, ready: { commit: 1 }, after: { isLeader: true } }));
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: { commit: 2 } })), /no signature/);
  const leads = { isLeader: true, view: 3 };
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, ready: { commit: 1 }, after: leads })),
    /another view/,
  );
});

test('durable majority: an entry in the memory of many and on the disk of few is found', () => {
  const world = stagedWorld();
  const [a, b, c] = world.nodes as [SimNode, SimNode, SimNode];
  const log = chain(2);
  give(a, log);
  give(b, log.slice(0, 1));
  give(c, log, false);
  const checker = durableMajority(world);
  checker.step?.(stagedStep({ node: a, ready: { commit: 1 } }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, ready: { commit: 2 } })),
    /only at n0 of n0 n1 n2/,
  );
});

test('durable majority: every configuration that counts needs one', () => {
  const world = stagedWorld(5);
  const [a, b] = world.nodes as [SimNode, SimNode];
  const [first] = chain(1);
  const second = {
    ...(chain(1, 2, first)[0] as NonNullable<typeof first>),
    configuration: ['n2', 'n3', 'n0'],
  };
  const log = [first as NonNullable<typeof first>, second];
  for (const node of [a, b, world.nodes[3] as SimNode]) give(node, log);
  durableMajority(world).step?.(stagedStep({ node: a, ready: { commit: 2 } }));
  give(world.nodes[3] as SimNode, []);
  give(world.nodes[4] as SimNode, log);
  const checker = durableMajority(world);
  assert.throws(
    () => checker.step?.(stagedStep({ node: a, ready: { commit: 2 } })),
    /only at n0 of n2 n3 n0/,
  );
});

test('TX-4: a final answer that changes, differs between nodes, or is untrue, is found', () => {
  const [a, b] = three();
  const log = chain(2);
  give(a, log);
  const checker = transactionStatus();
  for (const node of [a, b]) checker.started?.(node);
  const first = { view: 2, seqno: 1 };
  assert.throws(() => checker.answered?.(a, first, 'Committed'), /which is not committed/);
  checker.step?.(stagedStep({ node: a, ready: { commit: 2 } }));
  checker.answered?.(a, { view: 2, seqno: 2 }, 'Committed');
  checker.answered?.(b, { view: 2, seqno: 2 }, 'Pending');
  assert.throws(() => checker.answered?.(a, { view: 2, seqno: 2 }, 'Unknown'), /Committed, now Unknown/);
  assert.throws(() => checker.answered?.(b, { view: 2, seqno: 2 }, 'Invalid'), /another node Committed/);
  checker.answered?.(b, { view: 1, seqno: 2 }, 'Invalid');
});

test('TX-4: what was called Invalid and is committed later is found', () => {
  const [a] = three();
  give(a, chain(1));
  const checker = transactionStatus();
  checker.started?.(a);
  checker.answered?.(a, { view: 2, seqno: 1 }, 'Invalid');
  assert.throws(() => checker.step?.(stagedStep({ node: a, ready: { commit: 1 } })), /was called Invalid/);
});

test('a message storm is found; sending much that is new is none', () => {
  const world = stagedWorld();
  const [a, b] = world.nodes as [SimNode, SimNode];
  const checker = messageStorm(world);
  const flood = (): void => {
    for (let i = 0; i < 5_000; i++) checker.sent?.(staged(a, b, range(7, 8)));
  };
  flood();
  world.nowUs += 100_000;
  flood();
  for (let i = 10; i < 10_000; i++) checker.sent?.(staged(a, b, range(i, i + 1)));
  assert.throws(flood, /more than 5000 repeated messages in 100 ms/);
});
