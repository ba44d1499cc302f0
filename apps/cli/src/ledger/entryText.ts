/**
 * Entries of a ledger as lines for people: what each writes where, or the rows of one table.
 */
import type { TableChanges } from '@coco/kv';
import type { ReadEntry } from '@coco/ledger';
import { formatTxId } from '@coco/primitives';
import { bold, cyan, dim, green, red, thousands, yellow } from '../terminal.js';
import { formatBytes, formatCell, printable } from './printable.js';

const txIdChars = 10;
const typeChars = 9;
const sizeChars = 9;
const indent = txIdChars + typeChars + sizeChars + 6;

/** The head of the list that `describeEntryLine` makes. */
export const entryHead = bold(
  `${'TXID'.padEnd(txIdChars)}  ${'TYPE'.padEnd(typeChars)}  ${'BYTES'.padStart(sizeChars)}  TABLES WITH ROWS PUT AND REMOVED`,
);

/** One entry: TxId, type, size, tables. As several lines where it would not fit into `columns`. */
export function describeEntryLine(entry: ReadEntry, columns: number): string {
  const { txId, signature, size } = entry;
  const type = typeOf(entry);
  const left = `${formatTxId(txId).padEnd(txIdChars)}  ${type.padEnd(typeChars)}  ${thousands(size).padStart(sizeChars)}  `;
  const tables = describeTables(entry);
  const width = tables.reduce((sum, { chars }) => sum + chars + 2, indent);
  const texts = tables.map(({ text }) => text);
  const shown = signature ? dim(left) : left;
  return `${shown}${texts.join(width > columns ? `\n${' '.repeat(indent)}` : ', ')}`;
}

/** What kind of entry it is, in one word. */
export function typeOf({ signature, entryType }: ReadEntry): string {
  if (entryType === 1) return 'snapshot';
  return signature ? 'signature' : 'writes';
}

interface Piece {
  readonly text: string;
  readonly chars: number;
}

function describeTables({ signature, publicWrites, privateWrites, privateBytes }: ReadEntry): Piece[] {
  const quiet = (text: string): string => (signature ? dim(text) : text);
  const pieces = publicWrites.map((changes) => describeTable(changes, quiet));
  if (privateWrites !== undefined) {
    pieces.push(...privateWrites.map((changes) => describeTable(changes, cyan)));
  } else if (privateBytes > 0) {
    const text = `${formatBytes(privateBytes)} encrypted`;
    pieces.push({ text: yellow(text), chars: text.length });
  }
  return pieces;
}

function describeTable({ table, puts, removes }: TableChanges, style: (text: string) => string): Piece {
  const name = printable(table);
  const counts = rowCounts(puts.length, removes.length);
  return { text: `${style(name)} ${counts}`, chars: name.length + 1 + counts.length };
}

function rowCounts(puts: number, removes: number): string {
  const removed = removes === 0 ? '' : `−${removes}`;
  return puts > 0 || removes === 0 ? [`+${puts}`, removed].filter((text) => text !== '').join(' ') : removed;
}

/** The rows that `entry` writes to `table`, one a line; none when it does not. */
export function describeRows(entry: ReadEntry, table: string, cellCharsMax: number): readonly string[] {
  const id = bold(formatTxId(entry.txId).padEnd(txIdChars));
  const lines: string[] = [];
  for (const changes of tablesOf(entry, table)) {
    for (const { key, value } of changes.puts) {
      const cells = `${cyan(formatCell(key, cellCharsMax))}  ${formatCell(value, cellCharsMax)}`;
      lines.push(`${id}  ${green('put   ')}  ${cells}`);
    }
    for (const key of changes.removes) {
      lines.push(`${id}  ${red('remove')}  ${cyan(formatCell(key, cellCharsMax))}`);
    }
  }
  if (!table.startsWith('public:') && entry.privateWrites === undefined && entry.privateBytes > 0) {
    lines.push(
      `${id}  ${yellow(`${formatBytes(entry.privateBytes)} encrypted under a key that is older than those given`)}`,
    );
  }
  return lines;
}

/** What `entry` writes to `table`, as far as it is open. */
export function tablesOf({ publicWrites, privateWrites }: ReadEntry, table: string): readonly TableChanges[] {
  return [...publicWrites, ...(privateWrites ?? [])].filter((changes) => changes.table === table);
}
