/**
 * Checks of what an adapter writes: to its own tables, all or none, again the same after a rollback.
 */
import { equalBytes } from '@coco/primitives';
import { expect, printWriteSet, type Stage } from './stage.js';

/** A check on a stage; the genesis has not been executed. */
export interface StageCheck {
  readonly name: string;
  run<Item, Result>(stage: Stage<Item, Result>): Promise<void>;
}

export const storingChecks: readonly StageCheck[] = [
  {
    name: 'every table prefix is specific and none is of governance',
    async run({ subject: { adapter } }) {
      expect(adapter.tablePrefixes.length > 0, 'an adapter has tables');
      for (const prefix of adapter.tablePrefixes) {
        expect(prefix !== '' && prefix !== 'public:', `the prefix "${prefix}" would take in all tables`);
        for (const governance of ['public:ccf.', 'public:coco.', 'ccf.', 'coco.']) {
          const overlaps = prefix.startsWith(governance) || governance.startsWith(prefix);
          expect(!overlaps, `"${prefix}" is governance's`);
        }
      }
    },
  },
  {
    name: 'genesis and execution write only to tables with the prefixes named',
    async run(stage) {
      const written = [await stage.genesis(), ...(await stage.run(stage.subject.items))].flat();
      expect(written.length > 0, 'the samples write something');
      for (const { table } of written) {
        const own = stage.subject.adapter.tablePrefixes.some((prefix) => table.startsWith(prefix));
        expect(own, `${table} is not one of the adapter's tables`);
      }
    },
  },
  {
    name: 'execution gives results for a non-empty prefix of the batch, within its limits',
    async run(stage) {
      await stage.genesis();
      const { items } = stage.subject;
      expect(items.length >= 3, 'there are at least three sample items');
      // How many results is up to the adapter's clock; that there is one, and not too many, is not.
      for (const executeMs of [0, 60_000]) {
        for (const itemsMax of [1, 2, items.length]) {
          await stage.execute(items.slice(0, itemsMax), { itemsMax, executeMs });
          forget(stage);
        }
      }
    },
  },
  {
    name: 'a batch cut into pieces executes to the end',
    async run(stage) {
      await stage.genesis();
      const writeSets = await stage.run(stage.subject.items, { itemsMax: 1, executeMs: 60_000 });
      expect(writeSets.length === stage.subject.items.length, 'one item is one batch');
    },
  },
  {
    name: 'a failing item has a result and leaves no trace',
    async run(stage) {
      await stage.genesis();
      const { items, failing } = stage.subject;
      expect(failing.length > 0, 'there is at least one failing sample');
      const without = await stage.execute(items);
      forget(stage);
      const mixed = items.flatMap((item) => [...failing, item]);
      const { results, transaction } = await stage.execute([...mixed, ...failing]);
      expect(results.length === mixed.length + failing.length, 'every item has a result, in order');
      expect(
        printWriteSet(transaction.writeSet()) === printWriteSet(without.transaction.writeSet()),
        'the failing items changed what the batch writes',
      );
    },
  },
  {
    name: 'execution touches only its transaction: dropped and run again it gives the same',
    async run(stage) {
      await stage.genesis();
      const before = await stage.answer(stage.subject.read);
      const first = await stage.execute(stage.subject.items);
      const during = await stage.answer(stage.subject.read);
      expect(equalBytes(before.body, during.body), 'an executed batch shows before it is ordered');
      forget(stage);
      const second = await stage.execute(stage.subject.items);
      expect(
        printWriteSet(first.transaction.writeSet()) === printWriteSet(second.transaction.writeSet()),
        'a dropped execution changed the next one',
      );
    },
  },
  {
    name: 'rolled back and executed again the store is the same',
    async run(stage) {
      const { items } = stage.subject;
      await stage.genesis();
      const before = await stage.answer(stage.subject.read);
      const first = await stage.run(items, { itemsMax: 1, executeMs: 60_000 });
      for (let back = items.length; back >= 0; back--) {
        stage.rollback(1 + back);
        const again = await stage.run(items.slice(back), { itemsMax: 1, executeMs: 60_000 });
        const same = again.every(
          (writeSet, at) => printWriteSet(writeSet) === printWriteSet(first[back + at] ?? []),
        );
        expect(same, `execution after a rollback of ${items.length - back} versions differs`);
      }
      stage.rollback(1);
      const after = await stage.answer(stage.subject.read);
      expect(equalBytes(before.body, after.body), 'a rolled back version shows');
    },
  },
];

/** Tells the adapter that a batch that it executed was dropped. */
function forget<Item, Result>(stage: Stage<Item, Result>): void {
  stage.rollback(stage.store.head);
}
