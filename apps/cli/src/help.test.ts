import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { commands } from './commands/all.js';
import { completionScript, shells } from './completion/scripts.js';
import { helpOf, overview } from './help.js';
import { closest } from './spelling.js';
import { visibleWidth } from './terminal.js';

test('help of every command fits in 100 columns, has an example, and begins with its usage', () => {
  for (const text of [overview(commands), ...commands.map(helpOf)]) {
    for (const line of text.split('\n')) assert.ok(visibleWidth(line) <= 100, line);
  }
  for (const command of commands) {
    assert.ok(command.examples.length > 0, command.name);
    assert.match(helpOf(command), new RegExp(`Usage: coco ${command.name}`));
    for (const [line] of command.examples) assert.doesNotMatch(line, /\t/);
  }
});

test('every command stands in the list of commands, once, and in that of its group', () => {
  const list = overview(commands);
  for (const { name, summary } of commands) {
    assert.equal(list.split(`  ${name.padEnd(1)} `).length - 1, 1, name);
    assert.ok(summary.length <= 78, name);
    const [group = ''] = name.split(' ');
    if (name.includes(' ')) assert.ok(overview(commands, group).includes(name), name);
  }
});

test('commands that print something for programs do so with --json', () => {
  const without = ['sandbox', 'node start', 'node join', 'completion', 'replay'];
  for (const { name, options } of commands) {
    assert.equal('json' in options, !without.includes(name) || name === 'replay', name);
  }
});

test('options that mean the same are called and explained the same everywhere', () => {
  const seen = new Map<string, string>();
  for (const name of ['json', 'url', 'service', 'signer-command', 'signer-input', 'prepare', 'cert', 'key']) {
    for (const command of commands) {
      const option = command.options[name];
      if (option === undefined || command.name === 'ledger verify' || command.name === 'ledger show')
        continue;
      if (command.name === 'replay') continue;
      assert.equal(option.help, seen.get(name) ?? option.help, `${command.name} --${name}`);
      seen.set(name, option.help);
    }
  }
});

test('completion scripts are ones that their shells can read, and know every command and option', () => {
  for (const shell of shells) {
    const script = completionScript(shell, commands);
    for (const { name, options } of commands) {
      for (const word of [...name.split(' '), ...Object.keys(options)])
        assert.ok(script.includes(word), word);
    }
    const checked = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    if (checked.error === undefined) assert.equal(checked.status, 0, checked.stderr);
  }
});

test('bash completes commands, subcommands, options and what can be proposed', () => {
  const script = completionScript('bash', commands);
  const complete = (...words: readonly string[]): readonly string[] => {
    const setting = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
    const run = `${script}\n${setting}\n_coco\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', run], { encoding: 'utf8' }).stdout.trim().split('\n');
  };
  assert.deepEqual(complete('coco', 'prop'), ['proposal']);
  assert.deepEqual(complete('coco', 'proposal', 'wi'), ['withdraw']);
  assert.deepEqual(complete('coco', 'proposal', 'create', 'set-vot'), ['set-voting-policy']);
  assert.deepEqual(complete('coco', 'node', 'join', '--service-f'), ['--service-fingerprint']);
});

test('a mistyped word is understood when it is close, and not when it is not', () => {
  const known = ['proposal', 'participant', 'member'];
  assert.equal(closest('propsal', known), 'proposal');
  assert.equal(closest('membre', known), 'member');
  assert.equal(closest('ledger', known), undefined);
});
