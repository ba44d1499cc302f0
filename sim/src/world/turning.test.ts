import assert from 'node:assert/strict';
import { test } from 'node:test';
import { falseAlarm } from '../checkers/false-alarm.js';
import { oneVote } from '../checkers/one-vote.js';
import { chain, give, staged, stagedStep, stagedWorld } from '../checkers/staged.js';
import { keepDisk, turnBack } from './turning.js';
import type { SimNode, World } from './world.js';

/** Three nodes that are down, each with a log of four signatures in view 3, and an earlier state of two in view 2. */
function turnable(): { world: World; nodes: readonly SimNode[] } {
  const world = stagedWorld();
  const turning = { happens: true, keeps: 1, beginsInDoubt: false };
  world.profile = { ...world.profile, turning };
  for (const node of world.nodes) {
    const log = chain(2);
    give(node, log);
    node.disk.hardState = { view: 2 };
    keepDisk(world, node);
    give(node, [...log, ...chain(2, 3, log.at(-1))]);
    node.disk.hardState = { view: 3, votedFor: 'n1' };
  }
  return { world, nodes: world.nodes };
}

test('a disk shows an earlier log, hard state, or both, but nothing from which no node starts', () => {
  const seen = new Set<string>();
  for (let round = 0; round < 50; round++) {
    const { world, nodes } = turnable();
    const node = nodes[0] as SimNode;
    for (let skip = 0; skip < round; skip++) world.random.fraction();
    turnBack(world, node);
    const { log, hardState } = node.disk;
    seen.add(`${log.length} entries, view ${hardState?.view}`);
    assert.equal(node.hidden === undefined, log.length === 4);
  }
  assert.deepEqual([...seen].sort(), ['2 entries, view 2', '2 entries, view 3', '4 entries, view 3']);
});

test('no more disks are turned back at a time than a majority would tell of', () => {
  const { world, nodes } = turnable();
  for (let round = 0; round < 20; round++) for (const node of nodes) turnBack(world, node);
  assert.equal(nodes.filter(({ hidden }) => hidden !== undefined).length, 1);
});

test('an alarm about a disk that was not turned back is found', () => {
  const { world, nodes } = turnable();
  world.profile = { ...world.profile, network: { ...world.profile.network, inOrder: true } };
  const [a, b] = nodes as [SimNode, SimNode];
  const shown = { view: 2, signed: { view: 2, seqno: 2 } };
  const remembered = { ...shown, signedInView: 2 };
  const alarm = (node: string) =>
    stagedStep({ node: a, ready: { turnedBack: [{ node, shown, remembered }] } });
  const checker = falseAlarm(world);
  b.turned = true;
  checker.step?.(alarm(b.id));
  assert.throws(() => checker.step?.(alarm(a.id)), /n0 says that the disk of n0 was turned back/);
});

test('a node that was turned back votes once in each of its lives', () => {
  const { nodes } = turnable();
  const [a, b, c] = nodes as [SimNode, SimNode, SimNode];
  const vote = { type: 'requestVoteResponse', view: 3, granted: true, life: 7 } as const;
  const checker = oneVote();
  checker.sent?.(staged(a, b, vote));
  a.turned = true;
  checker.sent?.(staged(a, c, { ...vote, life: 8 }));
  checker.sent?.(staged(a, b, { ...vote, life: 9, doubt: { view: 2, signed: { view: 2, seqno: 2 } } }));
  assert.throws(() => checker.sent?.(staged(a, b, { ...vote, life: 8 })), /votes for n2 and n1/);
});
