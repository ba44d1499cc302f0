/**
 * From the entries on disk to a running node: every entry is authenticated, every signature checked, and the worker
 * gets what the entries wrote. An unsigned tail was never acknowledged to anybody and is dropped.
 */
import type { ToWorker } from '@coco/adapter';
import type { EntryInfo } from '@coco/consensus';
import { createStore, type Store } from '@coco/kv';
import type { EntryDescription, Ledger, OpenedEntry } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import { divideMaps, type EntryMaps } from './dividedMaps.js';

/** Loads one entry after the other, then says where the node stands. */
export interface Recovery {
  /** Adds the next entry to the ledger; returns what the worker must apply. COCO_LEDGER_* when it is damaged. */
  load(bytes: Uint8Array): ToWorker | undefined;
  /** Drops the unsigned tail. `dropped` is true when disk and worker must roll back to `last` too. */
  finish(): RecoveredLog;
}

/** What `createReplica` begins with. */
export interface RecoveredLog {
  readonly entries: readonly EntryInfo[];
  readonly last: Seqno;
  readonly dropped: boolean;
  readonly governanceStore: Store;
}

/**
 * Begins where `ledger` does: at the first entry, or after the snapshot that it was made from, whose governance tables
 * are then in `governanceStore` (see `restoreSnapshot`). With `open`, whoever has no secrets can learn what is public.
 */
export function createRecovery(
  ledger: Ledger,
  governanceStore: Store = createStore(),
  open: (bytes: Uint8Array) => OpenedEntry = (bytes) => ledger.open(bytes),
): Recovery {
  const entries: EntryInfo[] = [];
  const first = ledger.last.seqno;
  let signed = first;
  return {
    load(bytes) {
      const opened = open(bytes);
      ledger.add(opened);
      entries.push(infoOf(opened));
      if (opened.signature) {
        signed = opened.seqno;
        return undefined;
      }
      const { governance, application } = divideMaps(opened);
      if (governance.length > 0) governanceStore.apply(governance, opened.seqno);
      return applyMessage(opened, application);
    },
    finish() {
      const dropped = first + entries.length > signed;
      if (dropped) {
        entries.length = signed - first;
        ledger.rollback(signed);
        governanceStore.rollback(signed);
      }
      return { entries, last: signed, dropped, governanceStore };
    },
  };
}

/** What consensus needs to know of an entry. */
export function infoOf(description: EntryDescription): EntryInfo {
  const { view, seqno, signature, configuration, retiredCommitted } = description;
  return {
    view,
    seqno,
    signature,
    ...(configuration !== undefined && { configuration }),
    ...(retiredCommitted !== undefined && { retiredCommitted }),
  };
}

/** The worker's part of an entry. Undefined when nothing is left of it: signatures and governance are not its business. */
export function applyMessage(
  { view, seqno, claimsDigest }: OpenedEntry,
  { publicMaps, privateMaps }: EntryMaps,
): ToWorker | undefined {
  if (publicMaps.length === 0 && privateMaps.length === 0) return undefined;
  const maps = { publicMaps, privateMaps, ...(claimsDigest && { claimsDigest }) };
  return { type: 'apply', txId: { view, seqno }, ...maps };
}
