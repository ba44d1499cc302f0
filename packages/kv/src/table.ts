/**
 * One table with all versions of its rows that can still be read or rolled back.
 *
 * A row is a chain of versions, newest first; a removed row has a newest version without a value. A row goes away
 * when nothing can see it any more.
 */
import { assert, type Seqno } from '@coco/primitives';
import { OrderedList } from './ordered-list.js';
import type { TableName } from './types.js';

export class Table {
  readonly name: TableName;
  readonly #rows = new Map<string, Row>();
  /** Made by the first scan, kept up to date from then on: tables that are never scanned do not pay for it. */
  #order: OrderedList<Row> | undefined;
  #rowsAtHead = 0;

  constructor(name: TableName) {
    this.name = name;
  }

  /** How many rows have a value in the newest version. */
  get rowsAtHead(): number {
    return this.#rowsAtHead;
  }

  /** True when no version of any row is left. */
  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** The order, if it is kept already. */
  get knownOrder(): OrderedList<Row> | undefined {
    return this.#order;
  }

  /** How many rows there are, with and without a value. */
  get rowCount(): number {
    return this.#rows.size;
  }

  /** All rows, those that were there first first; rows that come while it goes on come last. */
  rows(): IterableIterator<Row> {
    return this.#rows.values();
  }

  /** All rows in order, including those that no longer, or not yet, have a value. */
  get order(): OrderedList<Row> {
    this.#order ??= new OrderedList(this.#rows.values());
    return this.#order;
  }

  /** The value of a row as of `seqno`. */
  valueAt(text: string, seqno: Seqno): Uint8Array | undefined {
    return rowValueAt(this.#rows.get(text), seqno);
  }

  /** Adds a version; undefined, and no version, when a row is removed that is not there. */
  install(text: string, value: Uint8Array | undefined, seqno: Seqno): Version | undefined {
    let row = this.#rows.get(text);
    if (row === undefined) {
      if (value === undefined) return undefined;
      row = { text, newest: undefined };
      this.#rows.set(text, row);
      this.#order?.insert(row);
    }
    const previous = row.newest;
    const had = previous?.value !== undefined;
    if (!had && value === undefined) return undefined;
    this.#rowsAtHead += Number(value !== undefined) - Number(had);
    const version: Version = { row, seqno, value, previous };
    row.newest = version;
    return version;
  }

  /** Takes back the newest version of a row. Nothing at or below `compacted` can be read without its help. */
  undo(version: Version, compacted: Seqno): void {
    const { row, previous } = version;
    assert(row.newest === version, 'versions are undone newest first');
    row.newest = previous;
    this.#rowsAtHead += Number(previous?.value !== undefined) - Number(version.value !== undefined);
    if (previous === undefined || (previous.value === undefined && previous.seqno <= compacted))
      this.#drop(row);
  }

  /** Nobody reads below `version` any more: forgets what came before it, and the row if it was removed. */
  forgetBefore(version: Version): void {
    version.previous = undefined;
    if (version.value === undefined && version.row.newest === version) this.#drop(version.row);
  }

  #drop(row: Row): void {
    row.newest = undefined;
    this.#rows.delete(row.text);
    this.#order?.remove(row.text);
  }
}

export interface Row {
  readonly text: string;
  /** Undefined only while the row is being made, and after it was dropped. */
  newest: Version | undefined;
}

export interface Version {
  readonly row: Row;
  readonly seqno: Seqno;
  /** Undefined: the row was removed. */
  readonly value: Uint8Array | undefined;
  previous: Version | undefined;
}

/** The newest version of `row` as of `seqno`. */
export function rowVersionAt(row: Row | undefined, seqno: Seqno): Version | undefined {
  let version = row?.newest;
  while (version !== undefined && version.seqno > seqno) version = version.previous;
  return version;
}

/** The value of `row` as of `seqno`. */
export function rowValueAt(row: Row | undefined, seqno: Seqno): Uint8Array | undefined {
  return rowVersionAt(row, seqno)?.value;
}
