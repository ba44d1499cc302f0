/** MIT-3: a backup executes a fraction of what other primaries executed again, and finds the lies in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addSecretly,
  counterTables,
  createCounterAdapter,
  createRecordedCounter,
  type FromWorker,
} from '@coco/adapter';
import { fromUtf8, utf8 } from '@coco/primitives';
import type { AnyAdapter } from './adapters.js';
import { StandInManager, settle } from './testing/stand-in-manager.js';
import type { WorkerSettings } from './types.js';

type Finding = Extract<FromWorker, { readonly type: 'reexecuted' }>;

const findings = ({ posted }: StandInManager): readonly Finding[] =>
  posted.filter((message) => message.type === 'reexecuted');
const outcomes = (manager: StandInManager) => findings(manager).map(({ outcome }) => outcome);

/** A primary that has executed `batches` of one addition each after its genesis. */
async function primaryWith(adapter: AnyAdapter, batches = 3): Promise<StandInManager> {
  const manager = await StandInManager.primary([adapter], {}, { counter: { apples: 5 } });
  for (let i = 0; i < batches; i++) {
    const answer = manager.add('apples', 1);
    await settle();
    manager.assign();
    manager.commit();
    await answer;
  }
  return manager;
}

/** A backup that has the genesis, and then gets the rest of what `primary` wrote. */
function backupOf(
  primary: StandInManager,
  adapter: AnyAdapter,
  { ppm = 1_000_000, ...settings }: Partial<WorkerSettings> & { readonly ppm?: number } = {},
): StandInManager {
  const backup = new StandInManager([adapter], settings);
  const [genesis, ...rest] = primary.log;
  backup.clock(1_000);
  backup.worker.receive(genesis as (typeof rest)[number]);
  backup.commit(1);
  backup.worker.receive({ type: 'sampling', ppm });
  for (const entry of rest) backup.worker.receive(entry);
  return backup;
}

test('what an honest primary executed comes out the same on a backup', async () => {
  const backup = backupOf(await primaryWith(createRecordedCounter()), createRecordedCounter());
  await settle();
  assert.deepEqual(outcomes(backup), [], 'nothing is looked at before it is committed');
  backup.commit(5);
  await settle();
  assert.deepEqual(outcomes(backup), ['equal', 'equal']);
  backup.commit(100);
  await settle();
  assert.deepEqual(outcomes(backup), ['equal', 'equal', 'equal']);
});

test('a lie is found, with the rows that differ and no value', async () => {
  let batches = 0;
  const liar = createRecordedCounter((transaction) => {
    if (++batches === 2) addSecretly(transaction, 'plums', 77);
  });
  const backup = backupOf(await primaryWith(liar), createRecordedCounter());
  backup.commit(100);
  await settle();
  assert.deepEqual(outcomes(backup), ['equal', 'differing', 'equal'], 'what follows from a lie is no lie');
  const found = findings(backup)[1];
  assert.ok(found?.outcome === 'differing');
  const { difference, txId } = found;
  assert.deepEqual(txId, { view: 2, seqno: 5 });
  assert.deepEqual(
    difference.rows.map(({ table, key }) => [table, fromUtf8(key)]),
    [[counterTables.values, 'plums']],
  );
  assert.deepEqual([difference.rowCount, difference.claims], [1, false]);
  assert.notDeepEqual(difference.recorded, difference.reexecuted);
  assert.ok(!JSON.stringify(difference).includes('77'));
});

test('rows that are no adapter’s, and rows of two adapters, are lies', async () => {
  const liar = createRecordedCounter((transaction) =>
    transaction.put('counter.values', utf8('x'), utf8('1')),
  );
  const primary = await primaryWith(liar, 1);
  // Of the two this one has the table: neither its own items nor anybody's explain the row.
  const other = { ...createRecordedCounter(), name: 'other', routes: [], tablePrefixes: ['counter.v'] };
  const rest = { ...createCounterAdapter(), tablePrefixes: ['counter.i', 'public:counter.'] };
  for (const adapters of [[other, rest], [{ ...rest, tablePrefixes: ['nothing.'] }]] as const) {
    const backup = new StandInManager(adapters);
    const [genesis, lie] = primary.log;
    assert.ok(genesis !== undefined && lie !== undefined);
    backup.clock(1_000);
    backup.worker.receive(genesis);
    backup.worker.receive({ type: 'sampling', ppm: 1_000_000 });
    backup.worker.receive(lie);
    backup.commit(100);
    await settle();
    assert.deepEqual(outcomes(backup), ['differing']);
  }
});

test('claims that executing again does not bear out are lies', async () => {
  const honest = createRecordedCounter();
  const liar: AnyAdapter = {
    ...honest,
    execute: async (...given) => ({
      ...(await honest.execute(...given)),
      claimsDigest: new Uint8Array(32).fill(1),
    }),
  };
  const backup = backupOf(await primaryWith(liar, 1), createRecordedCounter());
  backup.commit(100);
  await settle();
  const [found] = findings(backup);
  assert.ok(found?.outcome === 'differing');
  assert.deepEqual([found.difference.rowCount, found.difference.claims], [0, true]);
});

test('without reexecute in the adapter nothing can be said', async () => {
  const backup = backupOf(await primaryWith(createCounterAdapter(), 1), createCounterAdapter());
  backup.commit(100);
  await settle();
  assert.deepEqual(outcomes(backup), ['unrepeatable']);
});

test('the fraction is kept to, and is the draw of this node alone', async () => {
  const primary = await primaryWith(createRecordedCounter(), 200);
  const drawnBy = (seed: number, ppm: number): readonly number[] => {
    const backup = new StandInManager([createRecordedCounter()], {
      reexecution: { all: false, waitingMax: 0 },
    });
    const [genesis, ...rest] = primary.log;
    backup.worker.receive(genesis as (typeof rest)[number]);
    backup.clock(1_000, new Uint8Array(32).fill(seed));
    backup.worker.receive({ type: 'sampling', ppm });
    for (const entry of rest) backup.worker.receive(entry);
    return findings(backup).map(({ txId }) => txId.seqno);
  };
  assert.equal(drawnBy(1, 0).length, 0);
  assert.equal(drawnBy(1, 1_000_000).length, 200);
  const [one, other] = [drawnBy(1, 250_000), drawnBy(2, 250_000)];
  for (const { length } of [one, other]) assert.ok(length > 25 && length < 75, `${length} of 200`);
  assert.notDeepEqual(one, other);
  assert.deepEqual(one, drawnBy(1, 250_000));
});

test('an auditor executes everything again, whatever the fraction, but nothing that it replays', async () => {
  const primary = await primaryWith(createRecordedCounter(), 3);
  const backup = new StandInManager([createRecordedCounter()], { reexecution: { all: true, waitingMax: 9 } });
  backup.clock(1_000);
  for (const entry of primary.log.slice(0, 2)) backup.worker.receive(entry);
  backup.worker.receive({ type: 'sampling', ppm: 0 });
  for (const entry of primary.log.slice(2)) backup.worker.receive(entry);
  backup.commit(100);
  await settle();
  assert.deepEqual(
    findings(backup).map(({ txId, outcome }) => [txId.seqno, outcome]),
    [
      [5, 'equal'],
      [7, 'equal'],
    ],
  );
});

test('what waits keeps the state before it, however much is compacted; what is too much is dropped', async () => {
  const primary = await primaryWith(createRecordedCounter(), 8);
  const gate = createRecordedCounter();
  const waiting: (() => void)[] = [];
  const slow: AnyAdapter = {
    ...gate,
    async reexecute(transaction, recorded) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return (await gate.reexecute?.(transaction, recorded)) ?? {};
    },
  };
  const backup = backupOf(primary, slow, { historySeqnos: 0 });
  backup.commit(100);
  await settle();
  assert.deepEqual(outcomes(backup), Array(4).fill('dropped'));
  assert.equal(waiting.length, 1, 'one at a time');
  const value = await backup.request({ path: '/counter/value', query: 'name=apples' });
  assert.ok(value !== 'forward' && value.status === 200, 'requests do not wait for it');
  for (let i = 0; i < 4; i++) {
    waiting.shift()?.();
    await settle();
  }
  assert.deepEqual(outcomes(backup).slice(4), Array(4).fill('equal'));
});

test('an adapter that fails over it is a trouble, and no lie of somebody else', async () => {
  const failing: AnyAdapter = {
    ...createRecordedCounter(),
    reexecute: () => Promise.reject(new Error('out of luck')),
  };
  const backup = backupOf(await primaryWith(createRecordedCounter(), 1), failing);
  backup.commit(100);
  await settle();
  assert.deepEqual(outcomes(backup), ['dropped']);
  assert.match(
    JSON.stringify(backup.posted),
    /transaction 2\.3 could not be executed again: Error: out of luck/,
  );
});

test('what is rolled back is not looked at', async () => {
  const backup = backupOf(await primaryWith(createRecordedCounter()), createRecordedCounter());
  backup.rollback(3);
  backup.commit(100);
  await settle();
  assert.deepEqual(
    findings(backup).map(({ txId, outcome }) => [txId.seqno, outcome]),
    [[3, 'equal']],
  );
});
