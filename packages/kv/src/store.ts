/**
 * The store's doors: begin, read, commit, apply, roll back, compact.
 */
import { assert } from '@coco/primitives';
import { keyText } from './key-text.js';
import { type StoreLimits, storeLimitsDefault } from './limits.js';
import { scan, scanBounds } from './scan.js';
import { takeSnapshot } from './snapshot.js';
import { copyOf, StoreTransaction } from './transaction.js';
import type { CommitOutcome, Reader, Store, TableChanges, Transaction } from './types.js';
import { type TableWrites, Versions, VersionView } from './versions.js';

/** An empty store at version 0. */
export function createStore(limits: Partial<StoreLimits> = {}): Store {
  return storeOf(new Versions({ ...storeLimitsDefault, ...limits }));
}

/** The store of these versions. */
export function storeOf(versions: Versions): Store {
  const own = (transaction: Transaction): StoreTransaction => {
    assert(
      transaction instanceof StoreTransaction && transaction.isOf(versions),
      'only a transaction that this store began can be committed to it',
    );
    return transaction;
  };
  const check = (transaction: StoreTransaction): CommitOutcome => {
    const conflict = transaction.conflict();
    return conflict === undefined
      ? { outcome: 'committed', writeSet: transaction.writeSet() }
      : { outcome: 'conflict', ...conflict };
  };
  return {
    get head() {
      return versions.head;
    },
    get compacted() {
      return versions.compacted;
    },
    begin: (at = versions.head) => new StoreTransaction(versions, at),
    read: (at) => createReader(new VersionView(versions, at)),
    check: (transaction) => check(own(transaction)),
    commit: (transaction, seqno) => {
      const outcome = check(own(transaction));
      if (outcome.outcome === 'committed') versions.install(own(transaction).commit(), seqno);
      return outcome;
    },
    apply: (writeSet, seqno) => versions.install(writeSet.map(writesOf), seqno),
    advance: (seqno) => versions.advance(seqno),
    rollback: (seqno) => versions.rollback(seqno),
    compact: (seqno) => versions.compact(seqno),
    snapshot: (at) => takeSnapshot(versions, at),
    tables: () =>
      [...versions.tables()]
        .filter((table) => table.rowsAtHead > 0)
        .map((table) => table.name)
        .sort(),
  };
}

function createReader(view: VersionView): Reader {
  return {
    seqno: view.seqno,
    get: (table, key) => view.valueOf(table, keyText(key)),
    has: (table, key) => view.valueOf(table, keyText(key)) !== undefined,
    range: (table, options) => scan(view, table, scanBounds(options)),
  };
}

/** Copies values: those of a decoded entry are views that would keep all of its bytes in memory. */
function writesOf({ table, puts, removes }: TableChanges): TableWrites {
  return {
    table,
    writes: [
      ...puts.map(({ key, value }) => ({ text: keyText(key), value: copyOf(value) })),
      ...removes.map((key) => ({ text: keyText(key), value: undefined })),
    ],
  };
}
