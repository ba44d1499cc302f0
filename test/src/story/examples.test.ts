/**
 * The examples of docs/governance.md are what the commands print: played again, they differ in ids and numbers alone.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { whyNoTerminal } from '../governed/terminal.js';
import { playExamples } from './examples.js';
import { examplesIn, governancePage, lastingLines } from './examplesPage.js';

test('docs/governance.md shows what people see', { skip: whyNoTerminal(), timeout: 120_000 }, async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-examples-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const printed = await playExamples(directory);
  const onPage = examplesIn(readFileSync(governancePage, 'utf8'));
  assert.deepEqual(onPage.map(({ name }) => name).toSorted(), printed.map(({ name }) => name).toSorted());
  for (const example of onPage) {
    const again = printed.find(({ name }) => name === example.name);
    assert.ok(again !== undefined);
    const hint = `example ${example.name}: npm run story:governance -- --write-examples writes it anew`;
    assert.deepEqual(lastingLines(example), lastingLines(again), hint);
  }
});
