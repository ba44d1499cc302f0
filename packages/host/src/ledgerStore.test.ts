import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ByteReader, concatBytes, equalBytes } from '@coco/primitives';
import {
  readBytes,
  sealedEntries,
  type Test,
  temporaryDirectory,
  testEntries,
  testEntry,
} from './entries.test.js';
import { type LedgerStore, type LedgerStoreOptions, openLedgerStore } from './ledgerStore.js';

const settings = { entryCacheBytesMax: 1 << 20 };

async function openIn(
  t: Test,
  directory: string,
  options: Partial<LedgerStoreOptions> = {},
): Promise<LedgerStore> {
  const store = await openLedgerStore({ directory, ...settings, ...options });
  t.after(() => store.close());
  return store;
}

/** A ledger directory with `entries` in it, closed again. */
async function filled(t: Test, entries = testEntries(1, 20)) {
  const directory = temporaryDirectory(t);
  const store = await openLedgerStore({ directory, ...settings });
  for (const entry of entries) {
    store.append([entry]);
    if (entry.seqno % 5 === 0) await store.sync();
  }
  await store.sync();
  await store.close();
  return { directory, entries };
}

const chunkNames = (directory: string): string[] => readdirSync(directory).sort();

test('what was synchronised is there after opening again, in order and byte for byte', async (t) => {
  const { directory, entries } = await filled(t);
  const store = await openIn(t, directory);
  assert.equal(store.last, 20);
  assert.equal(store.cut, undefined);
  assert.deepEqual(
    [...store.entries()],
    entries.map(({ bytes }) => bytes),
  );
  assert.deepEqual(
    [...store.entries(18)],
    entries.slice(17).map(({ bytes }) => bytes),
  );
});

test('all that is noted while one synchronisation is under way shares the next (group commit, P1)', async (t) => {
  const store = await openIn(t, temporaryDirectory(t));
  const done: number[] = [];
  for (let seqno = 1; seqno <= 100; seqno++) {
    store.append([testEntry(seqno)]);
    void store.sync().then(() => done.push(seqno));
    if (seqno % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await store.sync();
  assert.deepEqual(
    done,
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  const { syncs, entries } = store.figures();
  assert.equal(entries, 100);
  assert.ok(syncs <= 11, `${syncs} synchronisations for 100 entries in ten turns`);
});

test('a chunk is complete with the entry that says so, and its name says what it has', async (t) => {
  const { directory, entries } = await filled(t, testEntries(1, 24, 6));
  assert.deepEqual(chunkNames(directory), ['ledger_1-6', 'ledger_13-18', 'ledger_19-24', 'ledger_7-12']);
  const store = await openIn(t, directory);
  assert.equal(store.lastSignatureAtOpen, 24, 'a chunk ends with a signature');
  assert.deepEqual(
    store.read(5, 14),
    entries.slice(4, 14).map(({ bytes }) => bytes),
  );
  assert.equal([...store.entries()].length, 24);
});

test('one append may complete several chunks', async (t) => {
  const directory = temporaryDirectory(t);
  const store = await openIn(t, directory);
  store.append(testEntries(1, 23, 4));
  await store.sync();
  assert.deepEqual(chunkNames(directory).filter((name) => name !== 'lock').length, 6);
  assert.equal(store.figures().chunksCompleted, 5);
  assert.equal([...store.entries()].length, 23);
});

test('complete chunks are marked when their last entry is committed, and not before', async (t) => {
  const directory = temporaryDirectory(t);
  const store = await openIn(t, directory);
  store.append(testEntries(1, 15, 5));
  await store.sync();
  store.commit(9);
  await store.sync();
  assert.deepEqual(chunkNames(directory), ['ledger_1-5.committed', 'ledger_11-15', 'ledger_6-10', 'lock']);
  assert.equal(store.committedOnDisk, 5);
  store.commit(15);
  await store.sync();
  assert.equal(store.committedOnDisk, 15);
});

test('entries come from memory while they are recent, from disk when not, and are the same', async (t) => {
  const directory = temporaryDirectory(t);
  const entries = testEntries(1, 50, 8);
  const size = entries[0]?.bytes.length ?? 0;
  const store = await openIn(t, directory, { entryCacheBytesMax: 10 * size });
  store.append(entries.slice(0, 40));
  assert.equal(store.read(1, 40).length, 40, 'readable before it is durable');
  await store.sync();
  store.append(entries.slice(40));
  const before = store.figures().readsFromDisk;
  assert.deepEqual(
    store.read(35, 50),
    entries.slice(34).map(({ bytes }) => bytes),
  );
  assert.equal(store.figures().readsFromDisk, before, 'recent entries cost no read');
  assert.deepEqual(
    store.read(1, 50),
    entries.map(({ bytes }) => bytes),
  );
  assert.equal(store.figures().readsFromDisk, before + 1);
  assert.ok(store.figures().cacheBytes <= 30 * size);
});

test('a rolled back suffix is replaced, within a chunk and across chunks, and stays replaced', async (t) => {
  for (let to = 0; to <= 20; to++) {
    const { directory, entries } = await filled(t, testEntries(1, 20, 5));
    const store = await openLedgerStore({ directory, ...settings });
    const replacement = testEntries(to + 1, to + 7, 5, 3);
    store.truncate(to);
    assert.equal(store.last, to);
    store.append(replacement);
    await store.sync();
    const expected = [...entries.slice(0, to), ...replacement].map(({ bytes }) => bytes);
    assert.deepEqual(store.read(1, to + 7), expected, 'while running');
    await store.close();
    const again = await openLedgerStore({ directory, ...settings });
    assert.deepEqual([...again.entries()], expected, 'after opening again');
    await again.close();
  }
});

test('rolling back while a write is under way leaves what the last call left', async (t) => {
  const directory = temporaryDirectory(t);
  const store = await openIn(t, directory, { entryCacheBytesMax: 0 });
  store.append(testEntries(1, 10, 5));
  const first = store.sync();
  await Promise.resolve();
  store.truncate(8);
  store.append(testEntries(9, 12, 10, 3));
  store.truncate(9);
  store.append(testEntries(10, 11, 10, 4));
  await Promise.all([first, store.sync()]);
  const views = store.read(1, 11).map((bytes) => bytes[32]);
  assert.deepEqual(views, [2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 4]);
  assert.deepEqual([...store.entries()], store.read(1, 11));
});

test('a write torn at any byte is cut off, and nothing before it', async (t) => {
  const { directory, entries } = await filled(t, testEntries(1, 10));
  const path = join(directory, 'ledger_1');
  const whole = readBytes(path);
  const kept = entries.slice(0, 5).reduce((sum, { bytes }) => sum + bytes.length, 8);
  for (let length = kept; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const store = await openLedgerStore({ directory, ...settings });
    const found = [...store.entries()];
    assert.ok(found.every((bytes, index) => equalBytes(bytes, entries[index]?.bytes ?? new Uint8Array())));
    assert.equal(store.last, found.length);
    const cutAt = entries.slice(0, found.length).reduce((sum, { bytes }) => sum + bytes.length, 8);
    assert.equal(store.cut?.offset, cutAt === length ? undefined : cutAt);
    assert.equal(store.cut?.bytes, cutAt === length ? undefined : length - cutAt);
    await store.close();
    assert.equal(readBytes(path).length, cutAt);
  }
});

test('a first write torn at any byte leaves an empty ledger', async (t) => {
  const { directory } = await filled(t, [testEntry(1)]);
  const path = join(directory, 'ledger_1');
  const whole = readBytes(path);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const store = await openLedgerStore({ directory, ...settings });
    assert.equal(store.last, 0);
    await store.close();
    assert.equal(existsSync(path), false);
  }
});

test('a tail of zeros, which a crash leaves on some file systems, is cut off', async (t) => {
  const { directory } = await filled(t, testEntries(1, 10));
  const path = join(directory, 'ledger_1');
  const size = readBytes(path).length;
  truncateSync(path, size + 5000);
  const store = await openIn(t, directory);
  assert.equal(store.last, 10);
  assert.deepEqual(store.cut, { file: 'ledger_1', offset: size, bytes: 5000 });
});

test('a chunk whose completion was interrupted at any byte is completed', async (t) => {
  const { directory, entries } = await filled(t, testEntries(1, 5, 5));
  const complete = readBytes(join(directory, 'ledger_1-5'));
  const end = new ByteReader(complete).u32();
  const torn = [complete];
  for (let length = end; length <= complete.length; length++) {
    torn.push(concatBytes(new Uint8Array(8), complete.subarray(8, length)));
  }
  for (const bytes of torn) {
    const again = temporaryDirectory(t);
    writeFileSync(join(again, 'ledger_1'), bytes);
    const store = await openLedgerStore({ directory: again, ...settings });
    assert.deepEqual(readBytes(join(again, 'ledger_1-5')), complete);
    store.append([testEntry(6, { endsChunk: true })]);
    await store.sync();
    assert.deepEqual(
      [...store.entries()],
      [...entries, testEntry(6, { endsChunk: true })].map((entry) => entry.bytes),
    );
    await store.close();
  }
});

test('a store whose file was changed under it fails, and then for ever', async (t) => {
  const directory = temporaryDirectory(t);
  const store = await openIn(t, directory, { entryCacheBytesMax: 0 });
  store.append(testEntries(1, 5));
  await store.sync();
  truncateSync(join(directory, 'ledger_1'), 20);
  assert.throws(() => store.read(1, 5), { code: 'COCO_HOST_LEDGER_DAMAGED' });
  store.append(testEntries(6, 7));
  const waiting = [store.sync(), store.sync()];
  for (const result of await Promise.allSettled(waiting)) assert.equal(result.status, 'rejected');
  await assert.rejects(store.sync(), { code: 'COCO_HOST_LEDGER_DAMAGED' });
});

test('a committed entry is never removed', async (t) => {
  const store = await openIn(t, temporaryDirectory(t));
  store.append(testEntries(1, 10, 5));
  store.commit(5);
  await store.sync();
  assert.throws(() => store.truncate(4), { name: 'AssertionError' });
});

test('the last signature is known when a ledger is opened: what follows it was promised to nobody', async (t) => {
  const entries = sealedEntries(7);
  const { directory } = await filled(t, entries);
  const store = await openIn(t, directory);
  assert.equal(store.last, 7);
  assert.equal(store.lastSignatureAtOpen, 6);
  assert.deepEqual(
    [...store.entries()],
    entries.map(({ bytes }) => bytes),
  );
});

test('a ledger can begin after a snapshot, and is opened again as it was', async (t) => {
  const directory = temporaryDirectory(t);
  const entries = testEntries(101, 130, 10);
  const store = await openLedgerStore({ directory, ...settings });
  assert.deepEqual([store.first, store.last], [1, 0]);
  store.beginAfter(100);
  assert.deepEqual([store.first, store.last], [101, 100]);
  store.append(entries);
  store.commit(110);
  await store.sync();
  await store.close();
  assert.deepEqual(chunkNames(directory), ['ledger_101-110.committed', 'ledger_111-120', 'ledger_121-130']);
  const again = await openIn(t, directory);
  assert.deepEqual([again.first, again.last, again.committedOnDisk], [101, 130, 110]);
  assert.equal([...again.entries()].length, 30);
  assert.deepEqual(
    again.read(101, 130),
    entries.map(({ bytes }) => bytes),
  );
  assert.throws(() => again.read(100, 101), { name: 'AssertionError' });
});

test('what follows a snapshot can be rolled back to it, and goes on from there', async (t) => {
  const directory = temporaryDirectory(t);
  const store = await openLedgerStore({ directory, ...settings });
  store.beginAfter(100);
  store.append(testEntries(101, 105, 3));
  await store.sync();
  store.truncate(100);
  await store.sync();
  assert.deepEqual([store.first, store.last], [101, 100]);
  store.append(testEntries(101, 102, 3, 3));
  await store.sync();
  await store.close();
  const again = await openIn(t, directory);
  assert.deepEqual([again.first, again.last], [101, 102]);
});

test('a hole within a ledger that begins later is still one', async (t) => {
  const directory = temporaryDirectory(t);
  const store = await openLedgerStore({ directory, ...settings });
  store.beginAfter(100);
  store.append(testEntries(101, 130, 10));
  await store.sync();
  await store.close();
  rmSync(join(directory, 'ledger_111-120'));
  await assert.rejects(openLedgerStore({ directory, ...settings }), { code: 'COCO_LEDGER_HOLE' });
});
