import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readGramineQuote } from './gramine.js';
import { manualClock } from './testing/manualClock.js';

const reportData = new Uint8Array(64).fill(9);

function quoteOver(data: Uint8Array): Uint8Array {
  const quote = new Uint8Array(4600);
  quote.set(data, 368);
  return quote;
}

test('Gramine: a quote over what was written; one that is over something else is not taken', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-gramine-'));
  const file = (name: string): string => path.join(directory, name);
  writeFileSync(file('attestation_type'), 'dcap');
  writeFileSync(file('quote'), quoteOver(new Uint8Array(64)));
  let steps = 0;
  const clock = manualClock(0, () => {
    if (++steps === 3) writeFileSync(file('quote'), quoteOver(readFileSync(file('user_report_data'))));
  });
  const quote = await readGramineQuote({ directory, reportData, timeoutMs: 1000 }, clock);
  assert.deepEqual(quote, quoteOver(reportData));
  assert.equal(steps, 3);
  const other = { directory, reportData: new Uint8Array(64).fill(8), timeoutMs: 1000 };
  await assert.rejects(readGramineQuote(other, manualClock(0)), { code: 'COCO_ATTESTER_TIMEOUT' });
  rmSync(directory, { recursive: true });
});

test('Gramine: where it is not, or attests in another way, that is said', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-gramine-'));
  const reading = () => readGramineQuote({ directory, reportData, timeoutMs: 10 }, manualClock(0));
  await assert.rejects(reading(), { code: 'COCO_ATTESTER_DEVICE', message: /running under Gramine/ });
  writeFileSync(path.join(directory, 'attestation_type'), 'none\n');
  await assert.rejects(reading(), {
    code: 'COCO_ATTESTER_DEVICE',
    message: /attests with "none".*remote_attestation = "dcap"/,
  });
  rmSync(directory, { recursive: true });
});
