/** MIT-3: a mismatch is an alarm in log, figures and status, and on the ledger as soon as a primary writes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToWorker } from '@coco/adapter';
import type { Alarm } from '@coco/governance';
import { CocoError, type NodeId, type TxId, utf8 } from '@coco/primitives';
import { createMetrics, type Metrics } from '../metrics.js';
import { createSampling, type Sampling } from './sampling.js';

const difference = {
  recorded: new Uint8Array(32),
  reexecuted: new Uint8Array(32).fill(1),
  claims: false,
  rowCount: 1,
  rows: [{ table: 'counter.values', key: utf8('plums') }],
};

interface World {
  readonly posted: ToWorker[];
  readonly lines: string[];
  readonly metrics: Metrics;
  readonly sampling: Sampling;
  readonly written: TxId[];
  clockMs: number;
  primary: NodeId | undefined;
  refusal: CocoError | undefined;
  asked: number;
  proves: boolean;
  differs(seqno: number): void;
  /** Looks, and lets what follows from it happen. */
  look(): Promise<void>;
}

function worldOf(all = false): World {
  const metrics = createMetrics();
  const lines: string[] = [];
  const say = (level: string) => (message: string, facts?: object) =>
    void lines.push(`${level} ${message} ${JSON.stringify(facts)}`);
  const world: World = {
    posted: [],
    lines,
    metrics,
    clockMs: 0,
    primary: 'liar',
    refusal: undefined,
    written: [],
    asked: 0,
    proves: true,
    sampling: createSampling({
      all,
      post: (message) => void world.posted.push(message),
      accuse: (txId) =>
        world.proves ? ({ nodeId: 'n', txId, primaryId: 'liar' } as unknown as Alarm) : undefined,
      write: async ({ txId }) => {
        world.asked += 1;
        if (world.refusal !== undefined) throw world.refusal;
        world.written.push(txId);
      },
      primary: () => world.primary,
      log: { info: say('info'), warn: say('warn'), error: say('error') },
      metrics,
      clockMs: () => world.clockMs,
    }),
    differs(seqno) {
      const txId = { view: 2, seqno };
      world.sampling.heard({ type: 'reexecuted', txId, outcome: 'differing', difference });
    },
    async look() {
      world.sampling.look();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return world;
}

test('the worker hears what the members decided, once', () => {
  const { sampling, posted, metrics } = worldOf();
  for (const sampleFractionPpm of [10_000, 10_000, 20_000]) sampling.follow({ sampleFractionPpm });
  assert.deepEqual(posted, [
    { type: 'sampling', ppm: 10_000 },
    { type: 'sampling', ppm: 20_000 },
  ]);
  assert.match(metrics.text(), /coco_sampling_fraction 0\.02/);
});

test('outcomes are counted, and one that differs is told to everybody, without keys of private tables', async () => {
  const world = worldOf();
  const txId = { view: 2, seqno: 5 };
  for (const outcome of ['equal', 'equal', 'unrepeatable', 'dropped'] as const)
    world.sampling.heard({ type: 'reexecuted', txId, outcome });
  assert.equal(world.lines.length, 0);
  world.differs(7);
  const [line] = world.lines;
  assert.match(line ?? '', /^error transaction 2\.7 .*COCO_ALARM_RAISED.*"primary":"liar".*counter\.values/);
  assert.doesNotMatch(line ?? '', /plums|706c756d73/);
  const { counts, alarms } = world.sampling.standing();
  assert.deepEqual(counts, { equal: 2, unrepeatable: 1, dropped: 1, differing: 1 });
  assert.deepEqual(alarms, [{ txId: { view: 2, seqno: 7 }, primaryId: 'liar', written: false }]);
  for (const figure of ['sampled_total 5', 'sampled_equal_total 2', 'sampled_differing_total 1'])
    assert.ok(world.metrics.text().includes(`coco_${figure}`), figure);
  await world.look();
  assert.deepEqual(world.written, [{ view: 2, seqno: 7 }]);
  assert.equal(world.sampling.standing().alarms[0]?.written, true);
  await world.look();
  assert.equal(world.asked, 1);
});

test('a primary that refuses is asked ever more seldom, and the next one at once', async () => {
  const world = worldOf();
  world.refusal = new CocoError('COCO_ALARM_EVIDENCE', 'I did no such thing');
  world.differs(7);
  await world.look();
  const [alarm] = world.sampling.standing().alarms;
  assert.deepEqual([alarm?.written, alarm?.trouble], [false, 'I did no such thing']);
  await world.look();
  assert.equal(world.asked, 1);
  world.clockMs += 1000;
  await world.look();
  world.clockMs += 1000;
  await world.look();
  assert.equal(world.asked, 2, 'after one second, then after two');
  assert.equal(world.lines.filter((line) => line.includes('not on the ledger')).length, 1);
  world.refusal = undefined;
  world.primary = 'honest';
  await world.look();
  assert.equal(world.sampling.standing().alarms[0]?.written, true);
});

test('one that is refused does not keep others waiting', async () => {
  const world = worldOf();
  world.refusal = new CocoError('COCO_ALARM_LIMIT', 'too many');
  world.differs(7);
  await world.look();
  world.refusal = undefined;
  world.differs(9);
  await world.look();
  assert.deepEqual(world.written, [{ view: 2, seqno: 9 }]);
});

test('without a receipt an alarm stays with its node, and many do not fill its memory', async () => {
  const world = worldOf();
  world.proves = false;
  for (let seqno = 1; seqno <= 300; seqno++) world.differs(seqno);
  await world.look();
  assert.equal(world.asked, 0);
  const { counts, alarms } = world.sampling.standing();
  assert.deepEqual([counts.differing, alarms.length, world.lines.length], [300, 100, 100]);
});
