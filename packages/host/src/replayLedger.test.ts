import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToWorker } from '@coco/adapter';
import { encodeMaps } from '@coco/ledger';
import { utf8 } from '@coco/primitives';
import { type Test, temporaryDirectory, testLedger } from './entries.test.js';
import { type LedgerStore, openLedgerStore } from './ledgerStore.js';
import { replayLedger } from './replayLedger.js';

const freshLedger = () => testLedger(200_000);

/** A store with `entries` entries, each of which puts its number; those that `signs` chooses are signatures. */
async function storeOf(t: Test, entries: number, signs: (seqno: number) => boolean): Promise<LedgerStore> {
  const directory = temporaryDirectory(t);
  const ledger = freshLedger();
  const store = await openLedgerStore({ directory, entryCacheBytesMax: 0 });
  for (let seqno = 1; seqno <= entries; seqno++) {
    const puts = [{ key: utf8('k'), value: utf8(`${seqno}`) }];
    const privateMaps = encodeMaps([{ table: 'test.numbers', puts, removes: [] }]);
    const batch = { view: 2, publicMaps: new Uint8Array(), privateMaps };
    store.append([signs(seqno) ? ledger.sign(2) : ledger.append(batch)]);
  }
  await store.sync();
  store.commit(entries);
  await store.sync();
  await store.close();
  const again = await openLedgerStore({ directory, entryCacheBytesMax: 0 });
  t.after(() => again.close());
  return again;
}

/** A worker that only keeps what it is told. */
function recordingWorker() {
  const told: ToWorker[] = [];
  return { told, post: (message: ToWorker) => void told.push(message), caughtUp: async () => undefined };
}

const quiet = () => undefined;

test('P1: a restart gives the worker every entry, in order, and then where the node stands', async (t) => {
  const store = await storeOf(t, 6, (seqno) => seqno % 3 === 0);
  const ledger = freshLedger();
  const worker = recordingWorker();
  const { entries, commit } = await replayLedger({ store, ledger, worker, progress: quiet });
  assert.equal(entries?.length, 6);
  assert.equal(commit, store.committedOnDisk);
  const applied = worker.told.flatMap((message) => (message.type === 'apply' ? [message.txId.seqno] : []));
  assert.deepEqual(applied, [1, 2, 4, 5]);
  assert.equal(ledger.last.seqno, 6);
});

test('an unsigned tail, which nobody was promised, is gone from disk, ledger and worker', async (t) => {
  const store = await storeOf(t, 5, (seqno) => seqno === 3);
  const ledger = freshLedger();
  const worker = recordingWorker();
  const { entries } = await replayLedger({ store, ledger, worker, progress: quiet });
  assert.equal(entries?.length, 3);
  assert.equal(ledger.last.seqno, 3);
  assert.equal(store.last, 3);
  const rollback = worker.told.findIndex(({ type }) => type === 'rollback');
  assert.deepEqual(worker.told[rollback], { type: 'rollback', seqno: 3 });
  assert.equal(
    worker.told.slice(rollback).some(({ type }) => type === 'apply'),
    false,
  );
});

test('a long replay lets versions go on the way, waits for the worker, and says how far it is', async (t) => {
  const store = await storeOf(t, 2500, (seqno) => seqno % 100 === 0);
  const worker = recordingWorker();
  let waited = 0;
  const seen: number[] = [];
  const slow = { ...worker, caughtUp: async () => void waited++ };
  const { commit } = await replayLedger({
    store,
    ledger: freshLedger(),
    worker: slow,
    progress: (done) => seen.push(done),
  });
  assert.deepEqual(seen, [1000, 2000]);
  assert.equal(waited, 2);
  const commits = worker.told.flatMap((message) => (message.type === 'committed' ? [message.seqno] : []));
  assert.ok(commit > 1000 && commit < 2500, `chunks up to ${commit} are marked as committed`);
  assert.deepEqual(commits, [1000, Math.min(2000, commit), commit]);
});
