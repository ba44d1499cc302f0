import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsensusStart } from '@coco/consensus';
import { chain, give } from '../checkers/staged.js';
import { startNode } from './driver.js';
import { joinOne, rejoin } from './joining.js';
import type { LogRecord } from './record.js';
import { createScripted } from './scripted.js';
import { activeIn, baseAt, leavingAt, standingIn } from './standing.js';
import { createWorld, present, type SimNode, type World } from './world.js';

/** Views 2 and 3; n3 joins, n0 leaves, and that is put on record. All but the last two entries are signatures. */
function history(): LogRecord[] {
  const log = chain(2);
  const add = (rest: Partial<LogRecord>, view: number): void => {
    log.push({ ...(chain(1, view, log.at(-1))[0] as LogRecord), ...rest });
  };
  add({ configuration: ['n0', 'n1', 'n2', 'n3'] }, 2);
  add({ configuration: ['n3', 'n2', 'n1'] }, 3);
  add({}, 3);
  add({ retiredCommitted: ['n0'] }, 3);
  return log;
}

function worldWith(starts: ConsensusStart[] = []): { world: World; nodes: SimNode[] } {
  const create = (start: ConsensusStart) => {
    starts.push(start);
    return createScripted();
  };
  const world = createWorld({ seed: 5, nodes: 3, create, membership: true });
  const { membership } = world.profile;
  world.profile = { ...world.profile, membership: { ...membership, joinsEmpty: 0, shortens: 0 } };
  return { world, nodes: [...world.nodes] };
}

test('who takes part after an entry is read from the log', () => {
  const { standings } = worldWith().world;
  const log = history();
  assert.deepEqual(
    activeIn(standings, log, 0).map(({ seqno }) => seqno),
    [0, 3, 4],
  );
  assert.deepEqual(activeIn(standings, log, 5), [{ seqno: 4, nodes: ['n3', 'n2', 'n1'] }]);
  assert.deepEqual(leavingAt(standingIn(standings, log, 5)), ['n0']);
  assert.deepEqual(leavingAt(standingIn(standings, log)), []);
});

test('the base of a snapshot tells views, configuration and who is leaving', () => {
  const { standings } = worldWith().world;
  assert.deepEqual(baseAt(standings, history(), 5), {
    view: 3,
    seqno: 5,
    views: [
      { view: 2, from: 1 },
      { view: 3, from: 4 },
    ],
    configuration: { seqno: 4, nodes: ['n1', 'n2', 'n3'] },
    leaving: ['n0'],
  });
});

test('a joiner starts from a snapshot at a signature that the source has applied', () => {
  const starts: ConsensusStart[] = [];
  const { world } = worldWith(starts);
  const log = history();
  for (const node of present(world)) {
    give(node, log);
    node.applied = 4;
  }
  for (let i = 0; i < 6; i++) joinOne(world);
  assert.deepEqual(
    starts.map(({ nodeId }) => nodeId),
    ['n3', 'n4', 'n5', 'n6', 'n7', 'n8'],
  );
  const withBase = starts.filter(({ base }) => base !== undefined);
  assert.ok(withBase.length > 0);
  for (const { base, entries, heldFrom } of withBase) {
    assert.ok(base !== undefined && base.seqno <= 4);
    assert.deepEqual([...(entries ?? [])], []);
    assert.equal(heldFrom, base.seqno + 1);
  }
});

test('a member that takes a snapshot keeps its hard state, and its log where that holds the place', () => {
  const starts: ConsensusStart[] = [];
  const { world, nodes } = worldWith(starts);
  const [a, b] = nodes as [SimNode, SimNode];
  const log = history();
  give(a, log);
  a.applied = 6;
  give(b, log.slice(0, 1));
  b.disk.hardState = { view: 7, votedFor: 'n2' };
  for (let tries = 0; b.disk.base === 0 && tries < 50; tries++) rejoin(world, b, a);
  const before = starts.at(-1);
  assert.deepEqual(before?.hardState, { view: 7, votedFor: 'n2' });
  assert.ok((before?.base?.seqno ?? 0) > 1);
  give(b, log);
  b.disk.base = 0;
  for (let i = 0; i < 20; i++) rejoin(world, b, a);
  assert.equal(starts.at(-1)?.base, undefined);
});

test('what is switched off for good does not start again', () => {
  const starts: ConsensusStart[] = [];
  const { world, nodes } = worldWith(starts);
  const [a] = nodes as [SimNode];
  a.stage = 'gone';
  startNode(world, a);
  assert.deepEqual(starts, []);
});
