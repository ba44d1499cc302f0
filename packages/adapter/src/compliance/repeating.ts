/**
 * Checks of an adapter that can execute again what another node recorded (MIT-3).
 */
import type { WriteSet } from '@coco/kv';
import { expect, printWriteSet, type Stage } from './stage.js';
import type { StageCheck } from './storing.js';

export const repeatingChecks: readonly StageCheck[] = [
  {
    name: 'a recorded batch that is executed again writes the same, and claims the same',
    async run(stage) {
      if (stage.subject.adapter.reexecute === undefined) return;
      await stage.genesis();
      const { items, failing } = stage.subject;
      const { transaction, claimsDigest } = await stage.execute([...failing, ...items]);
      const recorded = transaction.writeSet();
      const again = await repeat(stage, recorded);
      expect(again.text === printWriteSet(recorded), 'executed again, the batch writes something else');
      expect(String(again.claimsDigest) === String(claimsDigest), 'executed again, it claims something else');
    },
  },
  {
    name: 'a recorded batch of which any row is forged does not come out like that when it is executed again',
    async run(stage) {
      if (stage.subject.adapter.reexecute === undefined) return;
      await stage.genesis();
      const { transaction } = await stage.execute(stage.subject.items);
      for (const forged of forgeries(transaction.writeSet())) {
        const again = await repeat(stage, forged);
        expect(again.text !== printWriteSet(forged), 'executing again confirms what was forged');
      }
    },
  },
];

async function repeat<Item, Result>(stage: Stage<Item, Result>, recorded: WriteSet) {
  const transaction = stage.store.begin();
  const done = await stage.subject.adapter.reexecute?.(transaction, recorded);
  return { text: printWriteSet(transaction.writeSet()), claimsDigest: done?.claimsDigest };
}

/** The write set with one row changed, cut, or left out, each row in turn. */
function* forgeries(writeSet: WriteSet): Generator<WriteSet> {
  for (const [at, { table, puts, removes }] of writeSet.entries()) {
    const other = (changed: typeof puts): WriteSet =>
      writeSet
        .map((changes, index) => (index === at ? { table, puts: changed, removes } : changes))
        .filter((changes) => changes.puts.length + changes.removes.length > 0);
    for (const [index, { key, value }] of puts.entries()) {
      const flipped = value.slice();
      const last = flipped.length - 1;
      if (last >= 0) flipped[last] = (flipped[last] as number) ^ 1;
      const values = value.length === 0 ? [Uint8Array.of(1)] : [flipped, value.subarray(0, last)];
      for (const forged of values)
        yield other(puts.map((put, i) => (i === index ? { key, value: forged } : put)));
      yield other(puts.filter((_, i) => i !== index));
    }
  }
}
