import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from './entries.test.js';
import { preventDumps } from './preventDumps.js';

function warnings(options: readonly string[], filter: string): readonly string[] {
  const said: string[] = [];
  preventDumps(
    { warn: (message, facts) => said.push(`${message} ${JSON.stringify(facts)}`) },
    options,
    filter,
  );
  return said;
}

test('CONF-1: a core dump has nothing of the memory of the process', {
  skip: process.platform !== 'linux',
}, () => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { preventDumps } from ${JSON.stringify(new URL('./preventDumps.js', import.meta.url).href)};
    preventDumps({ warn: (message) => console.log(message) });
    console.log(readFileSync('/proc/self/coredump_filter', 'utf8').trim());`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: {},
  });
  assert.equal(stdout, '00000000\n');
});

test('whoever starts a node hears of options that show its memory, and of a system that does not let it be kept', (t) => {
  const filter = join(temporaryDirectory(t), 'filter');
  assert.deepEqual(warnings(['--initial-old-space-size=256', ''], filter), []);
  assert.equal(readFileSync(filter, 'utf8'), '0');
  const [said = '', ...more] = warnings(
    ['--heapsnapshot-signal=SIGUSR2', '--inspect', '--no-warnings'],
    filter,
  );
  assert.match(said, /--heapsnapshot-signal=SIGUSR2 --inspect"/);
  assert.deepEqual(more, []);
  const absent = join(filter, 'absent');
  assert.match(warnings([], absent)[0] ?? '', /core dumps/);
  assert.ok(!existsSync(absent));
});
