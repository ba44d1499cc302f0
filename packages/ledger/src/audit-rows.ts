/**
 * All rows of a ledger as of an entry, as hashes: what a snapshot of that entry must hold.
 */
import { sha256 } from '@coco/crypto';
import type { TableChanges, VersionedRow } from '@coco/kv';
import { equalBytes, type Seqno, toHex } from '@coco/primitives';

interface RowHash {
  readonly seqno: Seqno;
  readonly hash: Uint8Array;
}

/** The rows of one domain. */
export class AuditRows {
  readonly #tables = new Map<string, Map<string, RowHash>>();
  #rows = 0;

  /** Takes over what entry `seqno` changes. */
  apply(changes: readonly TableChanges[], seqno: Seqno): void {
    for (const { table, puts, removes } of changes) {
      for (const { key, value } of puts) this.#set(table, toHex(key), { seqno, hash: sha256(value) });
      for (const key of removes) {
        if (this.#tables.get(table)?.delete(toHex(key)) === true) this.#rows -= 1;
      }
    }
  }

  /** Takes over the rows of a snapshot. */
  restore(rows: Iterable<VersionedRow>): void {
    for (const { table, key, value, seqno } of rows) {
      this.#set(table, toHex(key), { seqno, hash: sha256(value) });
    }
  }

  #set(table: string, key: string, row: RowHash): void {
    const rows = this.#tables.get(table) ?? new Map<string, RowHash>();
    this.#tables.set(table, rows);
    const before = rows.size;
    rows.set(key, row);
    this.#rows += rows.size - before;
  }

  /** How `rows`, in which none is twice, differ from these; undefined when they do not. */
  difference(rows: Iterable<VersionedRow>): string | undefined {
    let count = 0;
    for (const { table, key, value, seqno } of rows) {
      const own = this.#tables.get(table)?.get(toHex(key));
      const what = `the row 0x${toHex(key.subarray(0, 64))} of ${table}`;
      if (own === undefined) return `it has ${what}, which the ledger has not`;
      if (!equalBytes(own.hash, sha256(value))) return `${what} has another value than in the ledger`;
      if (own.seqno !== seqno) return `${what} is of entry ${own.seqno}, not ${seqno}`;
      count += 1;
    }
    return count === this.#rows ? undefined : `${this.#rows - count} rows of the ledger are not in it`;
  }
}
