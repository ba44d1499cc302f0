/**
 * `npm run fuzz -- --executions N --seed S`: the engine of this project against the reference engine.
 */
import { parseArgs } from 'node:util';
import { createCocoEvmEngine } from '../../engine/coco.js';
import { createEthereumjsEngine } from '../../engine/ethereumjs.js';
import { fuzz } from './fuzz.js';

const PROGRESS_MS = 10_000;

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    differences: { type: 'string', default: '10' },
  },
});
const executions = positive('executions', values.executions);
const seed = positive('seed', values.seed);
let reported = performance.now();

let done = 0;
const found = await fuzz({
  engine: createCocoEvmEngine(),
  reference: createEthereumjsEngine(),
  seed,
  executions,
  differencesMax: positive('differences', values.differences),
  onDifference: ({ report }) => console.log(`\n${report}\n`),
  onProgress(executed, differences) {
    done = executed;
    if (performance.now() - reported < PROGRESS_MS) return;
    reported = performance.now();
    console.log(`${done} executions, ${differences} differences`);
  },
});
console.log(`${done} executions, ${found.length} differences`);
process.exit(found.length === 0 ? 0 : 1);

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${name} takes a whole number, not ${text}`);
  process.exit(2);
}
