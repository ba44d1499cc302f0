/**
 * Options of the command line that say what network is measured, and with what load; the same for every benchmark of a network.
 */
import type { WorkerIsolation } from '@coco/host';
import type { LoadShape } from './measure.js';

/** A network, and what is sent to it. */
export interface LoadSettings extends LoadShape {
  readonly nodes: number;
  readonly isolation: WorkerIsolation;
  readonly rounds: number;
  /** Transactions of each load. */
  readonly count: number;
  readonly senders: number;
}

/** For `parseArgs`. */
export const loadOptions = {
  rounds: { type: 'string', default: '3' },
  count: { type: 'string', default: '24000' },
  senders: { type: 'string', default: '200' },
  batch: { type: 'string', default: '100' },
  connections: { type: 'string', default: '4' },
  'in-flight': { type: 'string', default: '4' },
  nodes: { type: 'string', default: '3' },
  worker: { type: 'string', default: 'thread' },
} as const;

/** What each of them is, for the help text. */
export const loadHelp = `  --senders N      accounts that send, each to the next (200)
  --batch N        transactions in each JSON-RPC batch (100)
  --connections N  client connections (4)
  --in-flight N    batches in flight on each connection (4)
  --nodes N        nodes (3)
  --worker WHERE   thread, process or none: what the worker runs in (thread)`;

const places: Readonly<Record<WorkerIsolation, string>> = {
  thread: 'a thread of its own',
  process: 'a process of its own',
  none: "the manager's thread",
};

/** Settings of what was given; calls `refuse` with a sentence when something is not as it should be. */
export function loadSettings(
  values: Readonly<Record<keyof typeof loadOptions, string>>,
  refuse: (sentence: string) => never,
): LoadSettings {
  const { worker } = values;
  const whole = (name: keyof typeof loadOptions): number => wholeNumber(name, values[name], refuse);
  if (!Object.hasOwn(places, worker)) refuse(`--worker takes ${Object.keys(places).join(', ')}`);
  return {
    rounds: whole('rounds'),
    count: whole('count'),
    senders: whole('senders'),
    batchSize: whole('batch'),
    connections: whole('connections'),
    inFlight: whole('in-flight'),
    nodes: whole('nodes'),
    isolation: worker as WorkerIsolation,
  };
}

/** A whole number above 0. */
export function wholeNumber(name: string, text: string, refuse: (sentence: string) => never): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) refuse(`--${name} takes a whole number above 0`);
  return value;
}

/** One line about the network. */
export function describeNetwork({ nodes, isolation }: LoadSettings): string {
  const worker = `the worker in ${places[isolation]}`;
  return `${nodes} nodes on loopback, a process each, mutual TLS 1.3, ledger encrypted and fdatasync'ed, ${worker}`;
}
