import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const sim = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
const main = fileURLToPath(new URL('./main.js', import.meta.url));

test('npm run sim: prints code, seeds and hash, and leaves with 0 when no rule was broken', () => {
  const { status, stdout } = sim('--seeds', '3', '--nodes', '3', '--jobs', '1');
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^code \S+, seeds 1\.\.3, 3 nodes\n3 seeds, no rule broken: .* hash [0-9a-f]{16}\n$/);
});

test('npm run sim: a broken rule is reported with events, seed, checker and the command to replay it', () => {
  const { status, stdout } = sim('--seeds', '5', '--mutant', 'votes-twice', '--jobs', '1');
  assert.equal(status, 1);
  const replay = /npm run sim -- (--seeds 1 --seed \d+ --nodes 5 --mutant votes-twice --events)\n$/.exec(
    stdout,
  );
  assert.match(stdout, /seed \d+: vote-in-view: n\d changes its vote/);
  assert.ok(stdout.split('\n').length > 20, 'the events before it are shown');
  const hash = /hash ([0-9a-f]{16}); replay/.exec(stdout)?.[1] ?? '';
  const again = sim(...(replay?.[1] ?? '').split(' '));
  assert.equal(again.status, 1);
  assert.match(again.stdout, new RegExp(`hash ${hash}\nvote-in-view: `));
});

test('npm run sim: options are checked, and explained', () => {
  assert.equal(sim('--nodes', '10').status, 2);
  assert.equal(sim('--seeds', 'many').status, 2);
  assert.equal(sim('--nonsense').status, 2);
  assert.match(sim('--mutant', 'nobody').stderr, /no mutant is called nobody/);
  assert.match(sim('--help').stdout, /--seeds N/);
  assert.match(sim('--mutants').stdout, /votes-twice\n {4}One vote per view/);
});
