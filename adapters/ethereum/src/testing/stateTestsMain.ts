/**
 * `npm run state-tests -- DIR [--engine coco|ethereumjs]`: runs every public state test below a folder, for every
 * fork that it has results for. Prints progress, then `N passed, N failed` and the names of the failures; the exit
 * status is 1 if there are any, 2 if there is nothing to run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine } from '../engine/createEngine.js';
import type { EvmEngine } from '../types.js';
import { runStateTest, type StateTest } from './stateTest.js';

const PROGRESS_MS = 5_000;

interface Tally {
  passed: number;
  readonly failures: string[];
}

/** Runs all cases of one file. */
async function runFile(engine: EvmEngine, file: string, name: string, tally: Tally): Promise<void> {
  const tests = JSON.parse(readFileSync(file, 'utf8')) as Record<string, StateTest>;
  for (const [test, stateTest] of Object.entries(tests)) {
    for (const [fork, cases] of Object.entries(stateTest.post ?? {})) {
      for (const [index, expected] of cases.entries()) {
        const difference = await runStateTest(engine, stateTest, fork, expected).catch(String);
        if (difference === '') tally.passed++;
        else tally.failures.push(`${name} ${test} ${fork} ${index}: ${difference}`);
      }
    }
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { engine: { type: 'string', default: 'coco' } },
  });
  const [folder] = positionals;
  if (folder === undefined || (values.engine !== 'coco' && values.engine !== 'ethereumjs')) {
    console.error('usage: npm run state-tests -- DIR [--engine coco|ethereumjs]');
    return 2;
  }
  const engine = createEngine(values.engine);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  const tally: Tally = { passed: 0, failures: [] };
  let shown = performance.now();
  for (const [index, name] of names.sort().entries()) {
    await runFile(engine, path.join(folder, name), name, tally);
    if (performance.now() - shown < PROGRESS_MS) continue;
    shown = performance.now();
    const { passed, failures } = tally;
    console.log(
      `${index + 1} of ${names.length} files: ${passed} passed, ${failures.length} failed (${name})`,
    );
  }
  for (const failure of tally.failures) console.log(failure);
  console.log(`${tally.passed} passed, ${tally.failures.length} failed`);
  if (tally.passed + tally.failures.length === 0) return 2;
  return tally.failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();
