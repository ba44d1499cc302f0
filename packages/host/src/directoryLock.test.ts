import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockDirectory } from './directoryLock.js';
import { type Test, temporaryDirectory } from './entries.test.js';

/** A process that locks `directory`, says so, and stays. */
async function holder(t: Test, directory: string): Promise<ChildProcess> {
  const script = `
    import { lockDirectory } from ${JSON.stringify(new URL('./directoryLock.js', import.meta.url).href)};
    lockDirectory(${JSON.stringify(directory)});
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

test('a directory that a living process uses is refused, and its process named', async (t) => {
  const directory = temporaryDirectory(t);
  const child = await holder(t, directory);
  assert.throws(() => lockDirectory(directory), {
    code: 'COCO_HOST_LOCKED',
    facts: { directory, pid: child.pid as number },
  });
});

test('the lock of a process that was killed is taken over', async (t) => {
  const directory = temporaryDirectory(t);
  const child = await holder(t, directory);
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDirectory(directory).release();
  assert.deepEqual(readdirSync(directory), []);
});

test('one process does not lock a directory twice', (t) => {
  const directory = temporaryDirectory(t);
  const lock = lockDirectory(directory);
  assert.throws(() => lockDirectory(directory), { code: 'COCO_HOST_LOCKED' });
  lock.release();
  lockDirectory(directory).release();
});

test('a lock that only shares the process id with a living process is stale', (t) => {
  const directory = temporaryDirectory(t);
  for (const stale of [`another-boot ${process.pid} 1`, `${process.pid}`, '', 'rubbish', '- -1 -']) {
    writeFileSync(join(directory, 'lock'), stale);
    lockDirectory(directory).release();
  }
});
