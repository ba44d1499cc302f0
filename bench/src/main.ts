/**
 * `npm run bench`: a real network through its front door, and a baseline beside it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeNetwork, loadHelp, loadOptions, loadSettings } from './loadOptions.js';
import { describeMachine, describeRevision } from './machine.js';
import { profileNetwork } from './profileNetwork.js';
import { describeFigures, ratioOf } from './report.js';
import { type BenchSettings, runRounds } from './rounds.js';

const help = `npm run bench -- [options]

Starts a network of separate processes (TLS, encrypted ledger, fdatasync) and measures what its clients get.

  --rounds N       rounds; the table shows medians (3)
  --count N        transactions of each load in each round (24000)
${loadHelp}
  --replay DIR     replay set to measure too (../shared/data/ethereum/replay, where it exists)
  --no-baseline    without anvil
  --profile        instead of the table: where the processor time of a transaction goes, node by node
  --json FILE      also writes all figures there
`;

const root = fileURLToPath(new URL('../..', import.meta.url));

function readSettings(): { settings: BenchSettings; profile: boolean; json: string | undefined } {
  const { values } = parseArgs({
    options: {
      ...loadOptions,
      replay: { type: 'string' },
      'no-baseline': { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) leave(help, 0);
  const usual = path.join(root, '../shared/data/ethereum/replay');
  const replay = values.replay ?? (existsSync(usual) ? usual : undefined);
  const settings = {
    ...loadSettings(values, (sentence) => leave(`${sentence}\n\n${help}`, 2)),
    baseline: !values['no-baseline'],
    ...(replay === undefined ? {} : { replay }),
  };
  return { settings, profile: values.profile, json: values.json };
}

function leave(text: string, status: number): never {
  (status === 0 ? process.stdout : process.stderr).write(text);
  process.exit(status);
}

function describeSettings(settings: BenchSettings): string {
  const { rounds, count, senders, batchSize, connections, inFlight } = settings;
  return [
    `network  ${describeNetwork(settings)}`,
    `load     ${count} transactions of ${senders} senders in batches of ${batchSize}; full: ${connections} connections × ${inFlight} batches in flight; half: at half that rate`,
    `figures  medians of ${rounds} rounds; latency is from sending until committed on all nodes`,
  ].join('\n');
}

const { settings, profile, json } = readSettings();
const machine = describeMachine();
const revision = describeRevision();
process.stdout.write(`coco bench ${revision}\nmachine  ${machine}\n${describeSettings(settings)}\n\n`);
const tty = process.stderr.isTTY === true;
const say = (what: string): void => void process.stderr.write(tty ? `\r\u001b[2K${what}` : `${what}\n`);
const clear = (): void => void (tty && process.stderr.write('\r\u001b[2K'));
if (profile) {
  const text = await profileNetwork(settings, say);
  clear();
  process.stdout.write(`${text}\n`);
} else {
  const figures = await runRounds(settings, say);
  clear();
  process.stdout.write(`${describeFigures(figures, settings)}\n`);
  if (json !== undefined) {
    const all = { revision, machine, settings, ...figures, ratio: ratioOf(figures) };
    writeFileSync(json, `${JSON.stringify(all, null, 2)}\n`);
  }
}
