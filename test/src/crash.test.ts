/**
 * "Committed" survives everything that a crash can do: no transaction that was acknowledged is lost (TX-4), on any
 * node, and every ledger verifies. `npm run crash -- --rounds N --seed S` does the same for longer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCrashes } from './crash.js';

const seed = Number(process.env.COCO_CRASH_SEED ?? Date.now() % 1_000_000);

test('SIGKILL of all three processes under load, three times: nothing acknowledged is lost', {
  timeout: 120_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const result = await runCrashes({ rounds: 3, seed, victims: 'all', say: (line) => t.diagnostic(line) });
  assert.deepEqual(result.faults, [], `the network's files are in ${result.directory}`);
  assert.equal(result.rounds, 3);
  assert.ok(result.acknowledged > 0);
});

test('SIGKILL of the primary, again and again: a new one within 5 s, nothing acknowledged is lost', {
  timeout: 120_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const result = await runCrashes({ rounds: 3, seed, victims: 'primary', say: (line) => t.diagnostic(line) });
  assert.deepEqual(result.faults, [], `the network's files are in ${result.directory}`);
  assert.ok(Math.max(...result.recoveredMs) < 5_000, `${result.recoveredMs}`);
  assert.ok(result.acknowledged > 0);
});
