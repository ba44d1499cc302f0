/**
 * The public GeneralStateTests, whose oracle is the Merkle-Patricia root of the whole state after a transaction.
 * Every fourth file here; `npm run state-tests -- DIR` runs all of them.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { createCocoEvmEngine } from './engine/coco.js';
import { createEthereumjsEngine } from './engine/ethereumjs.js';
import { readSharedJson, sharedData } from './testing/sharedData.js';
import { runStateTest, type StateTest } from './testing/stateTest.js';
import type { EvmEngine } from './types.js';

const folder = sharedData('state-tests');
const skip = folder === undefined ? 'shared/data/ethereum/state-tests is not there' : false;
/** They burn gas for seconds to minutes each. */
const SLOW = /CALLBlake2f_MaxRounds|vmPerformance/;
/** Those on which the reference takes as long. */
const SLOW_REFERENCE =
  /stTimeConsuming|stQuadraticComplexity|stMemoryStress|stAttackTest|Call1MB|Call50000|LoopCalls|until_out_of_gas/;

function files(every: number): readonly string[] {
  if (folder === undefined) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  return names.sort().filter((name, index) => index % every === 0 && !SLOW.test(name));
}

async function check(engine: EvmEngine, names: readonly string[]): Promise<void> {
  const failures: string[] = [];
  let count = 0;
  for (const file of names) {
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
}

test('public state tests end in the state and the logs that all clients agree on', { skip }, async () => {
  await check(createCocoEvmEngine(), files(4));
});

test('the reference engine agrees', { skip }, async () => {
  await check(
    createEthereumjsEngine(),
    files(24).filter((name) => !SLOW_REFERENCE.test(name)),
  );
});
