/**
 * `npm run bench:epochs`: what epochs and the network's key cost: one thread, step by step; and a real network whose epochs roll,
 * beside one whose epochs do not.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { epochCosts } from './epochCosts.js';
import { type EpochFigures, type EpochMeasured, runEpochRounds } from './epochRounds.js';
import { describeNetwork, loadHelp, loadOptions, loadSettings, wholeNumber } from './loadOptions.js';
import { describeMachine, describeRevision } from './machine.js';
import { median } from './statistics.js';

const help = `npm run bench:epochs -- [options]

Measures what an epoch change, a partial decryption and an unlock cost, and the throughput of a network whose epochs roll
against that of one whose epochs do not end by time, in pairs.

  --rounds N         pairs; the table shows medians (3)
  --count N          transactions of each load (120000): as many as it takes that several epochs begin meanwhile
  --epoch-seconds N  how long an epoch lasts where they roll (2)
${loadHelp}
  --repetitions N    measurements of each step in one thread (100)
  --only WHAT        steps or network
  --json FILE        also writes all figures there
`;

function leave(text: string, status: number): never {
  (status === 0 ? process.stdout : process.stderr).write(text);
  process.exit(status);
}

const refuse = (sentence: string): never => leave(`${sentence}\n\n${help}`, 2);
const { values } = parseArgs({
  options: {
    ...loadOptions,
    count: { type: 'string', default: '120000' },
    'epoch-seconds': { type: 'string', default: '2' },
    repetitions: { type: 'string', default: '100' },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) leave(help, 0);
const { only } = values;
if (only !== undefined && only !== 'steps' && only !== 'network') refuse('--only takes steps or network');
const epochSeconds = wholeNumber('epoch-seconds', values['epoch-seconds'], refuse);
const settings = { ...loadSettings(values, refuse), epochSeconds };
const repetitions = wholeNumber('repetitions', values.repetitions, refuse);
const unlockedEpochs = 100;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const [machine, revision] = [describeMachine(), describeRevision()];
print(`coco bench:epochs ${revision}\nmachine  ${machine}\n`);
const costs = only === 'network' ? [] : await epochCosts({ repetitions, epochs: unlockedEpochs });
if (costs.length > 0) {
  print(`one thread, medians of ${repetitions} (of the last two: a tenth)`);
  for (const { what, ms } of costs) print(`${ms.toFixed(2).padStart(10)} ms  ${what}`);
  print('');
}
const figures = only === 'steps' ? [] : await runEpochRounds(settings, say);
if (figures.length > 0) {
  const { rounds, count, senders, batchSize, connections, inFlight } = settings;
  print(`network  ${describeNetwork(settings)}`);
  print(
    `load     ${count} transactions of ${senders} senders in batches of ${batchSize}; ${connections} connections × ${inFlight} batches in flight`,
  );
  print(`epochs   of ${epochSeconds} s, or without end; medians of ${rounds} pairs\n`);
  for (const line of figures.flatMap(describe)) print(line);
}
if (values.json !== undefined) {
  const ratios = Object.fromEntries(figures.map((one) => [one.name, ratioOf(one)]));
  const all = { revision, machine, settings, repetitions, costs, figures, ratios };
  writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`);
}

function say(what: string): void {
  process.stderr.write(process.stderr.isTTY === true ? `\r\u001b[2K${what}\r` : `${what}\n`);
}

/** Transactions per second with epochs rolling, for each without. */
function ratioOf({ rolling, still }: EpochFigures): number {
  return median(rolling.map(rate)) / median(still.map(rate));
}

function rate({ txPerSecond }: EpochMeasured): number {
  return txPerSecond;
}

function describe(one: EpochFigures): readonly string[] {
  const { name, rolling, still } = one;
  const pairs = rolling.map((measured, i) => measured.txPerSecond / (still[i]?.txPerSecond ?? Number.NaN));
  const range = `${Math.min(...pairs).toFixed(2)}–${Math.max(...pairs).toFixed(2)}`;
  const begun = rolling.reduce((sum, { epochs }) => sum + epochs, 0);
  return [
    row(`${name}, epochs roll`, rolling),
    row(`${name}, epochs stay`, still),
    `${name}: ratio ${ratioOf(one).toFixed(3)} (of single pairs ${range}); ${begun} epochs began while it was measured`,
    ...(begun === 0 ? ['  NO epoch began: give a greater --count'] : []),
    '',
  ];
}

function row(name: string, measured: readonly EpochMeasured[]): string {
  const middle = (of: (one: EpochMeasured) => number): string =>
    Math.round(median(measured.map(of))).toString();
  const cells = [
    `${middle(rate).padStart(7)} tx/s`,
    `p50 ${middle(({ p50Ms }) => p50Ms).padStart(5)} ms`,
    `p99 ${middle(({ p99Ms }) => p99Ms).padStart(5)} ms`,
    `CPU µs/tx: primary ${middle(({ cpuUs }) => cpuUs[0] ?? Number.NaN)}`,
    `backups ${middle(({ cpuUs }) => median(cpuUs.slice(1)))}`,
  ];
  return `${name.padEnd(30)}${cells.join('  ')}`;
}
