/**
 * All tables and the log of versions: the one state that the store's doors (reads, transactions, commits) share.
 */
import { assert, CocoError, type Seqno } from '@coco/primitives';
import type { StoreLimits } from './limits.js';
import { Table, type Version } from './table.js';
import type { TableName } from './types.js';

export class Versions {
  readonly limits: StoreLimits;
  #head: Seqno = 0;
  #compacted: Seqno = 0;
  readonly #tables = new Map<TableName, Table>();
  /** One record per version that changed something, above `compacted`, ascending. */
  readonly #log: LogRecord[] = [];
  #era: Era = { rolledBackTo: undefined, next: undefined };
  /** Versions that must stay readable, although what comes after them is compacted. */
  readonly #holds = new Set<{ readonly seqno: Seqno }>();
  /** How far compaction would have gone without them. */
  #wanted: Seqno = 0;

  constructor(limits: StoreLimits) {
    this.limits = limits;
  }

  get head(): Seqno {
    return this.#head;
  }

  get compacted(): Seqno {
    return this.#compacted;
  }

  get era(): Era {
    return this.#era;
  }

  table(name: TableName): Table | undefined {
    return this.#tables.get(name);
  }

  tables(): Iterable<Table> {
    return this.#tables.values();
  }

  /** Records of versions above `seqno`, newest first. */
  *since(seqno: Seqno): Iterable<LogRecord> {
    for (let i = this.#log.length - 1; i >= 0; i--) {
      const record = this.#log[i] as LogRecord;
      if (record.seqno <= seqno) return;
      yield record;
    }
  }

  /** Installs `changes` as version `seqno`; the values become the store's. */
  install(changes: Iterable<TableWrites>, seqno: Seqno): void {
    assert(Number.isSafeInteger(seqno) && seqno > this.#head, 'a new version is above the head');
    const tables: LogRecord['tables'] = [];
    for (const { table: name, writes } of changes) {
      const table = this.#tables.get(name) ?? new Table(name);
      const versions: Version[] = [];
      for (const { text, value } of writes) {
        const version = table.install(text, value, seqno);
        if (version !== undefined) versions.push(version);
      }
      if (versions.length === 0) continue;
      this.#tables.set(name, table);
      tables.push({ table, versions });
    }
    if (tables.length > 0) this.#log.push({ seqno, tables });
    this.#head = seqno;
  }

  advance(seqno: Seqno): void {
    assert(Number.isSafeInteger(seqno) && seqno >= this.#head, 'the head only advances forwards');
    this.#head = seqno;
  }

  rollback(seqno: Seqno): void {
    assert(Number.isSafeInteger(seqno) && seqno >= this.#wanted, 'compacted versions are not rolled back');
    if (seqno >= this.#head) return;
    let record = this.#log.at(-1);
    while (record !== undefined && record.seqno > seqno) {
      this.#log.pop();
      for (const { table, versions } of record.tables) {
        for (let i = versions.length - 1; i >= 0; i--) table.undo(versions[i] as Version, this.#compacted);
        this.#dropIfEmpty(table);
      }
      record = this.#log.at(-1);
    }
    this.#head = seqno;
    const ended = this.#era;
    this.#era = { rolledBackTo: undefined, next: undefined };
    ended.rolledBackTo = seqno;
    ended.next = this.#era;
  }

  compact(seqno: Seqno): void {
    assert(Number.isSafeInteger(seqno) && seqno <= this.#head, 'only versions that exist are compacted');
    this.#wanted = Math.max(this.#wanted, seqno);
    let upTo = this.#wanted;
    for (const held of this.#holds) upTo = Math.min(upTo, held.seqno);
    if (upTo > this.#compacted) this.#forgetBelow(upTo);
  }

  /** Keeps version `seqno`, which can be read, from compaction. Gives what lets go of it. */
  hold(seqno: Seqno): () => void {
    const held = { seqno };
    this.#holds.add(held);
    return () => {
      if (this.#holds.delete(held)) this.compact(this.#wanted);
    };
  }

  #forgetBelow(seqno: Seqno): void {
    this.#compacted = seqno;
    let count = 0;
    for (const record of this.#log) {
      if (record.seqno > seqno) break;
      count++;
      for (const { table, versions } of record.tables) {
        for (const version of versions) table.forgetBefore(version);
        this.#dropIfEmpty(table);
      }
    }
    this.#log.splice(0, count);
  }

  /** Puts rows into the tables of a store that has no version yet, and no log of these. */
  restoreRows(rows: Iterable<RestoredRow>): void {
    assert(this.#head === 0, 'only a new store is restored');
    for (const { table: name, text, value, seqno } of rows) {
      const table = this.#tables.get(name) ?? new Table(name);
      this.#tables.set(name, table);
      assert(table.valueAt(text, seqno) === undefined, 'a row is restored once');
      table.install(text, value, seqno);
    }
  }

  /** Ends restoring: everything is version `seqno`. */
  restored(seqno: Seqno): void {
    this.advance(seqno);
    this.#compacted = seqno;
    this.#wanted = seqno;
  }

  #dropIfEmpty(table: Table): void {
    if (table.isEmpty && this.#tables.get(table.name) === table) this.#tables.delete(table.name);
  }
}

/** All writes of one version to one table; an undefined value removes the row. */
export interface TableWrites {
  readonly table: TableName;
  readonly writes: Iterable<{ readonly text: string; readonly value: Uint8Array | undefined }>;
}

/** A row of a snapshot, its value the store's. */
export interface RestoredRow {
  readonly table: TableName;
  readonly text: string;
  readonly value: Uint8Array;
  readonly seqno: Seqno;
}

/** What one version changed. */
export interface LogRecord {
  readonly seqno: Seqno;
  readonly tables: { readonly table: Table; readonly versions: readonly Version[] }[];
}

/**
 * The time between two rollbacks. Whoever reads a version remembers its era, and follows the chain to learn
 * whether that version has been rolled back since.
 */
export interface Era {
  rolledBackTo: Seqno | undefined;
  next: Era | undefined;
}

/** One version, for as long as it is there. */
export class VersionView {
  readonly seqno: Seqno;
  readonly #versions: Versions;
  #era: Era;

  /** Throws COCO_KV_VERSION when version `at` cannot be read. */
  constructor(versions: Versions, at: Seqno) {
    if (!Number.isSafeInteger(at) || at > versions.head || at < versions.compacted) {
      throw versionUnreadable(at, versions);
    }
    this.seqno = at;
    this.#versions = versions;
    this.#era = versions.era;
  }

  /** Throws COCO_KV_VERSION when the version was compacted or rolled back since. */
  check(): void {
    const versions = this.#versions;
    if (this.seqno < versions.compacted) throw versionUnreadable(this.seqno, versions);
    while (this.#era !== versions.era) {
      if ((this.#era.rolledBackTo as Seqno) < this.seqno) throw versionUnreadable(this.seqno, versions);
      this.#era = this.#era.next as Era;
    }
  }

  table(name: TableName): Table | undefined {
    this.check();
    return this.#versions.table(name);
  }

  valueOf(name: TableName, text: string): Uint8Array | undefined {
    this.check();
    return this.#versions.table(name)?.valueAt(text, this.seqno);
  }
}

function versionUnreadable(seqno: Seqno, versions: Versions): CocoError {
  return new CocoError(
    'COCO_KV_VERSION',
    `version ${seqno} cannot be read: compacted, rolled back, or not yet there`,
    {
      seqno,
      compacted: versions.compacted,
      head: versions.head,
    },
  );
}
