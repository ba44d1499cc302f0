import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeLease, NodeView } from '@coco/governance';
import { CocoError } from '@coco/primitives';
import { testIdentity, testNodeView } from '../identities.test.js';
import type { GrantedLease } from '../joinProtocol.js';
import { createLeaseKeeper, isLeaseDue, type LeaseKeeper } from './leaseKeeper.js';

const identity = testIdentity('node');
const held = (grantedAtMs: number, expiresAtMs: number): NodeLease => ({
  state: 'held',
  grantedAtMs,
  expiresAtMs,
});

/** A node whose lease holds for 90 s, on a clock of its own. */
interface World {
  nowMs: number;
  own: NodeView | undefined;
  /** What the primary answers. */
  refusal: CocoError | undefined;
  asked: number;
  readonly granted: GrantedLease[];
  readonly lines: string[];
  readonly keeper: LeaseKeeper;
  /** Looks, and lets what follows from it happen. */
  look(): Promise<void>;
}

function worldOf(own?: Partial<NodeView>, isOfEarlierStart = () => false): World {
  const say = (level: string) => (message: string) => void world.lines.push(`${level} ${message}`);
  const world: World = {
    nowMs: 1_000_000,
    own: own && testNodeView(identity, own),
    refusal: undefined,
    asked: 0,
    granted: [],
    lines: [],
    keeper: createLeaseKeeper({
      own: () => world.own,
      ask: async () => {
        world.asked++;
        if (world.refusal !== undefined) throw world.refusal;
        return { grantedAtMs: world.nowMs, expiresAtMs: world.nowMs + 90_000, nodes: [] };
      },
      onGranted: (granted) => world.granted.push(granted),
      isOfEarlierStart,
      log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      nowMs: () => world.nowMs,
    }),
    async look() {
      world.keeper.look();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return world;
}

test('MIT-2: a lease is due when a third of it is over, and when there is none', () => {
  assert.equal(isLeaseDue(undefined, 0), true);
  assert.equal(isLeaseDue(held(1000, 4000), 1999), false);
  assert.equal(isLeaseDue(held(1000, 4000), 2000), true);
  assert.equal(isLeaseDue({ ...held(1000, 4000), state: 'lapsed' }, 1000), true);
});

test('MIT-2: a node without a lease asks at once, then again when a third is over, whatever its ledger has seen by then', async () => {
  const world = worldOf({});
  await world.look();
  assert.equal(world.granted.length, 1);
  assert.deepEqual(world.keeper.standing().lease, held(1_000_000, 1_090_000));
  await world.look();
  world.nowMs += 29_999;
  await world.look();
  assert.equal(world.asked, 1);
  world.nowMs += 1;
  await world.look();
  assert.equal(world.asked, 2);
  assert.equal(world.lines.filter((line) => line.startsWith('info')).length, 1, 'renewals are no news');
});

test('CONF-2: a node that was restarted renews within seconds, once, so that it is told secrets again', async () => {
  const world = worldOf({ lease: held(1_000_000, 1_090_000) }, () => true);
  await world.look();
  const atOnce = world.asked;
  world.nowMs += 5000;
  await world.look();
  assert.deepEqual([atOnce, world.asked], [0, 1], 'nodes that start together do not come together');
  world.nowMs += 5000;
  await world.look();
  assert.equal(world.asked, 1);
});

test('where a lease asks for a restart of the machine, a node that was restarted in it waits until the lease is due', async () => {
  const world = worldOf({ lease: held(1_000_000, 1_090_000) }, () => true);
  world.refusal = new CocoError('COCO_ATTESTATION_RESTART', 'the node was not restarted');
  for (let seconds = 0; seconds < 29; seconds++) {
    await world.look();
    world.nowMs += 1000;
  }
  assert.equal(world.asked, 1);
  assert.deepEqual([world.keeper.standing().trouble, world.lines], [undefined, []]);
  world.nowMs += 1000;
  await world.look();
  assert.equal(world.asked, 2);
  assert.equal(world.keeper.standing().trouble?.code, 'COCO_ATTESTATION_RESTART');
});

test('a node that has not joined yet gets its first lease with that', async () => {
  for (const own of [undefined, { status: 'Pending' } as const]) {
    const world = worldOf(own);
    await world.look();
    assert.equal(world.asked, 0);
  }
});

test('a node that is out goes on trying, ever more seldom, says why once, and comes back', async () => {
  const reason = { code: 'COCO_LEASE_LAPSED', sentence: 'it is over' };
  const world = worldOf({ status: 'Retired', lease: { ...held(0, 1), state: 'lapsed', reason } });
  world.refusal = new CocoError(
    'COCO_ATTESTATION_TCB_FLOOR',
    'the firmware is older than the members accept',
  );
  const times: number[] = [];
  for (let seconds = 0; seconds < 300; seconds++) {
    const before = world.asked;
    await world.look();
    if (world.asked > before) times.push(seconds);
    world.nowMs += 1000;
  }
  assert.deepEqual(times, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  assert.deepEqual(world.lines, [
    "warn this node's lease is not renewed: the firmware is older than the members accept",
  ]);
  assert.equal(world.keeper.standing().trouble?.code, 'COCO_ATTESTATION_TCB_FLOOR');
  assert.equal(world.keeper.standing().isOut, true);
  world.refusal = undefined;
  world.nowMs += 60_000;
  await world.look();
  assert.equal(world.granted.length, 1);
  assert.equal(world.keeper.standing().trouble, undefined);
  assert.match(world.lines.at(-1) ?? '', /^info this node holds its lease until/);
});

test('a node that hears from others that it is out does not wait until its lease is due', async () => {
  const world = worldOf({ lease: held(1_000_000, 1_090_000) });
  await world.look();
  assert.equal(world.asked, 0);
  world.keeper.told({ code: 'COCO_LEASE_DISTRUSTED', message: 'the code is not trusted any more' });
  assert.equal(world.keeper.standing().isOut, true);
  await world.look();
  assert.equal(world.asked, 1);
  assert.equal(world.keeper.standing().isOut, false);
  world.keeper.told({ code: 'COCO_LEASE_DISTRUSTED', message: 'somebody who has not heard yet' });
  await world.look();
  assert.equal(world.asked, 1, 'it has just come back');
});

test('a node that was removed by vote asks no more (COCO_LEASE_REMOVED)', async () => {
  const world = worldOf({});
  world.refusal = new CocoError('COCO_LEASE_REMOVED', 'removed');
  for (let turn = 0; turn < 3; turn++) {
    await world.look();
    world.nowMs += 3_600_000;
  }
  assert.equal(world.asked, 1);
  assert.match(world.lines.at(-1) ?? '', /^error this node was removed/);
  const gone = worldOf({ status: 'Retired' });
  await gone.look();
  assert.equal(gone.asked, 0);
});
