/**
 * The digest by which people name a constitution (GOV-8): whoever approves it approves every row of every policy table.
 *
 *     SHA-256 over  "coco constitution 1\n", then for each policy table that has rows, ascending by name:
 *       u64 length, name (UTF-8); u64 number of rows; per row, ascending by key: u64 length, key; u64 length, value
 *
 * All numbers little-endian. The VN list, proposals and the record of requests are not part of it.
 */
import { sha256 } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { ByteWriter, toHex, utf8 } from '@coco/primitives';
import { policyTables } from './tables.js';

/** Lower-case hex SHA-256 of the policy tables. */
export function constitutionDigest(reader: Reader): string {
  const parts: Uint8Array[] = [utf8('coco constitution 1\n')];
  for (const table of policyTables) {
    const rows = [...reader.range(table)];
    if (rows.length === 0) continue;
    parts.push(sized(utf8(table)), new ByteWriter().u64(rows.length).finish());
    for (const { key, value } of rows) parts.push(sized(key), sized(value));
  }
  return toHex(sha256(...parts));
}

function sized(bytes: Uint8Array): Uint8Array {
  return new ByteWriter(bytes.length + 8).sized64(bytes).finish();
}
