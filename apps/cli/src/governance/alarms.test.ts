import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { describeAction } from './actionText.js';
import { alarmText, openAlarmsText, samplingText } from './alarms.js';
import { viewOf } from './jsonView.js';
import { namerOf } from './naming.js';
import { settingsText } from './policyRows.js';

const namer = namerOf([]);
const plain = (text: string) => stripVTControlCharacters(text).replace(/ +/g, ' ');
const row = viewOf({
  alarm: `${'cd'.repeat(32)}:2.17`,
  node_id: 'cd'.repeat(32),
  primary_id: 'ab'.repeat(32),
  transaction_id: '2.17',
  raised_at: 0,
  row_count: 2,
  claims: true,
  rows: [{ table: 'ethereum.accounts' }, { table: 'ethereum.accounts' }],
  recorded: '01'.repeat(32),
});

test('MIT-3: an alarm says who accuses whom of what, and whether its evidence holds', () => {
  const text = plain(alarmText({ row, refusal: undefined }, namer));
  for (const part of [
    '● Transaction 2.17 did not come out as it was recorded',
    'signed by node abababababab\n',
    'executed again by node cdcdcdcdcdcd\n',
    'differs in 2 rows and what its receipt claims\n',
    'tables ethereum.accounts\n',
    'comes out not told\n',
    'evidence receipt and signature hold\n',
  ])
    assert.ok(text.includes(part), `${part} is in\n${text}`);
  assert.match(plain(alarmText({ row, refusal: 'it is forged' }, namer)), /evidence it is forged/);
  assert.equal(plain(openAlarmsText([])), 'none');
  const open = plain(openAlarmsText([{ row, refusal: undefined }]));
  assert.equal(open, '1 open, about node abababababab: see coco alarm list');
});

test('MIT-3: a node says how much it executes again, and what came of it', () => {
  const text = (state: object) => plain(samplingText(viewOf(state)));
  assert.equal(text({ all: false, fraction_ppm: 10_000, equal: 0 }), 'executes 1 % again');
  assert.equal(
    text({ all: true, fraction_ppm: 0, equal: 7, differing: 1, dropped: 2 }),
    'executes everything again: 7 equal, 1 differing, 2 dropped',
  );
  assert.deepEqual(settingsText(viewOf({ sample_fraction_ppm: 2500 })), [['sample fraction', '0.25 %']]);
  const action = viewOf({ name: 'close_alarm', args: { alarm: row.text('alarm') } });
  assert.equal(describeAction(action, namer)[0], 'Close the alarm over transaction 2.17');
});
