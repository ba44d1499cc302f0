/**
 * From an opened and verified snapshot to what manager and worker begin with, each with its own tables.
 */
import type { ToWorker } from '@coco/adapter';
import { restoreStore, type Store } from '@coco/kv';
import { decodeSnapshotTables, type OpenedSnapshot, splitSnapshotTables } from '@coco/ledger';
import { isGovernanceTable, isLedgerTable } from './dividedMaps.js';

/** What a node that starts from a snapshot begins with. */
export interface RestoredSnapshot {
  /** For `createRecovery`, and so for `createReplica`. */
  readonly governanceStore: Store;
  /** For the worker, before anything else, in this order; made while it is asked for. */
  readonly restore: Iterable<ToWorker>;
}

/** Divides a snapshot. COCO_LEDGER_SNAPSHOT_MALFORMED. */
export function restoreSnapshot(opened: OpenedSnapshot): RestoredSnapshot {
  const { base, publicTables, privateTables } = opened;
  // The ledger's own tables are in the base.
  const wanted = (table: string): boolean => isGovernanceTable(table) && !isLedgerTable(table);
  const restoring = restoreStore();
  for (const tables of [publicTables, privateTables]) {
    for (const part of splitSnapshotTables(tables, { wanted })) restoring.add(decodeSnapshotTables(part));
  }
  return { governanceStore: restoring.finish(base.seqno), restore: restoreMessages(opened) };
}

function* restoreMessages({ base, publicTables, privateTables }: OpenedSnapshot): Generator<ToWorker> {
  const { seqno } = base;
  const wanted = (table: string): boolean => !isGovernanceTable(table);
  for (const domain of [publicTables, privateTables]) {
    for (const tables of splitSnapshotTables(domain, { wanted })) {
      yield { type: 'restore', seqno, tables, last: false };
    }
  }
  yield { type: 'restore', seqno, tables: new Uint8Array(0), last: true };
}
