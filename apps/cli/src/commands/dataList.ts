/**
 * `coco data list`: what was given point to point between this actor and others, and what became of it (CONF-6).
 */
import process from 'node:process';
import type { Command } from '../command.js';
import { dataOptions, readData, type SharedData, withParty } from '../data/sharedData.js';
import { type Namer, namerOf, shortId } from '../governance/naming.js';
import { readActors } from '../governance/networkReader.js';
import { dim, green, red, table, thousands, yellow } from '../terminal.js';

export const dataList: Command = {
  name: 'data list',
  summary: 'show what was given between you and others, and what became of it',
  operands: '',
  options: dataOptions,
  examples: [['coco data list', 'with COCO_URL, COCO_SERVICE, COCO_CERT and COCO_KEY in the environment']],
  async run(_operands, options) {
    return withParty(options, async (client) => {
      const data = (await readData(client)).toSorted((a, b) => a.recordedAtMs - b.recordedAtMs);
      if (options['json'] === true) {
        process.stdout.write(`${JSON.stringify(data.map(({ value }) => value))}\n`);
      } else if (data.length === 0) {
        process.stdout.write(`${dim('there is nothing between you and others at this node')}\n`);
      } else {
        process.stdout.write(`${dataTable(data, namerOf(await readActors(client)))}\n`);
      }
      return 0;
    });
  },
};

function dataTable(data: readonly SharedData[], namer: Namer): string {
  const rows = data.map((one) => [
    shortId(one.id),
    namer.name(one.by),
    one.parties
      .filter((id) => id !== one.by)
      .map(namer.name)
      .join(', '),
    thousands(one.size),
    stateText(one.state),
    when(one.recordedAtMs),
    end(one),
  ]);
  return table([['digest', 'from', 'to', 'bytes', 'state', 'recorded', 'expires'], ...rows]);
}

function stateText(state: string): string {
  if (state === 'held') return green(state);
  return state === 'missing' ? red('missing: is being fetched') : yellow(state);
}

function end({ expiresAtMs, expiresAtSeqno }: SharedData): string {
  const ends = [
    ...(expiresAtMs === undefined ? [] : [when(expiresAtMs)]),
    ...(expiresAtSeqno === undefined ? [] : [`at entry ${thousands(expiresAtSeqno)}`]),
  ];
  return ends.join(', ') || dim('never');
}

function when(ms: number): string {
  // What a node says may be no time at all.
  return ms > 0 && ms < 8e15 ? new Date(ms).toISOString().slice(0, 16).replace('T', ' ') : '?';
}
