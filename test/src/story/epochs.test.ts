/**
 * CONF-2, CONF-3, CONF-4: on real processes, with epochs of three seconds, a network of five actors goes on while two of their
 * nodes are gone, waits and says for whom while three are, and loses nothing. `npm run story:epochs` tells all of it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { playEpochs } from './epochsStory.js';

test('the story of epochs, in short: M of N go on, fewer wait, and nothing is lost', {
  timeout: 420_000,
}, async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const result = await playEpochs({
    directory: mkdtempSync(path.join(tmpdir(), 'coco-epochs-')),
    keep: false,
    length: 'short',
    seed,
    say: (line) => t.diagnostic(line),
  });
  assert.deepEqual(result.faults, [], `everything is left in ${result.directory}`);
  assert.ok(result.acknowledged > 0);
  assert.ok(result.epochs > 5, `${result.epochs} epochs began`);
});
