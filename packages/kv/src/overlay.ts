/**
 * What one transaction knows of one table: rows it has read, rows it has written, and ranges it has scanned.
 */
import { OrderedList } from './ordered-list.js';
import { ReadRange } from './read-range.js';
import type { ScanBounds } from './scan.js';
import type { TableName } from './types.js';

/** A row that a transaction has read or written. */
export interface Cell {
  readonly text: string;
  /** Whether `base` was read from the store, so that the transaction depends on it. */
  read: boolean;
  base: Uint8Array | undefined;
  /** Whether `value` (undefined: removed) replaces the store's. */
  written: boolean;
  value: Uint8Array | undefined;
}

export class Overlay {
  readonly table: TableName;
  readonly #cells = new Map<string, Cell>();
  /** Cells that are, or once were, written; made by the first scan. */
  #order: OrderedList<Cell> | undefined;
  readonly #ranges: ReadRange[] = [];

  constructor(table: TableName) {
    this.table = table;
  }

  cell(text: string): Cell | undefined {
    return this.#cells.get(text);
  }

  /** The cell of a key that the transaction has not met before. */
  meet(text: string): Cell {
    const cell: Cell = { text, read: false, base: undefined, written: false, value: undefined };
    this.#cells.set(text, cell);
    return cell;
  }

  /** Cells in key order; the caller passes over those that are not written. */
  get order(): OrderedList<Cell> {
    this.#order ??= new OrderedList(this.written());
    return this.#order;
  }

  /** Call before a cell that was never written is written. */
  beforeFirstWrite(cell: Cell): void {
    if (this.#order !== undefined && !this.#order.has(cell.text)) this.#order.insert(cell);
  }

  /** Notes that a scan begins. */
  scanned(bounds: ScanBounds): ReadRange {
    const range = new ReadRange(bounds);
    this.#ranges.push(range);
    return range;
  }

  /** Does the transaction depend on the stored row at this key? */
  hasRead(text: string): boolean {
    return this.#cells.get(text)?.read === true || this.#ranges.some((range) => range.covers(text));
  }

  *written(): Iterable<Cell> {
    for (const cell of this.#cells.values()) {
      if (cell.written) yield cell;
    }
  }
}
