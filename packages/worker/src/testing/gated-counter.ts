/**
 * The counter adapter, with a gate: a batch stays in execution until the test lets it go on.
 */
import { type CounterAdapter, createCounterAdapter } from '@coco/adapter';

export interface GatedCounter {
  readonly adapter: CounterAdapter;
  /** While true, batches stop at the gate before they execute. */
  closed: boolean;
  /** Lets the batch at the gate go on. */
  open(): void;
  /** Names of the items of each batch that began. */
  readonly batches: string[][];
  /** Arguments of the calls of `rolledBack`. */
  readonly rolledBack: number[];
}

export function createGatedCounter(): GatedCounter {
  const counter = createCounterAdapter();
  let release = (): void => {};
  const gate: GatedCounter = {
    closed: false,
    open: () => release(),
    batches: [],
    rolledBack: [],
    adapter: {
      ...counter,
      async execute(transaction, items, context, limits) {
        gate.batches.push(items.map(({ name }) => name));
        if (gate.closed) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        return counter.execute(transaction, items, context, limits);
      },
      rolledBack(seqno) {
        gate.rolledBack.push(seqno);
      },
    },
  };
  return gate;
}
