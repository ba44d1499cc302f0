/**
 * Failing disks, made by `strace --inject` in a child process; where that tool is missing these tests are skipped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { type Test, temporaryDirectory } from './entries.test.js';
import { openLedgerStore } from './ledgerStore.js';

const strace = spawnSync('strace', ['-f', '-e', 'trace=none', 'true']).status === 0;

/** Runs a store under `inject`: writes entry after entry, and prints what became of each synchronisation. */
function outcomes(directory: string, inject: string): string[] {
  const script = `
    import { openLedgerStore } from ${JSON.stringify(new URL('./ledgerStore.js', import.meta.url).href)};
    import { testEntry } from ${JSON.stringify(new URL('./entries.test.js', import.meta.url).href)};
    const store = await openLedgerStore({
      directory: ${JSON.stringify(directory)}, entryCacheBytesMax: 0,
    });
    for (let seqno = 1; seqno <= 6; seqno++) {
      store.append([testEntry(seqno)]);
      console.log(await store.sync().then(() => 'durable ' + seqno, (error) => error.code + ' ' + error.facts.reason));
    }
    await store.close();`;
  const { stdout } = spawnSync(
    'strace',
    [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fdatasync,pwritev,pwrite64',
      '-e',
      `inject=${inject}`,
    ].concat([process.execPath, '--input-type=module', '-e', script]),
    // Injection counts calls for each thread.
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  );
  return stdout.trim().split('\n');
}

/** Every acknowledged entry is in the ledger; the rest may be. */
async function lastIn(t: Test, directory: string): Promise<number> {
  const store = await openLedgerStore({ directory, entryCacheBytesMax: 0 });
  t.after(() => store.close());
  return [...store.entries()].length;
}

test('a synchronisation that fails once is never tried again: the store has failed for good', {
  skip: !strace && 'strace cannot trace here',
}, async (t) => {
  const directory = temporaryDirectory(t);
  const said = outcomes(directory, 'fdatasync:error=EIO:when=3');
  const failed = 'COCO_HOST_DISK EIO';
  assert.deepEqual(said, ['durable 1', 'durable 2', failed, failed, failed, failed]);
  assert.ok((await lastIn(t, directory)) >= 2);
});

test('a full disk fails the store with what it had promised intact', {
  skip: !strace && 'strace cannot trace here',
}, async (t) => {
  for (const call of ['pwritev', 'pwrite64']) {
    const directory = temporaryDirectory(t);
    const said = outcomes(directory, `${call}:error=ENOSPC:when=3+`);
    if (said.length === 6 && said.every((line) => line.startsWith('durable'))) continue;
    assert.equal(said.at(-1), 'COCO_HOST_DISK ENOSPC');
    const promised = said.filter((line) => line.startsWith('durable')).length;
    assert.equal(await lastIn(t, directory), promised);
    return;
  }
  assert.fail('no write call was met');
});

test('killed at any synchronisation, a store still has all that it had acknowledged', {
  skip: !strace && 'strace cannot trace here',
}, async (t) => {
  for (const when of [1, 2, 4, 6]) {
    const directory = temporaryDirectory(t);
    const said = outcomes(directory, `fdatasync:signal=KILL:when=${when}`);
    const promised = said.filter((line) => line.startsWith('durable')).length;
    assert.equal(promised, when - 1);
    assert.ok((await lastIn(t, directory)) >= promised);
  }
});
