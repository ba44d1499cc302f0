/**
 * When batches begin, what is in them, and in which order (TX-2).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CounterItem } from '@coco/adapter';
import { utf8 } from '@coco/primitives';
import type { AnyAdapter } from './adapters.js';
import { createGatedCounter } from './testing/gated-counter.js';
import { StandInManager, settle } from './testing/stand-in-manager.js';

test('an idle worker executes at once; what arrives in the same turn is one batch', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  void manager.add('a', 1);
  void manager.add('b', 1);
  await settle();
  assert.deepEqual(gate.batches, [['a', 'b']]);
  assert.equal(manager.open.length, 1);
  assert.equal(manager.open[0]?.items, 2);
});

test('what queues while a batch executes or waits for its place forms the next batch, up to itemsMax', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  gate.closed = true;
  void manager.add('a', 1);
  await settle();
  for (const name of ['b', 'c']) void manager.add(name, 1);
  gate.closed = false;
  gate.open();
  await settle();
  for (const name of ['d', 'e', 'f']) void manager.add(name, 1);
  await settle();
  assert.deepEqual(gate.batches, [['a']]);
  manager.assign();
  await settle();
  assert.deepEqual(gate.batches, [['a'], ['b', 'c', 'd', 'e']]);
  manager.assign();
  manager.commit();
  await settle();
  assert.deepEqual(gate.batches.at(-1), ['f']);
});

test('while a batch is uncommitted the next waits for its commit, or until eagerItems have queued', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  void manager.add('a', 1);
  await settle();
  manager.assign();
  void manager.add('b', 1);
  void manager.add('c', 1);
  await settle();
  assert.equal(gate.batches.length, 1);
  void manager.add('d', 1);
  await settle();
  assert.deepEqual(gate.batches.at(-1), ['b', 'c', 'd']);
  manager.assign();
  void manager.add('e', 1);
  await settle();
  assert.equal(gate.batches.length, 2);
  manager.commit();
  await settle();
  assert.deepEqual(gate.batches.at(-1), ['e']);
});

test('beyond uncommittedBatchesMax the next batch waits in any case', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter], { eagerItems: 1 });
  for (const name of ['a', 'b', 'c', 'd']) {
    void manager.add(name, 1);
    await settle();
    if (manager.open.length > 0) manager.assign();
  }
  await settle();
  assert.deepEqual(gate.batches, [['a'], ['b'], ['c']]);
  manager.commit(3);
  await settle();
  assert.deepEqual(gate.batches.at(-1), ['d']);
});

test('items that an adapter did not get to come first in the next batch', async () => {
  const gate = createGatedCounter();
  const { execute } = gate.adapter;
  const adapter = {
    ...gate.adapter,
    execute: async (...[transaction, items, context]: Parameters<typeof execute>) => {
      const { results } = await execute(transaction, items, context, { itemsMax: 2, executeMs: 0 });
      return { results };
    },
  };
  const manager = await StandInManager.primary([adapter], { eagerItems: 1 });
  gate.closed = true;
  const answers = ['a', 'b', 'c', 'd'].map((name) => manager.add(name, 1));
  await settle();
  void manager.add('e', 1);
  gate.closed = false;
  gate.open();
  await settle();
  manager.assign();
  await settle();
  assert.deepEqual(gate.batches, [
    ['a', 'b', 'c', 'd'],
    ['c', 'd', 'e'],
  ]);
  manager.assign();
  manager.commit();
  for (const [at, answer] of (await Promise.all(answers)).entries()) {
    assert.ok(answer !== 'forward');
    assert.deepEqual(answer.body, { name: 'abcd'.charAt(at), value: 1, txId: at < 2 ? '2.3' : '2.5' });
  }
});

test('items are executed in the order of their arrival', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter], { queueItemsMax: 100 });
  const answers = Array.from({ length: 30 }, () => manager.add('a', 1));
  for (let batch = 0; batch < 8; batch++) {
    await settle();
    manager.assign();
    manager.commit();
  }
  const values = (await Promise.all(answers)).map((answer) =>
    answer === 'forward' ? answer : answer.body.value,
  );
  assert.deepEqual(
    values,
    Array.from({ length: 30 }, (_, at) => at + 1),
  );
});

test('a full queue answers COCO_WORKER_BUSY, and takes more once it has room', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  gate.closed = true;
  void manager.add('executing', 1);
  await settle();
  const queued = Array.from({ length: 8 }, () => manager.add('queued', 1));
  const answer = await manager.add('too many', 1);
  assert.ok(answer !== 'forward');
  assert.equal(answer.status, 503);
  assert.deepEqual(answer.body, { error: 'COCO_WORKER_BUSY' });
  gate.closed = false;
  gate.open();
  for (let batch = 0; batch < 3; batch++) {
    await settle();
    manager.assign();
    manager.commit();
  }
  await Promise.all(queued);
  assert.equal(await manager.value('queued'), 8);
});

test('a batch holds items of one adapter; those of others keep their order', async () => {
  const first = createGatedCounter();
  const otherBatches: string[][] = [];
  const other: AnyAdapter = {
    ...createGatedCounter().adapter,
    name: 'other',
    routes: [{ method: 'POST', path: '/other/add' }],
    tablePrefixes: ['other.'],
    async execute(transaction, items: readonly CounterItem[]) {
      otherBatches.push(items.map(({ name }) => name));
      transaction.put('other.rows', utf8('row'), utf8('1'));
      return { results: items.map(() => ({ value: 1 })) };
    },
  };
  const manager = await StandInManager.primary([first.adapter, other], { eagerItems: 1 });
  const addOther = (name: string) =>
    manager.request({
      method: 'POST',
      path: '/other/add',
      body: utf8(JSON.stringify({ name, by: 1 })),
    });
  void manager.add('a', 1);
  void addOther('x');
  void manager.add('b', 1);
  void addOther('y');
  await settle();
  manager.assign();
  await settle();
  manager.assign();
  assert.deepEqual(first.batches, [['a', 'b']]);
  assert.deepEqual(otherBatches, [['x', 'y']]);
});

test('each batch has 32 bytes of entropy of its own; before the first clock it waits (P4)', async () => {
  const gate = createGatedCounter();
  const seen: string[] = [];
  const { execute } = gate.adapter;
  const adapter = {
    ...gate.adapter,
    execute: (...args: Parameters<typeof execute>) => {
      assert.equal(args[2].entropy.length, 32);
      seen.push(args[2].entropy.join());
      return execute(...args);
    },
  };
  const manager = new StandInManager([adapter], { eagerItems: 1, uncommittedBatchesMax: 1000 });
  manager.role(true);
  void manager.add('a', 1);
  manager.clock(1_000, new Uint8Array(31));
  await settle();
  assert.deepEqual(gate.batches, []);
  for (let batch = 0; batch < 20; batch++) {
    // The same seed twice must not give the same bytes twice.
    if (batch % 5 === 0) manager.clock(1_000, new Uint8Array(32).fill(batch % 2));
    void manager.add('a', 1);
    await settle();
    manager.assign();
  }
  assert.equal(seen.length, 20);
  assert.equal(new Set(seen).size, 20);
});

test('the time of a batch never goes back', async () => {
  const gate = createGatedCounter();
  const times: number[] = [];
  const { execute } = gate.adapter;
  const adapter = {
    ...gate.adapter,
    execute: (...args: Parameters<typeof execute>) => {
      times.push(args[2].nowMs);
      return execute(...args);
    },
  };
  const manager = await StandInManager.primary([adapter], { eagerItems: 1 });
  for (const nowMs of [5_000, 3_000, 6_000]) {
    void manager.add('a', 1);
    manager.clock(nowMs);
    await settle();
    manager.assign();
  }
  assert.deepEqual(times, [5_000, 5_000, 6_000]);
});
