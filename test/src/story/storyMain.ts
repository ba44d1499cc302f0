/**
 * `npm run story:governance`: the whole story, told while it happens; exit status 1 when anything in it is not as it
 * should be.
 */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { loadReplaySet } from '@coco/cli';
import { checkout } from '../coco.js';
import { playStory, type StoryResult } from './story.js';

const usage = 'npm run story:governance -- [--short] [--keep DIR] [--seed N] [--json]';
const data = path.join(checkout, '../shared/data/ethereum/replay');

// What was waited for when the story failed is waited for no longer.
process.exit(await main());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      keep: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  });
  const { keep, json, short } = values;
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) return refuse(usage);
  if (keep !== undefined && existsSync(keep) && readdirSync(keep).length > 0) {
    return refuse(`${keep} is not empty; ${usage}`);
  }
  const say = (line: string): void => void (json ? undefined : process.stdout.write(`${line}\n`));
  const set = existsSync(data) ? loadReplaySet(data) : undefined;
  if (set === undefined) say(`there are no recorded transactions at ${data}: only transfers are sent`);
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
