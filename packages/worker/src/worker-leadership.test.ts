/**
 * Leadership is lost at each point of a transaction's way: its sender is told the truth, and nothing stays behind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGatedCounter } from './testing/gated-counter.js';
import { StandInManager, settle } from './testing/stand-in-manager.js';

test('lost while queued: the sender is forwarded to the new primary', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  gate.closed = true;
  void manager.add('a', 1);
  await settle();
  const queued = manager.add('b', 1);
  manager.role(false);
  assert.equal(await queued, 'forward');
  assert.deepEqual(gate.batches, [['a']]);
});

test('lost in the turn in which the request came: nothing is executed, and the worker goes on', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  const answer = manager.add('a', 1);
  manager.role(false);
  assert.equal(await answer, 'forward');
  assert.deepEqual(gate.batches, []);
  manager.role(true);
  void manager.add('a', 1);
  await settle();
  assert.equal(manager.open.length, 1);
});

test('lost while executing: the result is dropped, nothing is proposed', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  gate.closed = true;
  const answer = manager.add('a', 1);
  await settle();
  manager.role(false);
  gate.open();
  assert.equal(await answer, 'forward');
  assert.equal(manager.open.length, 0);
  assert.ok(gate.rolledBack.length > 0, 'the adapter forgets what it cached');
});

test('lost and won again while executing: a batch built on the old state is dropped all the same', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  gate.closed = true;
  const answer = manager.add('a', 1);
  await settle();
  manager.view = 4;
  manager.role(false);
  manager.role(true);
  gate.closed = false;
  gate.open();
  assert.equal(await answer, 'forward');
  void manager.add('b', 1);
  await settle();
  assert.equal(manager.open[0]?.view, 4);
});

test('the version being read is rolled back while executing: the adapter is not to blame', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter], { eagerItems: 1 });
  void manager.add('a', 1);
  await settle();
  manager.assign();
  gate.closed = true;
  const answer = manager.add('a', 1);
  await settle();
  manager.rollback(2);
  manager.role(false);
  gate.open();
  assert.equal(await answer, 'forward');
  assert.deepEqual(
    manager.posted.filter(({ type }) => type === 'trouble'),
    [],
  );
});

test('lost while the proposal waits for its place: refused, forwarded, undone', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  const answer = manager.add('a', 1);
  await settle();
  manager.role(false);
  manager.refuse(false);
  assert.equal(await answer, 'forward');
  assert.deepEqual(gate.rolledBack, [1]);
  assert.equal(await manager.value('a'), 0);
});

test('lost with the transaction ordered, and rolled back: it is Invalid, and the sender is told', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  const answer = manager.add('a', 1);
  await settle();
  manager.assign();
  manager.rollback(2);
  manager.role(false);
  const told = await answer;
  assert.ok(told !== 'forward' && told.status === 503, 'not done, and safe to send again');
  assert.deepEqual(gate.rolledBack, [2]);
  manager.worker.receive({
    type: 'apply',
    txId: { view: 3, seqno: 3 },
    publicMaps: new Uint8Array(0),
    privateMaps: new Uint8Array(0),
  });
  manager.commit(4);
  assert.equal(await manager.value('a'), 0);
});

test('lost with the transaction ordered, which another primary commits: it is Committed', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  const answer = manager.add('a', 1);
  await settle();
  manager.assign();
  manager.role(false);
  manager.commit();
  const told = await answer;
  assert.ok(told !== 'forward' && told.status === 200);
  assert.equal(await manager.value('a'), 1);
});

test('refused with retry: executed again, once something has moved', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  const answers = [manager.add('a', 1), manager.add('b', 1)];
  await settle();
  manager.refuse(true);
  const later = manager.add('c', 1);
  await settle();
  assert.equal(manager.open.length, 0, 'not at once: the manager would refuse again, for ever');
  manager.clock(2_000);
  await settle();
  assert.deepEqual(gate.batches, [
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]);
  manager.assign();
  manager.commit();
  for (const answer of await Promise.all([...answers, later])) {
    assert.ok(answer !== 'forward' && answer.status === 200);
  }
});

test('refused with retry when leadership is gone: forwarded', async () => {
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter]);
  const answer = manager.add('a', 1);
  await settle();
  manager.role(false);
  manager.refuse(true);
  assert.equal(await answer, 'forward');
});

test('what is committed is never rolled back', async () => {
  const manager = await StandInManager.primary([createGatedCounter().adapter]);
  assert.throws(() => manager.worker.receive({ type: 'rollback', seqno: 1 }), { name: 'AssertionError' });
});
