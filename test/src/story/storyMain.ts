/**
 * `npm run story:governance`: the whole story, told while it happens; exit status 1 when anything in it is not as it
 * should be.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { checkout } from '../coco.js';
import { whyNoTerminal } from '../governed/terminal.js';
import { playExamples } from './examples.js';
import { governancePage, withExamples } from './examplesPage.js';
import { recordedTransactions } from './recorded.js';
import { playStory, type StoryResult } from './story.js';

const usage = 'npm run story:governance -- [--short] [--keep DIR] [--seed N] [--json] | --write-examples';
/** As in the wizard's own suggestions. */
const examplesPort = 8545;

// What was waited for when the story failed is waited for no longer.
process.exit(await main());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      keep: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      'write-examples': { type: 'boolean', default: false },
    },
  });
  if (values['write-examples']) return writeExamples();
  const { keep, json, short } = values;
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) return refuse(usage);
  if (keep !== undefined && existsSync(keep) && readdirSync(keep).length > 0) {
    return refuse(`${keep} is not empty; ${usage}`);
  }
  const say = (line: string): void => void (json ? undefined : process.stdout.write(`${line}\n`));
  const set = recordedTransactions(say);
  const result = await playStory({
    directory: keep ?? mkdtempSync(path.join(tmpdir(), 'coco-story-')),
    keep: keep !== undefined,
    length: short ? 'short' : 'whole',
    ...(set && { set }),
    seed,
    say,
  });
  process.stdout.write(`${json ? JSON.stringify(result) : conclusion(result)}\n`);
  return result.faults.length === 0 ? 0 : 1;
}

/** Plays the examples of the page about governance, and writes what was printed into it. */
async function writeExamples(): Promise<number> {
  const missing = whyNoTerminal();
  if (missing !== false) return refuse(missing);
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-examples-'));
  const examples = await playExamples(directory, examplesPort);
  writeFileSync(governancePage, withExamples(readFileSync(governancePage, 'utf8'), examples));
  rmSync(directory, { recursive: true });
  process.stdout.write(`${examples.length} examples in ${path.relative(checkout, governancePage)}\n`);
  return 0;
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 2;
}

function conclusion({ faults, seconds, acknowledged, joins, replacements, directory }: StoryResult): string {
  if (faults.length > 0) return [...faults, `FAILED; everything is left in ${directory}`].join('\n');
  const slowest = Math.max(0, ...joins.map((one) => one.seconds)).toFixed(1);
  const pauses = replacements.flatMap(({ joinPauseMs, leavePauseMs }) => [joinPauseMs, leavePauseMs]);
  const pause =
    pauses.length === 0 ? '' : `, and never more than ${Math.round(Math.max(...pauses))} ms without one`;
  return [
    `The end, after ${seconds.toFixed(0)} s: ${joins.length} nodes joined (at most ${slowest} s after the vote), ` +
      `${replacements.length} were replaced; ${acknowledged} transactions acknowledged${pause}; 0 lost.`,
  ].join('\n');
}
