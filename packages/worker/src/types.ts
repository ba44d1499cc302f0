/**
 * Settings of the worker. Its messages are the adapter room's `boundary.ts`, below both manager and worker.
 */
import type { BatchLimits } from '@coco/adapter';

export type { FromWorker, ToWorker } from '@coco/adapter';

/** Settings of a worker. */
export interface WorkerSettings {
  readonly batch: BatchLimits;
  /** Requests waiting for execution, beyond which COCO_WORKER_BUSY is answered. */
  readonly queueItemsMax: number;
  /** How many versions before the committed one stay readable. */
  readonly historySeqnos: number;
}
