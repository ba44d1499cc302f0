/**
 * A transaction: a fixed version seen through the changes made so far, with what it has read and how to undo.
 */
import { assert } from '@coco/primitives';
import { keyBytes, keyText } from './key-text.js';
import { checkLength, checkTableName } from './limits.js';
import { type Cell, Overlay } from './overlay.js';
import { scan, scanBounds } from './scan.js';
import type {
  Put,
  RangeOptions,
  Savepoint,
  TableChanges,
  TableName,
  Transaction,
  WriteSet,
} from './types.js';
import { type TableWrites, type Versions, VersionView } from './versions.js';

export class StoreTransaction implements Transaction {
  readonly #versions: Versions;
  readonly #view: VersionView;
  readonly #overlays = new Map<TableName, Overlay>();
  /** How to take back each write since the first savepoint, oldest first. */
  readonly #undo: Undo[] = [];
  #undoable = false;
  #writeSet: WriteSet | undefined;
  #committed = false;

  constructor(versions: Versions, at: number) {
    this.#versions = versions;
    this.#view = new VersionView(versions, at);
  }

  isOf(versions: Versions): boolean {
    return this.#versions === versions;
  }

  get seqno(): number {
    return this.#view.seqno;
  }

  get(table: TableName, key: Uint8Array): Uint8Array | undefined {
    const text = keyText(key);
    const overlay = this.#overlay(table);
    let cell = overlay.cell(text);
    if (cell?.written) return cell.value;
    if (cell?.read) return cell.base;
    cell ??= overlay.meet(text);
    cell.base = this.#view.valueOf(table, text);
    cell.read = true;
    return cell.base;
  }

  has(table: TableName, key: Uint8Array): boolean {
    return this.get(table, key) !== undefined;
  }

  range(table: TableName, options?: RangeOptions): Iterable<Put> {
    const bounds = scanBounds(options);
    const overlay = this.#overlay(table);
    return scan(this.#view, table, bounds, overlay.order, overlay.scanned(bounds));
  }

  /** The store keeps copies: both arrays may be used again. COCO_KV_LIMIT when one is too long. */
  put(table: TableName, key: Uint8Array, value: Uint8Array): void {
    const { keyBytesMax, valueBytesMax } = this.#versions.limits;
    checkLength(key, keyBytesMax, 'keyBytesMax', table);
    checkLength(value, valueBytesMax, 'valueBytesMax', table);
    this.#write(table, keyText(key), value);
  }

  remove(table: TableName, key: Uint8Array): void {
    checkLength(key, this.#versions.limits.keyBytesMax, 'keyBytesMax', table);
    this.#write(table, keyText(key), undefined);
  }

  clear(table: TableName): void {
    for (const { key } of this.range(table)) this.remove(table, key);
  }

  savepoint(): Savepoint {
    this.#undoable = true;
    return { position: this.#undo.length };
  }

  rollbackTo(savepoint: Savepoint): void {
    assert(savepoint.position <= this.#undo.length, 'a savepoint ends when an earlier one is rolled back to');
    while (this.#undo.length > savepoint.position) {
      const { cell, written, value } = this.#undo.pop() as Undo;
      cell.written = written;
      cell.value = value;
    }
    this.#writeSet = undefined;
  }

  writeSet(): WriteSet {
    this.#writeSet ??= [...this.#overlays.values()]
      .sort((a, b) => (a.table < b.table ? -1 : 1))
      .map(changesOf)
      .filter(({ puts, removes }) => puts.length + removes.length > 0);
    return this.#writeSet;
  }

  /** The row that makes a commit impossible: read here, and changed by a later version. */
  conflict(): { table: TableName; key: Uint8Array; by: number } | undefined {
    this.#view.check();
    for (const { seqno, tables } of this.#versions.since(this.seqno)) {
      for (const { table, versions } of tables) {
        const overlay = this.#overlays.get(table.name);
        const changed = overlay && versions.find(({ row }) => overlay.hasRead(row.text));
        if (changed !== undefined) return { table: table.name, key: keyBytes(changed.row.text), by: seqno };
      }
    }
    return undefined;
  }

  /** Hands the changes to the store, once. */
  commit(): Iterable<TableWrites> {
    assert(!this.#committed, 'a transaction is committed at most once');
    this.#committed = true;
    return [...this.#overlays.values()].map((overlay) => ({
      table: overlay.table,
      writes: overlay.written(),
    }));
  }

  #overlay(table: TableName): Overlay {
    let overlay = this.#overlays.get(table);
    if (overlay === undefined) {
      checkTableName(table, this.#versions.limits);
      overlay = new Overlay(table);
      this.#overlays.set(table, overlay);
    }
    return overlay;
  }

  #write(table: TableName, text: string, value: Uint8Array | undefined): void {
    assert(!this.#committed, 'a committed transaction takes no more changes');
    const overlay = this.#overlay(table);
    const cell = overlay.cell(text) ?? overlay.meet(text);
    if (!cell.written) overlay.beforeFirstWrite(cell);
    if (this.#undoable) this.#undo.push({ cell, written: cell.written, value: cell.value });
    cell.written = true;
    cell.value = value && copyOf(value);
    this.#writeSet = undefined;
  }
}

interface Undo {
  readonly cell: Cell;
  readonly written: boolean;
  readonly value: Uint8Array | undefined;
}

function changesOf(overlay: Overlay): TableChanges {
  const puts: Put[] = [];
  const removes: Uint8Array[] = [];
  const written = [...overlay.written()].sort((a, b) => (a.text < b.text ? -1 : 1));
  for (const { text, value } of written) {
    if (value === undefined) removes.push(keyBytes(text));
    else puts.push({ key: keyBytes(text), value });
  }
  return { table: overlay.table, puts, removes };
}

/** A plain array of its own: `slice` of a Node Buffer would share memory, and a view would keep its whole buffer. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
