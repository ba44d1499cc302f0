/**
 * Random lives of a primary and of a backup that gets its entries: every request is answered once, with the truth.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCounterAdapter } from '@coco/adapter';
import { type Random, seededRandom } from '@coco/primitives';
import { createGatedCounter, type GatedCounter } from './testing/gated-counter.js';
import { StandInManager, settle } from './testing/stand-in-manager.js';

const names = ['a', 'b', 'c'];

/** A manager takes proposals of its own view only. */
function isTaken({ open, view }: StandInManager, primary: boolean): boolean {
  return primary && open[0]?.view === view;
}

async function step(
  manager: StandInManager,
  gate: GatedCounter,
  random: Random,
  primary: boolean,
): Promise<boolean> {
  switch (random.integer(12)) {
    case 0:
      gate.closed = random.integer(3) === 0;
      if (!gate.closed) gate.open();
      break;
    case 1:
    case 2:
    case 3:
      if (isTaken(manager, primary)) manager.assign();
      break;
    case 4:
      if (manager.open.length > 0) manager.refuse(isTaken(manager, primary) && random.integer(2) === 0);
      break;
    case 5:
    case 6:
      manager.commit(manager.committed + 2 * random.integer((manager.last - manager.committed) / 2 + 1));
      break;
    case 7:
      if (random.integer(4) !== 0) break;
      if (primary) {
        manager.rollback(manager.committed + 2 * random.integer((manager.last - manager.committed) / 2 + 1));
        manager.role(false);
        return false;
      }
      manager.view++;
      manager.role(true);
      return true;
    case 8:
      manager.clock(random.integer(10_000));
      break;
    default:
      await settle();
  }
  return primary;
}

async function live(seed: number): Promise<{ committed: number; forwarded: number; invalid: number }> {
  const random = seededRandom(seed);
  const gate = createGatedCounter();
  const manager = await StandInManager.primary([gate.adapter], {}, { counter: { a: 5 } });
  let primary = true;
  const sent: { name: string; by: number; answer: ReturnType<StandInManager['add']> }[] = [];
  for (let at = 0; at < 400; at++) {
    if (random.integer(3) === 0) {
      const addition = { name: names[random.integer(3)] as string, by: random.integer(100) };
      sent.push({ ...addition, answer: manager.add(addition.name, addition.by) });
    }
    primary = await step(manager, gate, random, primary);
  }
  gate.closed = false;
  while (manager.unanswered > 0) {
    gate.open();
    await settle();
    if (isTaken(manager, primary)) manager.assign();
    else if (manager.open.length > 0) manager.refuse(false);
    manager.commit();
    manager.clock(1);
    await settle();
  }
  const counts = { committed: 0, forwarded: 0, invalid: 0 };
  const expected = new Map([['a', 5]]);
  const found = new Set(manager.log.map(({ txId }) => `${txId.view}.${txId.seqno}`));
  for (const { name, by, answer } of sent) {
    const told = await answer;
    if (told === 'forward') counts.forwarded++;
    else if (told.status === 503) counts.invalid++;
    else {
      assert.equal(told.status, 200);
      assert.ok(found.has(String(told.body.txId)), 'what is said to be committed is in the log');
      expected.set(name, (expected.get(name) ?? 0) + by);
      counts.committed++;
    }
  }
  const backup = new StandInManager([createCounterAdapter()]);
  for (const entry of manager.log) backup.worker.receive(entry);
  backup.commit(manager.last);
  for (const name of names) {
    assert.equal(await manager.value(name), expected.get(name) ?? 0, `${name} on the node that executed`);
    assert.equal(await backup.value(name), expected.get(name) ?? 0, `${name} on the node that applied`);
  }
  return counts;
}

test('whatever happens, each answer is true on all nodes: committed, lost, or for another node to do', async () => {
  const totals = { committed: 0, forwarded: 0, invalid: 0 };
  for (let seed = 1; seed <= 60; seed++) {
    try {
      const counts = await live(seed);
      for (const kind of ['committed', 'forwarded', 'invalid'] as const) totals[kind] += counts[kind];
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  // Otherwise the test would say little.
  assert.ok(totals.committed > 500 && totals.forwarded > 100 && totals.invalid > 50, JSON.stringify(totals));
});
