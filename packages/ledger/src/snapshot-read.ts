/**
 * Reads a snapshot file for showing it: its rows, as if one entry had written them. Structure is checked, and what a
 * secret opens is authenticated; the receipt is `verifySnapshot`'s and the audit's.
 */
import type { Put, TableChanges } from '@coco/kv';
import { CocoError } from '@coco/primitives';
import type { ChunkSource } from './chunk.js';
import type { ReadEntry, ReadLedgerOptions } from './ledger-read.js';
import { secretAt } from './secrets.js';
import { openPrivateTables, parseSnapshot, readPublicTables } from './snapshot-open.js';
import { snapshotBytesMaxDefault } from './snapshot-seal.js';
import { decodeSnapshotTables } from './snapshot-tables.js';
import { receiptBytesMax } from './snapshot-verify.js';

/**
 * Reads all of the file. Throws COCO_LEDGER_SNAPSHOT_MALFORMED, COCO_LEDGER_SNAPSHOT_SIZE and
 * COCO_LEDGER_ENTRY_UNAUTHENTIC, with the name of the file.
 */
export function readSnapshot(source: ChunkSource, options: ReadLedgerOptions = {}): ReadEntry {
  try {
    return read(source, options);
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    throw new CocoError(error.code, `${source.name}: ${error.message}`, {
      ...error.facts,
      file: source.name,
    });
  }
}

function read(source: ChunkSource, options: ReadLedgerOptions): ReadEntry {
  const { snapshotBytesMax = snapshotBytesMaxDefault, secrets = [] } = options;
  if (source.size > snapshotBytesMax + receiptBytesMax) {
    throw new CocoError('COCO_LEDGER_SNAPSHOT_SIZE', `the file has ${source.size} bytes`, {
      max: snapshotBytesMax,
    });
  }
  const layout = parseSnapshot(source.readAt(0, source.size), snapshotBytesMax);
  const { view, seqno } = readPublicTables(layout).base;
  const key = secretAt(secrets, seqno);
  const opened = key === undefined ? undefined : openPrivateTables(layout, { view, seqno }, key);
  return {
    file: source.name,
    offset: 0,
    txId: { view, seqno },
    entryType: 1,
    size: layout.bytes.length,
    signature: false,
    publicWrites: tablesOf(layout.publicTables),
    privateBytes: layout.ciphertext.length,
    ...(opened !== undefined && { privateWrites: tablesOf(opened) }),
  };
}

function tablesOf(bytes: Uint8Array): TableChanges[] {
  const tables: { readonly table: string; readonly puts: Put[]; readonly removes: [] }[] = [];
  for (const { table, key, value } of decodeSnapshotTables(bytes)) {
    if (tables.at(-1)?.table !== table) tables.push({ table, puts: [], removes: [] });
    tables.at(-1)?.puts.push({ key, value });
  }
  return tables;
}
