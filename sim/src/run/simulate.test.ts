import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { mutants } from '../mutants/catalogue.js';
import { hunt } from './hunt.js';
import type { SeedOutcome } from './run-seed.js';
import { simulate } from './simulate.js';

const jobs = Math.min(4, availableParallelism());

test('the same seed gives the same hash of events, with any number of processes; another seed another', async () => {
  const plan = { firstSeed: 42, seeds: 24, nodes: 5 };
  const alone = await simulate({ ...plan, jobs: 1 });
  const spread = await simulate({ ...plan, jobs: 3 });
  assert.equal(alone.hash, spread.hash);
  assert.deepEqual(alone.counts, spread.counts);
  assert.notEqual((await simulate({ ...plan, firstSeed: 43, jobs: 1 })).hash, alone.hash);
});

test('1,000 seeds x 5 nodes that come and go, with faults, 0 violations', async (t) => {
  const begun = performance.now();
  const result = await simulate({ firstSeed: 1, seeds: 1000, nodes: 5, jobs });
  const { steps, leaders, crashes, commits, configurations, joins, retired, replaced } = result.counts;
  const { quarantined, returned, turnedBack, foundOut } = result.counts;
  t.diagnostic(`${steps} steps, ${leaders} leaders, ${crashes} crashes, ${commits} commits`);
  t.diagnostic(
    `${configurations} configurations, ${joins} joins, ${retired} retired, ${replaced} runs replaced all`,
  );
  t.diagnostic(`${quarantined} quarantined, ${returned} returned`);
  t.diagnostic(`${turnedBack} disks turned back, ${foundOut} alarms`);
  t.diagnostic(
    `${((performance.now() - begun) / 1000).toFixed(1)} s, ${(result.cpuMs / 1000).toFixed(1)} CPU-s`,
  );
  holds(result.broken);
  assert.ok(leaders > 2000 && crashes > 2000 && commits > 100_000, 'faults and work came about');
  assert.ok(configurations > 2000 && joins > 2000 && retired > 2000, 'nodes came and went');
  assert.ok(quarantined > 500 && returned > 300, 'leases ended, and were renewed');
  assert.ok(replaced > 200, 'networks outlived those who founded them');
  assert.ok(turnedBack > 200 && foundOut > 100, 'disks were turned back, and found out');
});

test('200 seeds x 3 nodes that come and go, 0 violations', async () => {
  holds((await simulate({ firstSeed: 5000, seeds: 200, nodes: 3, jobs })).broken);
});

test('200 seeds x 5 nodes that stay, with faults, 0 violations', async () => {
  holds((await simulate({ firstSeed: 1, seeds: 200, nodes: 5, jobs, membership: false })).broken);
});

test('200 seeds each x 3 and 5 nodes whose disks are turned back, 0 violations', async () => {
  for (const nodes of [3, 5]) {
    const plan = { firstSeed: 1, seeds: 200, nodes, jobs, membership: false, turning: true };
    holds((await simulate(plan)).broken);
  }
});

test('every deliberately broken rule is found', async (t) => {
  const names = new Set(mutants.map(({ name }) => name));
  assert.equal(names.size, mutants.length);
  assert.ok(mutants.length >= 59);
  const catches = await hunt({ mutants, nodes: 5, jobs, firstSeed: 1, budgetSeconds: 60 });
  for (const { mutant, checker, seedsRun, cpuSeconds } of catches) {
    assert.notEqual(checker, undefined, `${mutant} escaped through ${seedsRun} seeds`);
    t.diagnostic(`${mutant}: ${checker}, ${seedsRun} seeds, ${cpuSeconds.toFixed(2)} CPU-s`);
  }
});

/** Fails with the story of the broken run, if there is one. */
function holds(broken: SeedOutcome | undefined): void {
  if (broken === undefined) return;
  const { checker, sentence, events } = broken.violation ?? { checker: '', sentence: '', events: [] };
  assert.fail(`seed ${broken.seed}: ${checker}: ${sentence}\n${events.join('\n')}`);
}
