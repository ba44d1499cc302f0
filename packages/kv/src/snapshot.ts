/**
 * Going through all rows of a version in parts, while later versions come, are committed and would compact it.
 *
 * Tables that are never scanned keep no order, and to sort a large one at once would stop the node. So the rows of such
 * a table are first gathered, a part at a time, into an order of the snapshot's own. Nothing that comes meanwhile
 * matters: the version is held, so every row with a value in it stays where it is, and rows that are new have none.
 */
import { CocoError, type Seqno } from '@coco/primitives';
import { keyBytes } from './key-text.js';
import { type OrderedCursor, OrderedList } from './ordered-list.js';
import { type Row, rowVersionAt, type Table } from './table.js';
import type { StoreSnapshot, TableName, VersionedRow } from './types.js';
import { type Versions, VersionView } from './versions.js';

/** Holds version `at` of `versions`. Throws COCO_KV_VERSION when it cannot be read. */
export function takeSnapshot(versions: Versions, at: Seqno): StoreSnapshot {
  const view = new VersionView(versions, at);
  const release = versions.hold(at);
  const names = [...versions.tables()].map(({ name }) => name).sort();
  let walk: TableWalk | undefined;
  let ended = false;
  const end = (): void => {
    ended = true;
    walk = undefined;
    release();
  };
  return {
    seqno: at,
    end,
    next(rowsMax, bytesMax = Number.POSITIVE_INFINITY) {
      if (ended) {
        throw new CocoError('COCO_KV_VERSION', `the snapshot of version ${at} has ended`, { seqno: at });
      }
      view.check();
      const part: Part = { rows: [], rowsLeft: rowsMax, bytesLeft: bytesMax };
      while (part.rowsLeft > 0 && part.bytesLeft > 0) {
        walk ??= nextWalk(view, names);
        if (walk === undefined) {
          if (part.rows.length > 0) return part.rows;
          end();
          return undefined;
        }
        if (walk.fill(part) === 'finished') walk = undefined;
      }
      return part.rows;
    },
  };
}

/** A walk through the first of the tables `names` that is there; takes it and those before it off the list. */
function nextWalk(view: VersionView, names: TableName[]): TableWalk | undefined {
  for (;;) {
    const name = names.shift();
    if (name === undefined) return undefined;
    const table = view.table(name);
    if (table !== undefined) return new TableWalk(table, view.seqno);
  }
}

/** What a call of `next` gathers, and how much it may still do. */
interface Part {
  readonly rows: VersionedRow[];
  rowsLeft: number;
  bytesLeft: number;
}

class TableWalk {
  readonly #table: Table;
  readonly #seqno: Seqno;
  /** Rows that are still to be gathered. */
  #gathering: { readonly rows: Iterator<Row>; left: number } | undefined;
  readonly #order: OrderedList<Row>;
  #cursor: OrderedCursor<Row> | undefined;

  constructor(table: Table, seqno: Seqno) {
    this.#table = table;
    this.#seqno = seqno;
    if (table.knownOrder === undefined) {
      this.#order = new OrderedList<Row>([]);
      this.#gathering = { rows: table.rows(), left: table.rowCount };
    } else {
      this.#order = table.knownOrder;
    }
  }

  fill(part: Part): 'finished' | 'more' {
    if (this.#gathering !== undefined && !this.#gather(this.#gathering, part)) return 'more';
    this.#gathering = undefined;
    this.#cursor ??= this.#order.cursor({ from: '' });
    while (part.rowsLeft > 0 && part.bytesLeft > 0) {
      const row = this.#cursor.peek();
      if (row === undefined) return 'finished';
      this.#cursor.pass(row.text);
      part.rowsLeft -= 1;
      const version = rowVersionAt(row, this.#seqno);
      if (version?.value === undefined) continue;
      const { value, seqno } = version;
      part.rows.push({ table: this.#table.name, key: keyBytes(row.text), value, seqno });
      part.bytesLeft -= row.text.length + value.length;
    }
    return 'more';
  }

  /** True when all rows are gathered: those that were there when the walk began, of which some may have gone. */
  #gather(gathering: { readonly rows: Iterator<Row>; left: number }, part: Part): boolean {
    for (; gathering.left > 0; gathering.left--) {
      if (part.rowsLeft <= 0) return false;
      part.rowsLeft -= 1;
      const { value: row, done } = gathering.rows.next();
      if (done === true) return true;
      if (rowVersionAt(row, this.#seqno)?.value !== undefined) this.#order.insert(row);
    }
    return true;
  }
}
