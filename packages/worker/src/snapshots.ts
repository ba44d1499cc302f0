/**
 * The store on its way into a snapshot and out of one, in parts: so that batches go on meanwhile, and no message is large.
 */
import type { FromWorker, ToWorker } from '@coco/adapter';
import { restoreStore, type Store, type StoreRestore, type StoreSnapshot } from '@coco/kv';
import { decodeSnapshotTables, encodeSnapshotTables } from '@coco/ledger';
import { CocoError, type Seqno } from '@coco/primitives';

/** How much of the store one part looks at, and has: a few milliseconds of work. */
const rowsMax = 4096;
const bytesMax = 256 * 1024;

/** The snapshots that the manager is making of the store. */
export interface Snapshots {
  /** Holds the state at `seqno`, which is committed, and answers with the first part of it. */
  begin(store: Store, id: number, seqno: Seqno): void;
  next(id: number): void;
  end(id: number): void;
}

/** `post` gets the parts. */
export function createSnapshots(post: (message: FromWorker) => void): Snapshots {
  const held = new Map<number, StoreSnapshot>();

  function next(id: number): void {
    const snapshot = held.get(id);
    if (snapshot === undefined) return;
    const rows = snapshot.next(rowsMax, bytesMax);
    const last = rows === undefined;
    if (last) held.delete(id);
    post({ type: 'snapshotPart', id, ...encodeSnapshotTables(rows ?? []), last });
  }

  return {
    begin(store, id, seqno) {
      try {
        // The store has no version where only governance wrote: the one before is the same.
        held.set(id, store.snapshot(Math.min(seqno, store.head)));
      } catch (error) {
        if (!(error instanceof CocoError)) throw error;
        post({ type: 'snapshotFailed', id, reason: error.message });
        return;
      }
      next(id);
    },
    next,
    end(id) {
      held.get(id)?.end();
      held.delete(id);
    },
  };
}

/** A store that is being made from the parts of a snapshot. */
export interface Restoring {
  /** Takes over one part; gives the store when it was the last. COCO_LEDGER_SNAPSHOT_MALFORMED. */
  add(part: Extract<ToWorker, { readonly type: 'restore' }>): Store | undefined;
}

export function createRestoring(): Restoring {
  const restore: StoreRestore = restoreStore();
  return {
    add({ seqno, tables, last }) {
      restore.add(decodeSnapshotTables(tables));
      return last ? restore.finish(seqno) : undefined;
    },
  };
}
