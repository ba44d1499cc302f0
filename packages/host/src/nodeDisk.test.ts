import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HardState } from '@coco/consensus';
import { sealedEntries, type Test, temporaryDirectory } from './entries.test.js';
import type { HardStateStore } from './hardStateStore.js';
import { type LedgerStore, openLedgerStore } from './ledgerStore.js';
import { createNodeDisk } from './nodeDisk.js';

/** A hard state whose saving ends when the test says so. */
function slowHardStates(): HardStateStore & { readonly saved: HardState[]; end(): void } {
  const saved: HardState[] = [];
  const waiting: (() => void)[] = [];
  return {
    state: undefined,
    committed: 0,
    saved,
    saveCommitted: async () => undefined,
    end: () => waiting.shift()?.(),
    save: (state) =>
      new Promise((resolve) => {
        waiting.push(() => {
          saved.push(state);
          resolve();
        });
      }),
    close: async () => undefined,
  };
}

async function openStore(t: Test): Promise<LedgerStore> {
  const store = await openLedgerStore({ directory: temporaryDirectory(t), entryCacheBytesMax: 0 });
  t.after(() => store.close());
  return store;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('Raft 5.2: no entry of a view is on disk before the hard state that entered the view', async (t) => {
  const store = await openStore(t);
  const hardStates = slowHardStates();
  const disk = createNodeDisk(store, hardStates);
  const [first, second] = sealedEntries(2);
  assert.ok(first !== undefined && second !== undefined);

  disk.note({ hardState: { view: 2 }, entries: [first] });
  const synced = disk.sync();
  // While view 2 is being saved, view 3 begins and brings an entry.
  disk.note({ hardState: { view: 3 }, entries: [second] });
  hardStates.end();
  await turn();
  assert.equal(store.figures().entries, 0);
  hardStates.end();
  await synced;
  assert.deepEqual(hardStates.saved, [{ view: 2 }, { view: 3 }]);
  assert.equal(store.figures().entries, 2);
});

test('what is noted while the ledger is written waits for the next synchronisation', async (t) => {
  const store = await openStore(t);
  const hardStates = slowHardStates();
  const disk = createNodeDisk(store, hardStates);
  const [first, second] = sealedEntries(2);
  assert.ok(first !== undefined && second !== undefined);

  disk.note({ entries: [first] });
  const synced = disk.sync();
  disk.note({ hardState: { view: 3 }, entries: [second] });
  await synced;
  assert.equal(store.figures().entries, 1);
  const next = disk.sync();
  hardStates.end();
  await next;
  assert.equal(store.figures().entries, 2);
});
