import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chain, give, range, staged } from '../checkers/staged.js';
import { startNode } from './driver.js';
import { rejoin } from './joining.js';
import { enforceLeases, lapsedBy, renewedBy } from './leases.js';
import { isCutOff } from './links.js';
import type { LogRecord } from './record.js';
import { createScripted, scriptedOf } from './scripted.js';
import { isOutBy, leavingAt, standingIn } from './standing.js';
import { createWorld, type SimNode, type World } from './world.js';

const vote = { type: 'requestVoteResponse', view: 2, granted: true } as const;

/** n0 leads n1, n2, n3; n3 is quarantined by the second entry. */
function quarantined(): { world: World; nodes: SimNode[]; log: LogRecord[] } {
  const world = createWorld({ seed: 3, nodes: 4, create: createScripted, membership: true });
  const nodes = [...world.nodes].slice(0, 4);
  for (const node of nodes) startNode(world, node);
  const [first] = chain(1) as [LogRecord];
  const removal = { ...(chain(1, 2, first)[0] as LogRecord), configuration: ['n0', 'n1', 'n2'] };
  const log = [first, { ...removal, quarantined: ['n3'] }];
  give(nodes[0] as SimNode, log);
  scriptedOf(nodes[0]).isLeader = true;
  scriptedOf(nodes[0]).view = 2;
  return { world, nodes, log };
}

test('a quarantine is read from the log: from its entry on, until a configuration has the node again', () => {
  const { world, log } = quarantined();
  const record = { ...(chain(1, 2, log.at(-1))[0] as LogRecord), retiredCommitted: ['n3'] };
  const back = { ...(chain(1, 2, record)[0] as LogRecord), configuration: ['n0', 'n1', 'n2', 'n3'] };
  const again = { ...(chain(1, 2, back)[0] as LogRecord), configuration: ['n0', 'n1', 'n2'] };
  const whole = [...log, record, back, again];
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((seqno) => isOutBy(world.standings, whole, 'n3', seqno)),
    [undefined, 2, 2, undefined, undefined],
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((seqno) => leavingAt(standingIn(world.standings, whole, seqno))),
    [[], ['n3'], [], [], ['n3']],
  );
});

test('a primary cuts the links when its log says so, the others when that is committed; entries wait for the return', () => {
  const { world, nodes, log } = quarantined();
  const [primary, backup, , out] = nodes as [SimNode, SimNode, SimNode, SimNode];
  give(backup, log);
  const passes = (from: SimNode, to: SimNode, message: Parameters<typeof staged>[2] = vote) =>
    !isCutOff(world, staged(from, to, message));
  out.lapsed = true;
  assert.deepEqual([passes(primary, out), passes(out, primary)], [false, false]);
  assert.deepEqual([passes(backup, out), passes(out, backup)], [true, true]);
  scriptedOf(backup).commit = 2;
  world.committed = log[1];
  assert.deepEqual([passes(backup, out), passes(out, backup)], [false, false]);
  out.lapsed = false;
  assert.deepEqual([passes(primary, out), passes(out, primary), passes(backup, out)], [true, true, true]);
  assert.deepEqual([passes(primary, out, range(0, 1)), passes(out, primary, range(0, 1))], [false, true]);
});

test('a primary takes back who renewed, and leaves out who has no lease', () => {
  const { world, nodes } = quarantined();
  const [primary, other] = nodes as [SimNode, SimNode];
  other.lapsed = true;
  assert.deepEqual(renewedBy(world, primary), ['n3']);
  assert.deepEqual(lapsedBy(world, primary), ['n1']);
  enforceLeases(world, primary);
  const event = scriptedOf(primary).events.find(({ type }) => type === 'append');
  const [entry] = event?.type === 'append' ? (event.entries as readonly LogRecord[]) : [];
  assert.deepEqual(entry?.configuration, ['n0', 'n2', 'n3']);
  assert.deepEqual(entry?.quarantined, ['n1']);
});

test('a primary leaves out nobody whom consensus cannot spare', () => {
  const { world, nodes } = quarantined();
  const [primary, other, another] = nodes as [SimNode, SimNode, SimNode];
  other.lapsed = true;
  another.lapsed = true;
  scriptedOf(primary).mayLeaveOut = (ids) => ids.length < 2;
  assert.deepEqual(lapsedBy(world, primary), ['n1']);
});

test('a primary without a lease hands over to a member that has one', () => {
  const { world, nodes } = quarantined();
  const [primary, other] = nodes as [SimNode, SimNode];
  world.faultsOn = false;
  primary.lapsed = true;
  other.lapsed = true;
  enforceLeases(world, primary);
  assert.deepEqual(
    scriptedOf(primary).events.find(({ type }) => type === 'transferLeadership'),
    { type: 'transferLeadership', to: 'n2' },
  );
});

test('who is quarantined gets no snapshot of those who quarantined it', () => {
  const { world, nodes } = quarantined();
  const [primary, , , out] = nodes as [SimNode, SimNode, SimNode, SimNode];
  primary.applied = 2;
  for (let tries = 0; tries < 20; tries++) rejoin(world, out, primary);
  assert.deepEqual([out.disk.base, out.disk.log.length], [0, 0]);
});
