/**
 * Entries of a ledger for programs: one JSON object a line. Bytes are `{"text"}` where they are text, else `{"hex"}`.
 *
 *   {"txId","type","entryType","bytes","file","offset","claims"?,"tables":[{"table","puts","removes"}],"encryptedBytes"?}
 *   {"txId","table","puts":[{"key","value"}],"removes":[key]}                                          with --table
 */
import type { ReadEntry } from '@coco/ledger';
import { formatTxId, toHex } from '@coco/primitives';
import { tablesOf, typeOf } from './entryText.js';
import { cellOf } from './printable.js';

const none = '0'.repeat(64);

/** One entry and how many rows it writes where. */
export function entryJson(entry: ReadEntry): unknown {
  const { txId, entryType, size, file, offset, claimsDigest, privateWrites, privateBytes } = entry;
  const claims = claimsDigest === undefined ? none : toHex(claimsDigest);
  return {
    txId: formatTxId(txId),
    type: typeOf(entry),
    entryType,
    bytes: size,
    file,
    offset,
    ...(claims !== none && { claims }),
    tables: [...entry.publicWrites, ...(privateWrites ?? [])].map(({ table, puts, removes }) => ({
      table,
      puts: puts.length,
      removes: removes.length,
    })),
    ...(privateWrites === undefined && privateBytes > 0 && { encryptedBytes: privateBytes }),
  };
}

/** What one entry writes to `table`; undefined when it does not. */
export function rowsJson(entry: ReadEntry, table: string): unknown {
  const found = tablesOf(entry, table);
  if (found.length === 0) return undefined;
  return {
    txId: formatTxId(entry.txId),
    table,
    puts: found.flatMap(({ puts }) =>
      puts.map(({ key, value }) => ({ key: cellOf(key), value: cellOf(value) })),
    ),
    removes: found.flatMap(({ removes }) => removes.map(cellOf)),
  };
}
