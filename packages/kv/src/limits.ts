/**
 * What the store refuses to hold, so that no caller can make one row, and with it one ledger entry, unreasonable.
 */
import { CocoError, fromUtf8, utf8 } from '@coco/primitives';
import type { TableName } from './types.js';

/** Limits on what a transaction may write. Reads of larger keys find nothing. */
export interface StoreLimits {
  /** Longest key, in bytes. */
  readonly keyBytesMax: number;
  /** Longest value, in bytes. */
  readonly valueBytesMax: number;
  /** Longest table name, in bytes of UTF-8. */
  readonly tableNameBytesMax: number;
}

export const storeLimitsDefault: StoreLimits = {
  keyBytesMax: 8 * 1024,
  valueBytesMax: 16 * 1024 * 1024,
  tableNameBytesMax: 256,
};

/** Throws COCO_KV_LIMIT when `bytes` is longer than `max`; `limit` names the setting. */
export function checkLength(
  bytes: Uint8Array,
  max: number,
  limit: keyof StoreLimits,
  table: TableName,
): void {
  if (bytes.length > max) {
    throw new CocoError('COCO_KV_LIMIT', `${bytes.length} bytes exceed ${limit}, which is ${max}`, {
      limit,
      max,
      length: bytes.length,
      table,
    });
  }
}

/**
 * Throws COCO_KV_LIMIT when `table` is too long, COCO_KV_TABLE when it is empty or has lone surrogates (two such
 * names would have the same bytes in the ledger).
 */
export function checkTableName(table: TableName, limits: StoreLimits): void {
  if (table.length > limits.tableNameBytesMax) {
    throw new CocoError('COCO_KV_LIMIT', 'the name of a table exceeds tableNameBytesMax', {
      limit: 'tableNameBytesMax',
      max: limits.tableNameBytesMax,
      length: table.length,
    });
  }
  const bytes = utf8(table);
  checkLength(bytes, limits.tableNameBytesMax, 'tableNameBytesMax', table);
  if (table === '' || fromUtf8(bytes) !== table) {
    throw new CocoError('COCO_KV_TABLE', 'the name of a table is not a non-empty well-formed text', {
      table,
    });
  }
}
