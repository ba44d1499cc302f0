/**
 * The public GeneralStateTests, whose oracle is the Merkle-Patricia root of the whole state after a transaction.
 * Every twelfth file here; STATE_TESTS=all runs all of them.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { createEthereumjsEngine } from './engine/ethereumjs.js';
import { readSharedJson, sharedData } from './testing/sharedData.js';
import { runStateTest, type StateTest } from './testing/stateTest.js';

const folder = sharedData('state-tests');
const skip = folder === undefined ? 'shared/data/ethereum/state-tests is not there' : false;
const all = process.env.STATE_TESTS === 'all';
const only = process.env.STATE_TESTS_ONLY;
/** They burn gas for seconds to minutes each; with all they run too. */
const SLOW =
  /stTimeConsuming|stQuadraticComplexity|stMemoryStress|vmPerformance|stAttackTest|Call1MB|Call50000|LoopCalls|until_out_of_gas/;

function files(): readonly string[] {
  if (folder === undefined) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  names.sort();
  if (only !== undefined) return names.filter((name) => name.includes(only));
  return all ? names : names.filter((name, index) => index % 12 === 0 && !SLOW.test(name));
}

test('public state tests end in the state and the logs that all clients agree on', { skip }, async () => {
  const engine = createEthereumjsEngine();
  const failures: string[] = [];
  let count = 0;
  for (const file of files()) {
    const tests = readSharedJson<Record<string, StateTest>>(`state-tests/${file}`);
    for (const [name, stateTest] of Object.entries(tests)) {
      for (const [fork, cases] of Object.entries(stateTest.post)) {
        for (const [index, expected] of cases.entries()) {
          count++;
          const difference = await runStateTest(engine, stateTest, fork, expected);
          if (difference !== '') failures.push(`${file} ${name} ${fork} ${index}: ${difference}`);
        }
      }
    }
  }
  assert.deepEqual(failures.slice(0, 20), [], `${failures.length} of ${count} differ`);
  assert.ok(count > 0);
});
