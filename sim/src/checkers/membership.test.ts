import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Configuration, ConsensusStatus } from '@coco/consensus';
import type { LogRecord } from '../world/record.js';
import { createScripted } from '../world/scripted.js';
import { createWorld, type SimNode, type World } from '../world/world.js';
import { appendRange } from './append-range.js';
import { configurationsFollow } from './configurations-follow.js';
import { electedByMajority } from './elected-by-majority.js';
import { membersLead } from './members-lead.js';
import { chain, give, range, type Stage, staged, stagedStep } from './staged.js';

/** Three members and six who may join. */
function world(): { world: World; nodes: SimNode[] } {
  const made = createWorld({ seed: 1, nodes: 3, create: createScripted, membership: true });
  return { world: made, nodes: [...made.nodes] };
}

/** A log of three signed entries, of which the second is given `change`. */
function logWith(change: Partial<LogRecord>): LogRecord[] {
  const [first] = chain(1);
  const second = { ...(chain(1, 2, first)[0] as LogRecord), ...change };
  return [first as LogRecord, second, ...chain(1, 2, second)];
}

const vote = { type: 'requestVoteResponse', view: 3, granted: true } as const;
const wins = { before: { view: 3 }, after: { isLeader: true, view: 3 } };

test('an election by the newest configuration alone is found, and one by all is fine', () => {
  const { world: w, nodes } = world();
  const [a, b, , d, e] = nodes as [SimNode, SimNode, SimNode, SimNode, SimNode];
  give(a, logWith({ configuration: ['n0', 'n3', 'n4'] }));
  const checker = electedByMajority(w);
  for (const voter of [d, e]) checker.sent?.(staged(voter, a, vote));
  assert.throws(() => checker.step?.(stagedStep({ node: a, ...wins })), /by 1 votes .* n0 n1 n2/);
  checker.sent?.(staged(b, a, vote));
  checker.step?.(stagedStep({ node: a, ...wins }));
});

test('votes of another view, and refusals, elect nobody', () => {
  const { world: w, nodes } = world();
  const [a, b] = nodes as [SimNode, SimNode];
  const checker = electedByMajority(w);
  checker.sent?.(staged(b, a, { ...vote, view: 2 }));
  checker.sent?.(staged(b, a, { ...vote, granted: false }));
  assert.throws(() => checker.step?.(stagedStep({ node: a, ...wins })), /by 1 votes/);
});

test('a joiner that campaigns or leads is found; a member, and who has left but is needed, may', () => {
  const { world: w, nodes } = world();
  const [a, b, , joiner] = nodes as [SimNode, SimNode, SimNode, SimNode];
  const checker = membersLead(w);
  const request = { type: 'requestPreVote', view: 2, lastCommittable: { view: 2, seqno: 1 } } as const;
  const asks = { ready: { send: [{ to: 'n0', message: request }] } };
  assert.throws(() => checker.step?.(stagedStep({ node: joiner, ...asks })), /n3 campaigns/);
  assert.throws(() => checker.step?.(stagedStep({ node: joiner, ...wins })), /n3 leads/);
  give(joiner, logWith({ configuration: ['n0', 'n1', 'n3'] }));
  checker.step?.(stagedStep({ node: joiner, ...asks }));
  give(a, logWith({ configuration: ['n1', 'n2'] }));
  checker.step?.(stagedStep({ node: a, ...asks, before: { commit: 3 } }));
  give(b, logWith({ configuration: ['n0'], retiredCommitted: ['n1'] }));
  assert.throws(
    () => checker.step?.(stagedStep({ node: b, ...asks, before: { commit: 3 } })),
    /n1 campaigns/,
  );
});

test('configurations that are not those of the log are found', () => {
  const { world: w, nodes } = world();
  const [a] = nodes as [SimNode];
  const genesis = { seqno: 0, nodes: ['n0', 'n1', 'n2'] };
  const next = { seqno: 2, nodes: ['n3', 'n0'] };
  const step = (configurations: Configuration[], stage: Omit<Stage, 'node'>) => ({
    ...stagedStep({ node: a, ...stage }),
    status: () => ({ configurations }) as unknown as ConsensusStatus,
  });
  const log = logWith({ configuration: ['n0', 'n3'] });
  give(a, log);
  configurationsFollow(w).step?.(step([genesis, next], { appended: log }));
  assert.throws(
    () => configurationsFollow(w).step?.(step([genesis], { appended: log })),
    /its log says .* 2:/,
  );
  const committed = { ready: { commit: 3 }, after: { commit: 3 } };
  configurationsFollow(w).step?.(step([next], committed));
  assert.throws(
    () => configurationsFollow(w).step?.(step([genesis, next], committed)),
    /its log says 2:\{n0 n3\}$/,
  );
  give(a, log.slice(0, 1));
  assert.throws(
    () => configurationsFollow(w).step?.(step([genesis, next], { removed: log.slice(1) })),
    /its log says 0:/,
  );
});

test('an append message that promises what lies below a snapshot is found', () => {
  const { nodes } = world();
  const [a] = nodes as [SimNode];
  give(a, chain(5));
  a.disk.base = 3;
  a.disk.heldFrom = 4;
  const send = (previous: number, to: number) =>
    stagedStep({
      node: a,
      after: { isLeader: true, commit: 3 },
      ready: { send: [{ to: 'n1', message: range(previous, to) }] },
    });
  appendRange().step?.(send(3, 5));
  assert.throws(() => appendRange().step?.(send(2, 5)), /holds entries only from 4/);
  assert.throws(() => appendRange().step?.(send(2, 2)), /holds entries only from 4/);
});
