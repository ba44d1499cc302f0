/**
 * `npm run bench`: a real network through its front door, and a baseline beside it.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { WorkerIsolation } from '@coco/host';
import { describeMachine, describeRevision } from './machine.js';
import { profileNetwork } from './profileNetwork.js';
import { describeFigures, ratioOf } from './report.js';
import { type BenchSettings, runRounds } from './rounds.js';

const help = `npm run bench -- [options]

Starts a network of separate processes (TLS, encrypted ledger, fdatasync) and measures what its clients get.

  --rounds N       rounds; the table shows medians (3)
  --count N        transactions of each load in each round (24000)
  --senders N      accounts that send, each to the next (200)
  --batch N        transactions in each JSON-RPC batch (100)
  --connections N  client connections (4)
  --in-flight N    batches in flight on each connection (4)
  --nodes N        nodes (3)
  --worker WHERE   thread, process or none: what the worker runs in (thread)
  --replay DIR     replay set to measure too (../shared/data/ethereum/replay, where it exists)
  --no-baseline    without anvil
  --profile        instead of the table: where the processor time of a transaction goes, node by node
  --json FILE      also writes all figures there
`;

const places: Readonly<Record<WorkerIsolation, string>> = {
  thread: 'a thread of its own',
  process: 'a process of its own',
  none: "the manager's thread",
};

const root = fileURLToPath(new URL('../..', import.meta.url));

function readSettings(): { settings: BenchSettings; profile: boolean; json: string | undefined } {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      count: { type: 'string', default: '24000' },
      senders: { type: 'string', default: '200' },
      batch: { type: 'string', default: '100' },
      connections: { type: 'string', default: '4' },
      'in-flight': { type: 'string', default: '4' },
      nodes: { type: 'string', default: '3' },
      worker: { type: 'string', default: 'thread' },
      replay: { type: 'string' },
      'no-baseline': { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) leave(help, 0);
  const whole = (name: 'rounds' | 'count' | 'senders' | 'batch' | 'connections' | 'in-flight' | 'nodes') => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 1)
      leave(`--${name} takes a whole number above 0\n\n${help}`, 2);
    return value;
  };
  if (!Object.hasOwn(places, values.worker))
    leave(`--worker takes ${Object.keys(places).join(', ')}\n\n${help}`, 2);
  const usual = path.join(root, '../shared/data/ethereum/replay');
  const replay = values.replay ?? (existsSync(usual) ? usual : undefined);
  const settings = {
    rounds: whole('rounds'),
    count: whole('count'),
    senders: whole('senders'),
    batchSize: whole('batch'),
    connections: whole('connections'),
    inFlight: whole('in-flight'),
    nodes: whole('nodes'),
    isolation: values.worker as WorkerIsolation,
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
  const { nodes, isolation, rounds, count, senders, batchSize, connections, inFlight } = settings;
  const worker = `the worker in ${places[isolation]}`;
  return [
    `network  ${nodes} nodes on loopback, a process each, mutual TLS 1.3, ledger encrypted and fdatasync'ed, ${worker}`,
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
