/**
 * The counters once more, with what was asked for beside what came of it, so that every node can execute it again: the model of
 * an adapter that sampling can check (MIT-3). It can be made to lie.
 */
import type { Transaction, WriteSet } from '@coco/kv';
import { fromUtf8, utf8 } from '@coco/primitives';
import {
  type CounterAdapter,
  type CounterItem,
  counterTables,
  createCounterAdapter,
} from './counter-adapter.js';

/** The items of the last batch: JSON. */
export const recordedItems = 'counter.items';

const limits = { itemsMax: 1_000_000, executeMs: Number.POSITIVE_INFINITY };
const noContext = { nowMs: 0, entropy: new Uint8Array(32) };

/** `lie` is done to what a batch wrote, after it was executed. */
export function createRecordedCounter(
  lie: (transaction: Transaction, items: readonly CounterItem[]) => void = () => {},
): CounterAdapter {
  const counter = createCounterAdapter();
  return {
    ...counter,
    async execute(transaction, items, context, batch) {
      const done = await counter.execute(transaction, items, context, batch);
      const taken = items.slice(0, done.results.length);
      const succeeded = taken.filter((_, index) => done.results[index]?.value !== undefined);
      if (succeeded.length > 0) transaction.put(recordedItems, utf8(''), utf8(JSON.stringify(succeeded)));
      lie(transaction, taken);
      return done;
    },
    async reexecute(transaction, recorded) {
      const items = itemsIn(recorded);
      if (items.length === 0) return {};
      await counter.execute(transaction, items, noContext, limits);
      transaction.put(recordedItems, utf8(''), utf8(JSON.stringify(items)));
      return {};
    },
  };
}

/** A lie: a counter that has more than was added to it. */
export function addSecretly(transaction: Transaction, name: string, by: number): void {
  const key = utf8(name);
  const value = transaction.get(counterTables.values, key);
  const before = value === undefined ? 0 : Number(fromUtf8(value));
  transaction.put(counterTables.values, key, utf8(String(before + by)));
}

function itemsIn(recorded: WriteSet): readonly CounterItem[] {
  try {
    const row = recorded.find(({ table }) => table === recordedItems)?.puts[0];
    const parsed: unknown = JSON.parse(fromUtf8(row?.value ?? new Uint8Array(0)) ?? '');
    return Array.isArray(parsed) ? parsed.filter(isItem).map(({ name, by }) => ({ name, by })) : [];
  } catch {
    return [];
  }
}

function isItem(value: unknown): value is CounterItem {
  const { name, by } = (value ?? {}) as Partial<CounterItem>;
  return typeof name === 'string' && Number.isSafeInteger(by);
}
