import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsensusStatus } from '@coco/consensus';
import type { LogRecord } from '../world/record.js';
import { createScripted } from '../world/scripted.js';
import { createWorld, type SimNode, type StepSeen, type World } from '../world/world.js';
import { nothingAfterQuarantine } from './nothing-after-quarantine.js';
import { peersFollow } from './peers-follow.js';
import { retirementFollows } from './retirement-follows.js';
import { chain, give, range, type Stage, staged, stagedStep } from './staged.js';

/** Three members and six who may join. */
function world(): { world: World; nodes: SimNode[] } {
  const made = createWorld({ seed: 1, nodes: 3, create: createScripted, membership: true });
  return { world: made, nodes: [...made.nodes] };
}

/** n2 is quarantined at 1, that is on record at 2, and at 3 it is taken back. All are signatures. */
function story(): LogRecord[] {
  const log: LogRecord[] = [];
  for (const rest of [
    { configuration: ['n0', 'n1'], quarantined: ['n2'] },
    { retiredCommitted: ['n2'] },
    { configuration: ['n0', 'n1', 'n2'] },
    {},
  ]) {
    log.push({ ...(chain(1, 2, log.at(-1))[0] as LogRecord), ...rest });
  }
  return log;
}

function stepWith(stage: Stage, status: Partial<ConsensusStatus>): StepSeen {
  return { ...stagedStep(stage), status: () => status as ConsensusStatus };
}

test('a node whose retirement is not as far as its log says is found, also when it was taken back', () => {
  const { world: w, nodes } = world();
  const node = nodes[2] as SimNode;
  const active = { membership: 'Active', leadership: 'Follower' } as const;
  const retired = { membership: 'Retired', leadership: 'Follower' } as const;
  const gone = { ...retired, retirementPhase: 'RetiredCommitted', leadership: 'None' } as const;
  const says = (upTo: number, commit: number, status: Partial<ConsensusStatus>) => {
    give(node, story().slice(0, upTo));
    const appended = node.log.slice(-1);
    retirementFollows(w).step?.(stepWith({ node, appended, after: { commit } }, status));
  };
  says(1, 0, { ...retired, retirementPhase: 'Ordered' });
  says(2, 0, { ...retired, retirementPhase: 'Signed' });
  says(1, 1, { ...retired, retirementPhase: 'Completed' });
  says(2, 2, gone);
  says(3, 2, active);
  says(4, 4, active);
  assert.throws(
    () => says(2, 2, { ...gone, leadership: 'Follower' }),
    /is Follower, and by its log RetiredC/,
  );
  assert.throws(() => says(3, 2, gone), /n2 is RetiredCommitted, its log says Active/);
  assert.throws(() => says(1, 1, active), /n2 is Active, its log says Completed/);
  node.disk.base = 2;
  says(2, 2, active);
});

test('a primary that sends to others than its log says is found', () => {
  const { world: w, nodes } = world();
  const node = nodes[0] as SimNode;
  const sends = (upTo: number, commit: number, ...ids: string[]) => {
    give(node, story().slice(0, upTo));
    const peers = Object.fromEntries(ids.map((id) => [id, { sent: 0, match: 0, silentMs: 0 }]));
    const stage = { node, appended: node.log.slice(-1), before: { isLeader: true }, after: { commit } };
    peersFollow(w).step?.(stepWith(stage, { peers }));
  };
  sends(1, 1, 'n1', 'n2');
  sends(2, 2, 'n1');
  sends(3, 2, 'n1', 'n2');
  assert.throws(() => sends(1, 1, 'n1'), /n0 sends to n1, its log says n1 n2/);
  assert.throws(() => sends(2, 2, 'n1', 'n2'), /its log says n1$/);
  assert.throws(() => sends(4, 4, 'n1'), /its log says n1 n2/);
});

test('entries from its quarantine on that reach a node are found; earlier ones are fine, and all when it was taken back', () => {
  const { world: w, nodes } = world();
  const [a, , out] = nodes as [SimNode, SimNode, SimNode];
  const checker = nothingAfterQuarantine(w);
  const sends = (upTo: number, from: number, to: number) => {
    const log = story();
    give(a, log.slice(0, upTo));
    const envelope = { ...staged(a, out, range(from, to)), records: log.slice(from, to) };
    checker.sent?.(envelope);
    checker.step?.({ ...stagedStep({ node: out }), envelope });
  };
  sends(1, 0, 0);
  sends(4, 0, 4);
  assert.throws(() => sends(2, 0, 2), /n2 is quarantined, and gets entries up to 2 from n0/);
  assert.throws(() => sends(1, 0, 1), /entries up to 1/);
});
