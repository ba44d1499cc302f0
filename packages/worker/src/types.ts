/**
 * Settings of the worker. Its messages are the adapter room's `boundary.ts`, below both manager and worker.
 */
import type { BatchLimits } from '@coco/adapter';

export type { FromWorker, ToWorker } from '@coco/adapter';

export interface ReexecutionSettings {
  /** Every entry, whatever the manager says of samples. */
  readonly all: boolean;
  /** Entries drawn and not yet executed again, beyond which they are dropped. Each keeps the state before it. */
  readonly waitingMax: number;
}

/** Settings of a worker. */
export interface WorkerSettings {
  readonly batch: BatchLimits;
  /**
   * While a batch is uncommitted the next one waits, so that it grows, until this many items have queued (TX-2:
   * immediate when idle, bigger under load).
   */
  readonly eagerItems: number;
  /** Batches executed and not yet committed, beyond which the next one waits in any case. */
  readonly uncommittedBatchesMax: number;
  /** Requests waiting for execution, beyond which COCO_WORKER_BUSY is answered. */
  readonly queueItemsMax: number;
  /** How many versions before the committed one stay readable. */
  readonly historySeqnos: number;
  /** Executing again what other primaries executed (MIT-3). */
  readonly reexecution: ReexecutionSettings;
}
