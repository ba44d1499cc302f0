import assert from 'node:assert/strict';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkDiskClaims } from './diskClaims.js';
import { type Test, temporaryDirectory, testEntries } from './entries.test.js';
import type { HardStateStore } from './hardStateStore.js';
import { type LedgerStore, openLedgerStore } from './ledgerStore.js';
import { createNodeDisk } from './nodeDisk.js';

async function open(t: Test, directory: string): Promise<LedgerStore> {
  const store = await openLedgerStore({ directory, entryCacheBytesMax: 0 });
  t.after(() => store.close());
  return store;
}

/** Three chunks of five entries; the first is marked as committed. */
async function written(t: Test): Promise<string> {
  const directory = temporaryDirectory(t);
  const store = await openLedgerStore({ directory, entryCacheBytesMax: 0 });
  store.append(testEntries(1, 15, 5));
  store.commit(7);
  await store.sync();
  await store.close();
  return directory;
}

/** The codes that are logged when the hard state knows of `committed`. */
async function logged(store: LedgerStore, committed: number): Promise<readonly unknown[]> {
  const codes: unknown[] = [];
  await checkDiskClaims(store, { committed }, { error: (_, facts) => void codes.push(facts?.code) });
  return codes;
}

const chunks = (directory: string): string[] =>
  readdirSync(directory)
    .filter((file) => file.startsWith('ledger_'))
    .sort();

test('what fits is let be: a node knew of at least what is marked', async (t) => {
  const directory = await written(t);
  const store = await open(t, directory);
  assert.deepEqual(await logged(store, 5), []);
  assert.deepEqual(await logged(store, 15), []);
  assert.equal(store.committedOnDisk, 5);
});

test('a name that claims more than the node knew is not believed, and is changed back', async (t) => {
  const directory = await written(t);
  for (const name of ['ledger_6-10', 'ledger_11-15']) {
    renameSync(join(directory, name), join(directory, `${name}.committed`));
  }
  const store = await open(t, directory);
  assert.equal(store.committedOnDisk, 15);
  assert.deepEqual(await logged(store, 7), ['COCO_HOST_DISK_TURNED_BACK']);
  assert.equal(store.committedOnDisk, 5);
  assert.deepEqual(chunks(directory), ['ledger_1-5.committed', 'ledger_11-15', 'ledger_6-10']);
  // It was never committed, so another primary may have it replaced.
  store.truncate(8);
  await store.sync();
  assert.equal(store.last, 8);
});

test('a ledger that ends before what the node knew to be committed was turned back', async (t) => {
  const store = await open(t, await written(t));
  assert.deepEqual(await logged(store, 16), ['COCO_HOST_DISK_TURNED_BACK']);
  assert.equal(store.last, 15);
});

test('what is committed is sealed before a chunk is marked so, and only then', async (t) => {
  const directory = temporaryDirectory(t);
  const store = await open(t, directory);
  const done: string[] = [];
  const hardStates: HardStateStore = {
    state: undefined,
    committed: 0,
    save: async () => undefined,
    saveCommitted: async (seqno) => {
      done.push(`${seqno} while there are ${chunks(directory).join(' ')}`);
    },
    close: async () => undefined,
  };
  const disk = createNodeDisk(store, hardStates);
  disk.note({ entries: testEntries(1, 7, 5) as never });
  await disk.sync();
  for (const commit of [3, 6, 7]) {
    disk.committed(commit);
    await disk.sync();
  }
  assert.deepEqual(done, ['6 while there are ledger_1-5 ledger_6']);
  assert.deepEqual(chunks(directory), ['ledger_1-5.committed', 'ledger_6']);
});
