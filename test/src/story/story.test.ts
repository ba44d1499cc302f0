/**
 * NET-1, NET-3, GOV-7, GOV-8: on real processes and by the `coco` command, a network takes in a member and its node and
 * lets a first node go while clients transact; nothing is lost. `npm run story:governance` tells all of it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { playStory } from './story.js';

test('the story of a governed network, in short', { timeout: 180_000 }, async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const result = await playStory({
    directory: mkdtempSync(path.join(tmpdir(), 'coco-story-')),
    keep: false,
    length: 'short',
    seed,
    say: (line) => t.diagnostic(line),
  });
  assert.deepEqual(result.faults, [], `everything is left in ${result.directory}`);
  assert.ok(result.acknowledged > 0);
  assert.equal(result.joins.length, 1);
});
