/**
 * Counters that other nodes can execute again, for the tests of this room; with the setting `lies` they give themselves 77 plums
 * whenever somebody adds plums.
 */
import { addSecretly, type CounterAdapter, createRecordedCounter } from '@coco/adapter';

export function createAdapter(settings: unknown): {
  readonly adapter: CounterAdapter;
  readonly close: () => Promise<void>;
} {
  const { lies } = settings as { readonly lies?: boolean };
  const adapter = createRecordedCounter((transaction, items) => {
    if (lies === true && items.some(({ name }) => name === 'plums')) addSecretly(transaction, 'plums', 77);
  });
  return { adapter, close: async () => undefined };
}
