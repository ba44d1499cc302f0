/**
 * Items that wait for execution, in order of arrival, and who waits for each.
 */
import type { Submitted } from '@coco/adapter';
import { assert, CocoError } from '@coco/primitives';
import type { AnyAdapter } from './adapters.js';

export interface QueuedItem {
  readonly adapter: AnyAdapter;
  readonly item: unknown;
  readonly resolve: (submitted: Submitted<unknown>) => void;
  readonly reject: (error: CocoError) => void;
}

export interface Queue {
  readonly length: number;
  /** Rejects with COCO_WORKER_BUSY when the queue is full. */
  add(adapter: AnyAdapter, item: unknown): Promise<Submitted<unknown>>;
  /**
   * The first item and those of the same adapter behind it, in order, at most `itemsMax`. The queue must not be
   * empty.
   */
  take(itemsMax: number): { readonly adapter: AnyAdapter; readonly items: readonly QueuedItem[] };
  takeAll(): readonly QueuedItem[];
  /** Returns items to the front, in their order; they were counted before and are never refused. */
  putBack(items: readonly QueuedItem[]): void;
}

export function createQueue(itemsMax: number): Queue {
  let waiting: QueuedItem[] = [];
  return {
    get length() {
      return waiting.length;
    },
    add(adapter, item) {
      if (waiting.length >= itemsMax) {
        return Promise.reject(
          new CocoError('COCO_WORKER_BUSY', 'too many transactions wait for execution; try again', {
            itemsMax,
          }),
        );
      }
      return new Promise((resolve, reject) => waiting.push({ adapter, item, resolve, reject }));
    },
    take(count) {
      const adapter = waiting[0]?.adapter;
      assert(adapter !== undefined, 'a batch has at least one item');
      const items: QueuedItem[] = [];
      const rest: QueuedItem[] = [];
      for (const queued of waiting) {
        (queued.adapter === adapter && items.length < count ? items : rest).push(queued);
      }
      waiting = rest;
      return { adapter, items };
    },
    takeAll() {
      const all = waiting;
      waiting = [];
      return all;
    },
    putBack(items) {
      if (items.length > 0) waiting = [...items, ...waiting];
    },
  };
}
