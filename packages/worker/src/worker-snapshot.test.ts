import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCounterAdapter, type FromWorker, type ToWorker } from '@coco/adapter';
import { decodeSnapshotTables } from '@coco/ledger';
import { fromUtf8, type Seqno } from '@coco/primitives';
import { StandInManager } from './testing/stand-in-manager.js';

type Part = Extract<FromWorker, { readonly type: 'snapshotPart' }>;

const parts = (manager: StandInManager): readonly Part[] =>
  manager.posted.filter((message) => message.type === 'snapshotPart');

/** Rows of parts as text: table, key, value, version. */
function rows(of: readonly Part[]): readonly string[] {
  return of
    .flatMap(({ publicTables, privateTables }) => [publicTables, privateTables])
    .flatMap((tables) => [...decodeSnapshotTables(tables)])
    .map(({ table, key, value, seqno }) => `${table} ${fromUtf8(key)} ${fromUtf8(value)} ${seqno}`);
}

/** Everything that is left of snapshot `id`. */
function finish(manager: StandInManager, id: number): readonly Part[] {
  for (let turn = 0; turn < 100; turn++) {
    const found = parts(manager).filter((part) => part.id === id);
    if (found.at(-1)?.last === true) return found;
    manager.worker.receive({ type: 'snapshotNext', id });
  }
  throw new Error('the snapshot does not end');
}

function restored(of: readonly Part[], seqno: Seqno): StandInManager {
  const manager = new StandInManager([createCounterAdapter()]);
  const tables = of.flatMap(({ publicTables, privateTables }) => [publicTables, privateTables]);
  for (const part of tables)
    manager.worker.receive({ type: 'restore', seqno, tables: part, last: false } satisfies ToWorker);
  manager.worker.receive({ type: 'restore', seqno, tables: new Uint8Array(0), last: true });
  manager.last = seqno;
  manager.committed = seqno;
  return manager;
}

/** Adds, and has it committed. */
async function add(manager: StandInManager, name: string, by: number): Promise<void> {
  const answer = manager.add(name, by);
  for (let turn = 0; turn < 100 && manager.open.length === 0; turn++) await undefined;
  manager.assign();
  manager.commit();
  assert.notEqual(await answer, 'forward');
}

/** Enough counters for several parts. */
const many = Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`counter${i}`, i]));

test('a snapshot has the state as committed at its seqno, while batches go on between its parts (TX-3)', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()], {}, { counter: { ...many, a: 1 } });
  await add(manager, 'a', 1);
  const seqno = manager.last;
  manager.worker.receive({ type: 'snapshot', id: 7, seqno });
  for (let i = 0; i < 10; i++) {
    await add(manager, 'a', 100);
    if (i % 4 === 0) manager.worker.receive({ type: 'snapshotNext', id: 7 });
  }
  const found = finish(manager, 7);
  assert.ok(found.length > 2, `${found.length} parts`);
  const texts = rows(found);
  assert.equal(texts.length, 6002);
  assert.ok(texts.includes('counter.values a 2 3'), 'the value then, and the entry that wrote it');
  assert.ok(texts.includes('public:counter.additions  1 3'));
});

test('a worker that starts from a snapshot answers and goes on like one that was given every entry', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()], {}, { counter: many });
  await add(manager, 'a', 2);
  const seqno = manager.last;
  manager.worker.receive({ type: 'snapshot', id: 1, seqno });
  const other = restored(finish(manager, 1), seqno);
  assert.equal(await other.value('a'), 2);
  await add(manager, 'a', 3);
  const entry = manager.log.at(-1);
  assert.ok(entry !== undefined && entry.txId.seqno > seqno);
  other.worker.receive(entry);
  other.commit(manager.last);
  assert.equal(await other.value('a'), 5);
  for (const { worker } of [manager, other]) worker.receive({ type: 'snapshot', id: 2, seqno: manager.last });
  assert.deepEqual(rows(finish(other, 2)), rows(finish(manager, 2)));
});

test('a worker that starts from a snapshot can become primary', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()], {}, { counter: { a: 4 } });
  manager.worker.receive({ type: 'snapshot', id: 1, seqno: manager.last });
  const other = restored(finish(manager, 1), manager.last);
  other.clock(2_000);
  other.view = 3;
  other.role(true);
  await add(other, 'a', 1);
  assert.equal(await other.value('a'), 5);
});

test('a version that is no longer kept is no snapshot, and says so', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()]);
  for (let i = 0; i < 6; i++) await add(manager, 'a', 1);
  manager.worker.receive({ type: 'snapshot', id: 1, seqno: 2 });
  const failed = manager.posted.at(-1);
  assert.ok(failed?.type === 'snapshotFailed' && failed.id === 1, JSON.stringify(failed));
});

test('a snapshot that is ended gives no more parts', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()], {}, { counter: many });
  manager.worker.receive({ type: 'snapshot', id: 1, seqno: manager.last });
  manager.worker.receive({ type: 'snapshotEnd', id: 1 });
  manager.worker.receive({ type: 'snapshotNext', id: 1 });
  assert.equal(parts(manager).length, 1);
});

test('what is not committed goes into no snapshot', async () => {
  const manager = await StandInManager.primary([createCounterAdapter()]);
  const beyond = manager.last + 1;
  assert.throws(() => manager.worker.receive({ type: 'snapshot', id: 1, seqno: beyond }), /committed/);
});
