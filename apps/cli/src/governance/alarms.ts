/**
 * Alarms of nodes (MIT-3) as a network has them, and in words.
 */
import type { Client } from '@coco/client';
import type { Certificate } from '@coco/crypto';
import { alarmRefusal, parseAlarm } from '@coco/governance';
import { bold, dim, fields, red, yellow } from '../terminal.js';
import { type JsonView, viewOf } from './jsonView.js';
import { type Namer, shortId } from './naming.js';

export interface FoundAlarm {
  readonly row: JsonView;
  /** Why it need not be believed; undefined when its evidence holds. */
  readonly refusal: string | undefined;
}

/** All that are open, with their evidence checked. */
export async function readAlarms(client: Client, service: Certificate): Promise<readonly FoundAlarm[]> {
  const rows = viewOf(await client.getJson('/gov/coco/alarms')).list('value');
  return rows.map((row) => {
    const alarm = parseAlarm(row.value);
    return { row, refusal: alarm === undefined ? 'it is no alarm' : alarmRefusal(alarm, service) };
  });
}

export function alarmText({ row, refusal }: FoundAlarm, namer: Namer): string {
  const rowCount = row.number('row_count') ?? 0;
  const what = [
    ...(rowCount > 0 ? [`${rowCount} row${rowCount === 1 ? '' : 's'}`] : []),
    ...(row.flag('claims') ? ['what its receipt claims'] : []),
  ];
  const tables = [...new Set(row.list('rows').map((one) => one.text('table')))].join(', ');
  return [
    `${red('●')} ${bold(`Transaction ${row.text('transaction_id')}`)} did not come out as it was recorded`,
    fields([
      ['  signed by', `node ${namer.name(row.text('primary_id'))}`],
      ['  executed again by', `node ${namer.name(row.text('node_id'))}`],
      ['  at', new Date(row.number('raised_at') ?? 0).toISOString()],
      ['  differs in', what.join(' and ') || 'how it is encoded'],
      ...(tables === '' ? [] : [['  tables', tables] as const]),
      ['  recorded', dim(digestText(row, 'recorded'))],
      ['  comes out', dim(digestText(row, 'reexecuted'))],
      ['  evidence', refusal === undefined ? 'receipt and signature hold' : yellow(refusal)],
      ['  alarm', dim(row.text('alarm'))],
    ]),
  ].join('\n');
}

const digestText = (row: JsonView, name: string): string => row.text(name) || 'not told';

/** One line for a node's status: what sampling has shown there. */
export function samplingText(sampling: JsonView): string {
  const count = (name: string): number => sampling.number(name) ?? 0;
  const share = `${Number((count('fraction_ppm') / 10_000).toFixed(4))} %`;
  const what = sampling.flag('all') ? 'everything' : share;
  const parts = ['equal', 'differing', 'unrepeatable', 'dropped']
    .filter((name) => count(name) > 0)
    .map((name) => (name === 'differing' ? red(`${count(name)} differing`) : `${count(name)} ${name}`));
  return `executes ${what} again${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

/** For whoever looks at the network: how many alarms are open. */
export function openAlarmsText(alarms: readonly FoundAlarm[]): string {
  if (alarms.length === 0) return 'none';
  const accused = [...new Set(alarms.map(({ row }) => shortId(row.text('primary_id'))))].join(', ');
  return red(`${alarms.length} open, about node ${accused}: see coco alarm list`);
}
