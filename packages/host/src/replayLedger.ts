/**
 * From the disk to a node that can go on: the tables of a snapshot, if it starts from one, and every entry after it is
 * checked and given to the worker, one after the other, so that a long ledger takes time but no memory. The unsigned
 * tail of the last run is dropped.
 */
import type { Ledger, OpenedSnapshot } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import { createRecovery, type ReplicaStart, restoreSnapshot } from '@coco/replica';
import type { LedgerStore } from './ledgerStore.js';
import type { WorkerChannel } from './workerChannel.js';

/** Where the node stands after the replay: its part of what `createReplica` begins with. */
export type ReplayedLedger = Pick<ReplicaStart, 'entries' | 'snapshot' | 'heldFrom'> &
  Required<Pick<ReplicaStart, 'commit' | 'governanceStore'>>;

export interface ReplayOptions {
  readonly store: LedgerStore;
  /** Empty, or made with the base of `snapshot`. */
  readonly ledger: Ledger;
  readonly snapshot?: OpenedSnapshot;
  readonly worker: Pick<WorkerChannel, 'post' | 'caughtUp'>;
  /** Called now and then. */
  readonly progress: (done: Seqno, of: Seqno) => void;
}

/** After so many entries the worker must have caught up, and versions that it need not keep are let go. */
const entriesAtOnceMax = 1000;

/** Replays the disk. COCO_LEDGER_* where an entry, a signature or the snapshot does not hold. */
export async function replayLedger(options: ReplayOptions): Promise<ReplayedLedger> {
  const { store, ledger, snapshot, worker, progress } = options;
  const restored = snapshot === undefined ? undefined : restoreSnapshot(snapshot);
  for (const message of restored?.restore ?? []) {
    worker.post(message);
    await worker.caughtUp();
  }
  const recovery = createRecovery(ledger, restored?.governanceStore);
  const { committedOnDisk } = store;
  const start = snapshot?.base.seqno ?? 0;
  let seqno = start;
  for (const bytes of store.last > start ? store.entries(start + 1) : []) {
    const message = recovery.load(bytes);
    seqno++;
    if (message !== undefined) worker.post(message);
    if (seqno % entriesAtOnceMax === 0) {
      const committed = Math.min(seqno, committedOnDisk);
      if (committed > start) worker.post({ type: 'committed', seqno: committed });
      await worker.caughtUp();
      progress(seqno, store.last);
    }
  }
  const { entries, last, dropped, governanceStore } = recovery.finish();
  if (dropped) {
    store.truncate(last);
    worker.post({ type: 'rollback', seqno: last });
  }
  const commit = Math.max(start, Math.min(committedOnDisk, last));
  if (commit > start) worker.post({ type: 'committed', seqno: commit });
  return {
    entries,
    commit,
    governanceStore,
    ...(snapshot !== undefined && { snapshot: snapshot.base, heldFrom: store.first }),
  };
}
