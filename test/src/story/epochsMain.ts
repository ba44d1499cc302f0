/**
 * `npm run story:epochs`: the whole story of epochs and the network's key, told while it happens; exit status 1 when anything
 * in it is not as it should be.
 */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type EpochsResult, playEpochs } from './epochsStory.js';
import { recordedTransactions } from './recorded.js';

const usage = 'npm run story:epochs -- [--short] [--keep DIR] [--seed N] [--json]';

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
  const set = short ? undefined : recordedTransactions(say);
  const result = await playEpochs({
    directory: keep ?? mkdtempSync(path.join(tmpdir(), 'coco-epochs-')),
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

function conclusion(result: EpochsResult): string {
  const { faults, seconds, acknowledged, lost, replayed, epochs, resharings, times, directory } = result;
  const replay = replayed === undefined ? 'not replayed' : `equal ${replayed.equal} of ${replayed.of}`;
  const figures = [
    `transactions acknowledged  ${acknowledged}`,
    `transactions lost          ${lost}`,
    `replay set                 ${replay}`,
    `epochs begun               ${epochs}`,
    `resharings                 ${resharings}`,
    ...times.map(({ what, seconds: took }) => `${took.toFixed(1).padStart(6)} s  ${what}`),
  ];
  if (faults.length > 0)
    return [...figures, ...faults, `FAILED; everything is left in ${directory}`].join('\n');
  return [...figures, `The end, after ${seconds.toFixed(0)} s.`].join('\n');
}
