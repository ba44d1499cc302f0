import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ToWorker } from '@coco/adapter';
import { openSnapshot } from '@coco/ledger';
import {
  ledgerSecrets,
  ledgerService,
  type Test,
  temporaryDirectory,
  testEntries,
  testLedger,
} from './entries.test.js';
import { testService } from './identities.test.js';
import type { StoredEntry } from './ledgerStore.js';
import { type LedgerStore, openLedgerStore } from './ledgerStore.js';
import { replayLedger } from './replayLedger.js';
import { openSnapshotFiles } from './snapshotFiles.js';
import { putSnapshots, type TestSnapshot, testHistory } from './snapshots.test.js';
import { chooseStartSnapshot } from './startSnapshot.js';

const { entries, snapshots } = testHistory(60, [10, 20, 30]);
const [early, middle, newest] = snapshots as [TestSnapshot, TestSnapshot, TestSnapshot];

async function storeOf(t: Test, stored: readonly StoredEntry[]): Promise<LedgerStore> {
  const store = await openLedgerStore({ directory: temporaryDirectory(t), entryCacheBytesMax: 0 });
  t.after(() => store.close());
  const [first] = stored;
  if (first !== undefined && first.seqno > 1) store.beginAfter(first.seqno - 1);
  store.append(stored);
  await store.sync();
  return store;
}

/** Which snapshot is chosen; its seqno. */
function choice(t: Test, store: LedgerStore, there: readonly TestSnapshot[], service = ledgerService) {
  const directory = temporaryDirectory(t);
  putSnapshots(directory, there);
  const warnings: string[] = [];
  const log = {
    info: () => undefined,
    warn: (_: string, facts?: object) => void warnings.push(JSON.stringify(facts)),
  };
  const opened = chooseStartSnapshot({
    snapshots: openSnapshotFiles({ directory, keep: 9, log }),
    store,
    serviceCertificate: service.certificate,
    open: (bytes) => openSnapshot(bytes, { secrets: ledgerSecrets }),
    log,
  });
  return { opened, seqno: opened?.base.seqno, warnings };
}

const changed = (snapshot: TestSnapshot, at: number): TestSnapshot => {
  const bytes = snapshot.bytes.slice();
  bytes[at] = (bytes[at] as number) ^ 1;
  return { ...snapshot, bytes };
};

test('a node starts from its newest snapshot, and replays only what came after it', async (t) => {
  const store = await storeOf(t, entries);
  const { opened, seqno } = choice(t, store, snapshots);
  assert.equal(seqno, newest.seqno);
  const told: ToWorker[] = [];
  const worker = { post: (message: ToWorker) => void told.push(message), caughtUp: async () => undefined };
  const ledger = testLedger(undefined, opened?.base);
  const replayed = await replayLedger({
    store,
    ledger,
    worker,
    progress: () => undefined,
    ...(opened && { snapshot: opened }),
  });
  assert.equal(ledger.last.seqno, entries.length);
  assert.equal(replayed.entries?.[0]?.seqno, newest.seqno + 1);
  assert.deepEqual([replayed.heldFrom, replayed.snapshot?.seqno], [1, newest.seqno]);
  assert.ok(replayed.commit >= newest.seqno, 'what a snapshot holds is committed');
  const types = told.map(({ type }) => type);
  assert.equal(types.indexOf('apply'), types.lastIndexOf('restore') + 1);
});

test('a snapshot that was tampered with is not used: the one before it is, or everything is replayed', async (t) => {
  const store = await storeOf(t, entries);
  for (let at = 0; at < newest.bytes.length; at += 97) {
    const { seqno, warnings } = choice(t, store, [middle, changed(newest, at)]);
    assert.equal(seqno, middle.seqno);
    assert.equal(warnings.length, 1);
  }
  assert.equal(choice(t, store, [changed(newest, 50)]).seqno, undefined);
  assert.equal(choice(t, store, [{ ...newest, bytes: newest.bytes.slice(0, -1) }]).seqno, undefined);
  assert.equal(choice(t, store, [{ ...newest, name: middle.name }]).seqno, undefined, 'under another name');
  assert.equal(choice(t, store, [newest], testService('another')).seqno, undefined);
});

test('a ledger that begins later needs a snapshot, and none that is too old or does not hold (COCO_HOST_SNAPSHOT)', async (t) => {
  const store = await storeOf(t, entries.slice(middle.seqno));
  assert.equal(store.first, middle.seqno + 1);
  assert.equal(choice(t, store, snapshots).seqno, newest.seqno);
  assert.equal(choice(t, store, [early, middle]).seqno, middle.seqno);
  for (const there of [[], [early], [changed(middle, 300)]]) {
    assert.throws(() => choice(t, store, there), { code: 'COCO_HOST_SNAPSHOT' });
  }
});

test('an empty ledger begins with any good snapshot', async (t) => {
  const store = await storeOf(t, []);
  assert.equal(choice(t, store, snapshots).seqno, newest.seqno);
  assert.equal(choice(t, store, []).seqno, undefined);
});

test('a snapshot that is newer than the ledger, or of another history, does not fit it', async (t) => {
  const behind = await storeOf(t, entries.slice(0, newest.seqno - 1));
  const { seqno, warnings } = choice(t, behind, [newest]);
  assert.equal(seqno, undefined);
  assert.match(warnings.join(), /newer/);
  const other = await storeOf(t, testEntries(1, 60, 1e9, 3));
  assert.match(choice(t, other, [newest]).warnings.join(), /another entry/);
});

test('a file that is no snapshot at all is passed over', async (t) => {
  const store = await storeOf(t, entries);
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'snapshot_7_9.committed'), '');
  const log = { info: () => undefined, warn: () => undefined };
  const found = chooseStartSnapshot({
    snapshots: openSnapshotFiles({ directory, keep: 2, log }),
    store,
    serviceCertificate: ledgerService.certificate,
    open: (bytes) => openSnapshot(bytes, { secrets: ledgerSecrets }),
    log,
  });
  assert.equal(found, undefined);
});
