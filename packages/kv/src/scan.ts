/**
 * Scanning a version in key order, alone or seen through the changes of a transaction.
 */
import { keyBytes, keyText } from './key-text.js';
import type { Ordered, OrderedCursor, OrderedList } from './ordered-list.js';
import { type Row, rowValueAt } from './table.js';
import type { Put, RangeOptions, TableName } from './types.js';
import type { VersionView } from './versions.js';

/** A transaction's own row: `value` counts when it is `written`. */
export interface OwnRow extends Ordered {
  readonly written: boolean;
  readonly value: Uint8Array | undefined;
}

/** Is told how far a scan has got: that is what its transaction has read. */
export interface ScanListener {
  /** Everything up to and including this key was looked at. */
  reached(text: string): void;
  /** Everything to the end of the range was looked at. */
  finished(): void;
}

/** Options of a scan with keys as texts. */
export interface ScanBounds {
  readonly from: string;
  /** Undefined: to the end of the table. */
  readonly to: string | undefined;
  readonly reverse: boolean;
  readonly rowsMax: number;
}

/** The bounds that `options` ask for. */
export function scanBounds(options: RangeOptions = {}): ScanBounds {
  return {
    from: options.from === undefined ? '' : keyText(options.from),
    to: options.to === undefined ? undefined : keyText(options.to),
    reverse: options.reverse ?? false,
    rowsMax: options.rowsMax ?? Number.POSITIVE_INFINITY,
  };
}

/**
 * Rows of `table` within `bounds` as of `view`, overlaid by `own`. Lazy; rows written to `own` during the scan
 * are seen when they lie ahead of it.
 */
export function* scan(
  view: VersionView,
  table: TableName,
  bounds: ScanBounds,
  own?: OrderedList<OwnRow>,
  listener?: ScanListener,
): Generator<Put> {
  const stored = view.table(table)?.order;
  const start = bounds.reverse ? { to: bounds.to } : { from: bounds.from };
  const storedCursor = stored?.cursor(start);
  const ownCursor = own?.cursor(start);
  for (let rows = 0; rows < bounds.rowsMax; rows++) {
    view.check();
    const row = nextRow(view, bounds, storedCursor, ownCursor);
    if (row === undefined) {
      listener?.finished();
      return;
    }
    listener?.reached(row.text);
    yield { key: keyBytes(row.text), value: row.value };
  }
}

/** Passes over the cursors up to and including the next row that has a value. */
function nextRow(
  view: VersionView,
  bounds: ScanBounds,
  storedCursor: OrderedCursor<Row> | undefined,
  ownCursor: OrderedCursor<OwnRow> | undefined,
): { text: string; value: Uint8Array } | undefined {
  for (;;) {
    const stored = within(bounds, storedCursor?.peek());
    const own = within(bounds, ownCursor?.peek());
    const first = whichFirst(stored, own, bounds.reverse);
    if (first === 'none') return undefined;
    const { text } = (first === 'own' ? own : stored) as Ordered;
    // Both pass it: what is written behind the scan from now on stays behind it.
    storedCursor?.pass(text);
    ownCursor?.pass(text);
    const value =
      first !== 'stored' && own?.written
        ? own.value
        : rowValueAt(first === 'own' ? undefined : stored, view.seqno);
    if (value !== undefined) return { text, value };
  }
}

function whichFirst(
  stored: Ordered | undefined,
  own: Ordered | undefined,
  reverse: boolean,
): 'none' | 'stored' | 'own' | 'both' {
  if (stored === undefined) return own === undefined ? 'none' : 'own';
  if (own === undefined) return 'stored';
  if (stored.text === own.text) return 'both';
  return stored.text < own.text !== reverse ? 'stored' : 'own';
}

function within<T extends Ordered>(bounds: ScanBounds, item: T | undefined): T | undefined {
  if (item === undefined) return undefined;
  const inside = bounds.reverse ? item.text >= bounds.from : bounds.to === undefined || item.text < bounds.to;
  return inside ? item : undefined;
}
