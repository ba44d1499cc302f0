import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { strike } from './faults.js';
import { cutSomeLinks } from './healing.js';
import { runUntil } from './loop.js';
import { cutLinks, mendLinks, transmit } from './network.js';
import { drawProfile, type FaultKind, type NetworkProfile } from './profile.js';
import { createTimeQueue } from './queue.js';
import { createScripted } from './scripted.js';
import { createWorld, type Envelope, type SimNode, type World } from './world.js';

const calm: NetworkProfile = {
  baseMs: 1,
  jitterMs: 5,
  drop: 0,
  duplicate: 0,
  straggle: 0,
  straggleMs: 0,
  inOrder: false,
};

function worldWith(network: Partial<NetworkProfile>): { world: World; arrived: () => number[] } {
  const world = createWorld({ seed: 3, nodes: 5, create: createScripted });
  world.profile = { ...world.profile, network: { ...calm, ...network } };
  const arrived = (): number[] => {
    const views: number[] = [];
    while (world.queue.size > 0) {
      const happening = world.queue.pop();
      if (happening.type === 'deliver') views.push(happening.envelope.message.view);
    }
    return views;
  };
  return { world, arrived };
}

function send(world: World, count: number): void {
  const [from, to] = world.nodes as [SimNode, SimNode];
  for (let view = 1; view <= count; view++) {
    const envelope: Envelope = {
      from,
      to,
      message: { type: 'requestVoteResponse', view, granted: false },
      records: [],
      healing: 0,
    };
    transmit(world, envelope);
  }
}

test('a network that keeps order keeps it; another does not', () => {
  for (const inOrder of [true, false]) {
    const { world, arrived } = worldWith({ inOrder });
    send(world, 50);
    const views = arrived();
    assert.equal(views.length, 50);
    const sorted = views.toSorted((a, b) => a - b);
    assert.equal(views.join() === sorted.join(), inOrder);
  }
});

test('losses and copies come about as often as the profile says', () => {
  const lossy = worldWith({ drop: 0.2 });
  send(lossy.world, 2_000);
  assert.ok(Math.abs(lossy.arrived().length - 1_600) < 80);
  const doubling = worldWith({ duplicate: 0.2 });
  send(doubling.world, 2_000);
  assert.ok(Math.abs(doubling.arrived().length - 2_400) < 80);
});

test('a cut works in one direction, and cuts add up', () => {
  const { world, arrived } = worldWith({});
  const link = 1;
  cutLinks(world, [link]);
  cutLinks(world, [link]);
  mendLinks(world, [link]);
  send(world, 3);
  assert.equal(world.queue.size, 0);
  mendLinks(world, [link]);
  send(world, 3);
  assert.equal(arrived().length, 3);
});

test('every fault of the catalogue strikes, and is over some time later', () => {
  const kinds: FaultKind[] = [
    'crash',
    'crashMajority',
    'pause',
    'split',
    'splitOneWay',
    'isolate',
    'deafen',
    'mute',
    'pair',
    'bridge',
    'links',
  ];
  for (const kind of kinds) {
    const { world } = worldWith({});
    for (const node of world.nodes) node.machine = createScripted();
    strike(world, kind, world.nodes[0] as SimNode);
    const isHit = (): boolean =>
      world.cuts.some((cut) => cut > 0) ||
      world.nodes.some((node) => node.machine === undefined || node.paused);
    assert.ok(isHit(), `${kind} strikes`);
    runUntil(world, 60_000_000 * (world.profile.outageMs / 100), () => !isHit());
    assert.ok(!isHit(), `${kind} ends`);
  }
});

test('partial healing leaves every node in touch, both ways, with a majority', () => {
  for (let seed = 0; seed < 200; seed++) {
    for (const nodes of [3, 4, 5, 7]) {
      const world = createWorld({ seed, nodes, create: createScripted });
      cutSomeLinks(world, world.nodes);
      for (let a = 0; a < nodes; a++) {
        let inTouch = 1;
        for (let b = 0; b < nodes; b++) {
          if (a !== b && world.cuts[a * nodes + b] === 0 && world.cuts[b * nodes + a] === 0) inTouch += 1;
        }
        assert.ok(inTouch > nodes / 2, `seed ${seed}, ${nodes} nodes: node ${a} reaches ${inTouch}`);
      }
    }
  }
});

test('swarm: across seeds, runs differ in which faults are on', () => {
  const sets = new Set<string>();
  for (let seed = 0; seed < 50; seed++) sets.add(drawProfile(seededRandom(seed)).faults.join());
  assert.ok(sets.size > 40);
});

test('what is planned happens by time, then in the order of planning', () => {
  const queue = createTimeQueue<number>();
  const random = seededRandom(1);
  const planned: { atUs: number; id: number }[] = [];
  for (let id = 0; id < 500; id++) {
    const atUs = random.integer(50);
    planned.push({ atUs, id });
    queue.push(atUs, id);
  }
  planned.sort((a, b) => a.atUs - b.atUs || a.id - b.id);
  const popped: number[] = [];
  while (queue.size > 0) popped.push(queue.pop());
  assert.deepEqual(
    popped,
    planned.map(({ id }) => id),
  );
});
