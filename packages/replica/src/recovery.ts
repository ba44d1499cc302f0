/**
 * From the entries on disk to a running node: every entry is authenticated, every signature checked, and the worker
 * gets what the entries wrote. An unsigned tail was never acknowledged to anybody and is dropped.
 */
import type { ToWorker } from '@coco/adapter';
import type { EntryInfo } from '@coco/consensus';
import { decodeMaps, type EntryDescription, encodeMaps, type Ledger, type OpenedEntry } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';

/** Loads one entry after the other, then says where the node stands. */
export interface Recovery {
  /** Adds the next entry to the ledger; returns what the worker must apply. COCO_LEDGER_* when it is damaged. */
  load(bytes: Uint8Array): ToWorker | undefined;
  /** Drops the unsigned tail. `dropped` is true when disk and worker must roll back to `last` too. */
  finish(): { readonly entries: readonly EntryInfo[]; readonly last: Seqno; readonly dropped: boolean };
}

export function createRecovery(ledger: Ledger): Recovery {
  const entries: EntryInfo[] = [];
  let signed = 0;
  return {
    load(bytes) {
      const opened = ledger.open(bytes);
      ledger.add(opened);
      entries.push(infoOf(opened));
      if (!opened.signature) return applyMessage(opened);
      signed = opened.seqno;
      return undefined;
    },
    finish() {
      const dropped = entries.length > signed;
      if (dropped) {
        entries.length = signed;
        ledger.rollback(signed);
      }
      return { entries, last: signed, dropped };
    },
  };
}

/** What consensus needs to know of an entry. */
export function infoOf(description: EntryDescription): EntryInfo {
  const { view, seqno, signature, configuration } = description;
  return configuration === undefined ? { view, seqno, signature } : { view, seqno, signature, configuration };
}

/** The worker's part of an entry: governance tables are the manager's alone. Undefined when nothing is left. */
export function applyMessage(opened: OpenedEntry): ToWorker | undefined {
  const { view, seqno, privateMaps } = opened;
  const publicMaps = opened.publicMaps.length === 0 ? opened.publicMaps : applicationMaps(opened.publicMaps);
  if (publicMaps.length === 0 && privateMaps.length === 0) return undefined;
  return { type: 'apply', txId: { view, seqno }, publicMaps, privateMaps };
}

function applicationMaps(publicMaps: Uint8Array): Uint8Array {
  return encodeMaps(decodeMaps(publicMaps).filter(({ table }) => !isGovernanceTable(table)));
}

function isGovernanceTable(table: string): boolean {
  return table.startsWith('public:ccf.') || table.startsWith('public:coco.');
}
