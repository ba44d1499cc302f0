/**
 * What entries wrote to the tables that an auditor was granted, opened by a node, and nothing else of them; with the receipt of
 * each entry, which proves that it is there. That it wrote this is the node's word: whoever could check it would see the rest, too.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TableChanges } from '@coco/kv';
import { entryLeaf, openPastEntry, pastEntry, pastReceipt, type Receipt, type Secrets } from '@coco/ledger';
import type { Seqno, TxId } from '@coco/primitives';
import type { PastChunk } from '../history/ledgerHistory.js';

export interface OpenedEntry {
  readonly txId: TxId;
  readonly writeSetDigest: Uint8Array;
  /** Those that were granted. */
  readonly writes: readonly TableChanges[];
  readonly receipt: Receipt | undefined;
}

export interface OpenedRows {
  /** The last entry that was looked at. */
  readonly last: Seqno;
  readonly entries: readonly OpenedEntry[];
}

/** Of how many entries at once. */
export const openedEntriesMax = 500;
/** An answer ends with the entry that takes it beyond so many bytes of keys and values. */
const bytesMax = 2 * 2 ** 20;
const entriesBetweenTurns = 20;

/** Of the entries `first` to `last`, which `chunk` has, those that wrote to `tables`. COCO_LEDGER_ENTRY_*, COCO_LEDGER_CHUNK_DAMAGED. */
export async function openedRows(
  { index, source }: PastChunk,
  { first, last }: { readonly first: Seqno; readonly last: Seqno },
  tables: ReadonlySet<string>,
  secrets: Secrets,
): Promise<OpenedRows> {
  const entries: OpenedEntry[] = [];
  let bytes = 0;
  for (let seqno = first; seqno <= last; seqno++) {
    if ((seqno - first) % entriesBetweenTurns === entriesBetweenTurns - 1) await nextTurn();
    const entry = pastEntry(index, source, seqno);
    const isPrivate = entry.layout.ciphertext.length > 0;
    const { txId, publicWrites, privateWrites } = openPastEntry(
      source.name,
      entry,
      isPrivate ? secrets : undefined,
    );
    const writes = [...publicWrites, ...(privateWrites ?? [])].filter(({ table }) => tables.has(table));
    if (writes.length === 0) continue;
    const { writeSetDigest } = entryLeaf(entry.layout);
    entries.push({ txId, writeSetDigest, writes, receipt: pastReceipt(index, source, seqno, secrets) });
    bytes += sizeOf(writes);
    if (bytes >= bytesMax) return { last: seqno, entries };
  }
  return { last, entries };
}

function sizeOf(writes: readonly TableChanges[]): number {
  const puts = writes.flatMap((table) => table.puts.map(({ key, value }) => key.length + value.length));
  const removes = writes.flatMap((table) => table.removes.map((key) => key.length));
  return [...puts, ...removes].reduce((sum, size) => sum + size, 0);
}
