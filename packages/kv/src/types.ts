/**
 * The contract of the store: serialisable optimistic transactions over named, ordered tables (ARC-4).
 *
 * Versions are ledger sequence numbers. A transaction reads a fixed version and collects its changes; committing
 * checks that nothing it read was changed by a later version, and installs the changes as one new version.
 */
import type { Seqno } from '@coco/primitives';

/** Name of a table. Names beginning `public:` are kept in clear in the ledger; all others are encrypted. */
export type TableName = string;

/** One row to set. */
export interface Put {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A row of a version, with the version that wrote it. */
export interface VersionedRow extends Put {
  readonly table: TableName;
  readonly seqno: Seqno;
}

/** All changes of one transaction to one table; keys ascending by unsigned bytes, no key twice. */
export interface TableChanges {
  readonly table: TableName;
  readonly puts: readonly Put[];
  readonly removes: readonly Uint8Array[];
}

/** All changes of one transaction; tables ascending by name (UTF-16 code units), no empty table. Plain data. */
export type WriteSet = readonly TableChanges[];

/** Which rows a scan returns, and in which order. */
export interface RangeOptions {
  /** First key, inclusive. Default: the first of the table. */
  readonly from?: Uint8Array;
  /** End of the range, exclusive. Default: past the last key of the table. */
  readonly to?: Uint8Array;
  /** Descending instead of ascending. Default false. */
  readonly reverse?: boolean;
  /** The most rows to return. Default: no limit. */
  readonly rowsMax?: number;
}

/** Reads of one version. Returned arrays belong to the store and must not be written to. */
export interface Reader {
  /** The version that is read. */
  readonly seqno: Seqno;
  /** The value of `key`, or undefined when there is none. */
  get(table: TableName, key: Uint8Array): Uint8Array | undefined;
  has(table: TableName, key: Uint8Array): boolean;
  /** Rows in key order, computed lazily. */
  range(table: TableName, options?: RangeOptions): Iterable<Put>;
}

/** Marks a point within a transaction to which its changes can be undone. */
export interface Savepoint {
  readonly position: number;
}

/** One transaction: reads see its own changes. It holds no lock; dropping it is how it is aborted. */
export interface Transaction extends Reader {
  put(table: TableName, key: Uint8Array, value: Uint8Array): void;
  remove(table: TableName, key: Uint8Array): void;
  /** Removes every row of `table`. */
  clear(table: TableName): void;
  savepoint(): Savepoint;
  /** Undoes every change made since `savepoint`. Reads stay in the read set. Later savepoints become invalid. */
  rollbackTo(savepoint: Savepoint): void;
  /** The changes so far, as data. */
  writeSet(): WriteSet;
}

/** What became of a commit. `conflict` names one row or range that a later version changed: run again. */
export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly writeSet: WriteSet }
  | { readonly outcome: 'conflict'; readonly table: TableName; readonly key: Uint8Array; readonly by: Seqno };

/**
 * One version, held readable while later ones are written, committed and compacted, to go through all of it in parts.
 */
export interface StoreSnapshot {
  /** The version. */
  readonly seqno: Seqno;
  /**
   * The next rows, ascending by table (UTF-16 code units) and then by key (unsigned bytes); undefined when there are no
   * more, which also ends the snapshot. Looks at no more than `rowsMax` rows, so a part can be empty without being the
   * last, and stops after the row with which keys and values have `bytesMax` bytes. Arrays belong to the store. Throws
   * COCO_KV_VERSION when the version was rolled back or the snapshot ended.
   */
  next(rowsMax: number, bytesMax?: number): readonly VersionedRow[] | undefined;
  /** Lets go of the version. May be called again. */
  end(): void;
}

/** A store that is being made from the rows of a snapshot. */
export interface StoreRestore {
  /**
   * Takes over rows, copying them, in any order. Throws COCO_KV_LIMIT and COCO_KV_TABLE; a key must not come twice
   * in a table.
   */
  add(rows: Iterable<VersionedRow>): void;
  /** The store at version `seqno` (not below that of any row), all of it compacted. */
  finish(seqno: Seqno): Store;
}

/** The store of one node. Single-threaded; every method is synchronous. */
export interface Store {
  /** The newest version; 0 when empty. */
  readonly head: Seqno;
  /** The oldest version that can still be read, and the lowest that can be rolled back to. */
  readonly compacted: Seqno;
  /** Begins a transaction that reads `at` (default: head). */
  begin(at?: Seqno): Transaction;
  /** Reads version `at` (compacted ≤ at ≤ head, else COCO_KV_VERSION), while later versions are written. */
  read(at: Seqno): Reader;
  /** Installs the changes of `transaction` as version `seqno` (> head), unless something it read has changed. */
  commit(transaction: Transaction, seqno: Seqno): CommitOutcome;
  /** Would `commit` succeed now? */
  check(transaction: Transaction): CommitOutcome;
  /** Installs changes decided elsewhere as version `seqno` (> head). */
  apply(writeSet: WriteSet, seqno: Seqno): void;
  /** Moves head to `seqno` (≥ head) without any change: the versions between are equal. */
  advance(seqno: Seqno): void;
  /**
   * Forgets all versions above `seqno` (not below what was asked to be compacted). Transactions and readers above it
   * become invalid.
   */
  rollback(seqno: Seqno): void;
  /** Forgets what only versions below `seqno` (≤ head) need, up to the oldest that a snapshot holds. */
  compact(seqno: Seqno): void;
  /** Holds version `at` (compacted ≤ at ≤ head, else COCO_KV_VERSION) until the snapshot ends. */
  snapshot(at: Seqno): StoreSnapshot;
  /** Names of the tables that have rows at head, ascending. */
  tables(): readonly TableName[];
}
