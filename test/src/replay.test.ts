/**
 * DEMO-1: 2,538 transactions of the public Ethereum network give the same status, gas and logs on a network of three
 * nodes, also when a backup is killed half-way and comes back.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { checkout, startCoco } from './coco.js';

const data = path.join(checkout, '../shared/data/ethereum/replay');
const missing = existsSync(data) ? false : `the recorded transactions are not at ${data}`;

test('coco replay --kill-backup: replayed 2538, equal 2538', {
  skip: missing,
  timeout: 300_000,
}, async (t) => {
  const replay = startCoco('replay', data, '--kill-backup');
  t.after(() => replay.child.kill('SIGTERM'));
  const { status, stdout, stderr } = await replay.ended;
  for (const line of stdout.split('\n')) if (/tx\/s|node\d|started/.test(line)) t.diagnostic(line.trim());
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /^replayed 2538, equal 2538$/m);
  assert.match(stdout, /node\d, a backup, was killed \(SIGKILL\)\n[\s\S]*was started again/);
  assert.equal(stdout.match(/ledger sound/g)?.length, 3, stdout);
});
