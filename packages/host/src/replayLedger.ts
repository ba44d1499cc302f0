/**
 * From the ledger on disk to a node that can go on: every entry is checked and given to the worker, one after the
 * other, so that a long ledger takes time but no memory. The unsigned tail of the last run is dropped.
 */
import type { EntryInfo } from '@coco/consensus';
import type { Ledger } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import { createRecovery } from '@coco/replica';
import type { LedgerStore } from './ledgerStore.js';
import type { WorkerChannel } from './workerChannel.js';

/** Where the node stands after the replay. */
export interface ReplayedLedger {
  readonly entries: readonly EntryInfo[];
  /** Known to be committed; the worker knows it too. */
  readonly commit: Seqno;
}

/** After so many entries the worker must have caught up, and versions that it need not keep are let go. */
const entriesAtOnceMax = 1000;

/**
 * Replays `store` into `ledger` and `worker`; `progress` is called now and then. COCO_LEDGER_* where an entry or a
 * signature does not hold.
 */
export async function replayLedger(
  store: LedgerStore,
  ledger: Ledger,
  worker: Pick<WorkerChannel, 'post' | 'caughtUp'>,
  progress: (done: Seqno, of: Seqno) => void,
): Promise<ReplayedLedger> {
  const recovery = createRecovery(ledger);
  const { last: stored, committedOnDisk } = store;
  let seqno = 0;
  for (const bytes of store.entries()) {
    const message = recovery.load(bytes);
    seqno++;
    if (message !== undefined) worker.post(message);
    if (seqno % entriesAtOnceMax === 0) {
      worker.post({ type: 'committed', seqno: Math.min(seqno, committedOnDisk) });
      await worker.caughtUp();
      progress(seqno, stored);
    }
  }
  const { entries, last, dropped } = recovery.finish();
  if (dropped) {
    store.truncate(last);
    worker.post({ type: 'rollback', seqno: last });
  }
  const commit = Math.min(committedOnDisk, last);
  if (commit > 0) worker.post({ type: 'committed', seqno: commit });
  return { entries, commit };
}
