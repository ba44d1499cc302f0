/**
 * A store made from the rows of a snapshot instead of from the versions that led to them.
 */
import { assert, type Seqno } from '@coco/primitives';
import { keyText } from './key-text.js';
import { checkLength, checkTableName, type StoreLimits, storeLimitsDefault } from './limits.js';
import { storeOf } from './store.js';
import { copyOf } from './transaction.js';
import type { StoreRestore, TableName, VersionedRow } from './types.js';
import { type RestoredRow, Versions } from './versions.js';

/** Begins a store to which the rows of a snapshot are added. */
export function restoreStore(limits: Partial<StoreLimits> = {}): StoreRestore {
  const versions = new Versions({ ...storeLimitsDefault, ...limits });
  let checked: TableName | undefined;
  let newest: Seqno = 0;

  function* accepted(rows: Iterable<VersionedRow>): Generator<RestoredRow> {
    for (const { table, key, value, seqno } of rows) {
      if (table !== checked) checkTableName(table, versions.limits);
      checked = table;
      checkLength(key, versions.limits.keyBytesMax, 'keyBytesMax', table);
      checkLength(value, versions.limits.valueBytesMax, 'valueBytesMax', table);
      newest = Math.max(newest, seqno);
      // Copies: what is decoded from a snapshot would keep all of its bytes in memory.
      yield { table, text: keyText(key), value: copyOf(value), seqno };
    }
  }

  return {
    add: (rows) => versions.restoreRows(accepted(rows)),
    finish(seqno) {
      assert(seqno >= newest, 'no row is newer than its snapshot');
      versions.restored(seqno);
      return storeOf(versions);
    },
  };
}
