/**
 * How far the worker is along the log: it makes its own entries as primary, and is given those of other primaries when
 * they are committed, or when this node becomes primary.
 */
import type { ToWorker } from '@coco/adapter';
import type { Seqno } from '@coco/primitives';

export interface WorkerLog {
  /** The worker made the entry `seqno` itself, out of `items` client transactions. */
  made(seqno: Seqno, items: number): void;
  /** Keeps what the worker must apply of the entry `seqno`. */
  keep(seqno: Seqno, message: ToWorker): void;
  /** What the worker has not applied yet, up to `seqno`. */
  takeUpTo(seqno: Seqno): readonly ToWorker[];
  /** How many client transactions of this node's making are committed with `seqno`, told once. */
  takeItems(seqno: Seqno): number;
  /** Forgets everything above `to`; true when the worker must too. */
  rollback(to: Seqno): boolean;
}

/** Begins with a worker that has everything up to `last`. */
export function createWorkerLog(last: Seqno): WorkerLog {
  /** The last version that the worker's store has, committed or not. */
  let reached = last;
  const unapplied = new Map<Seqno, ToWorker>();
  const items = new Map<Seqno, number>();
  return {
    made(seqno, count) {
      reached = seqno;
      items.set(seqno, count);
    },
    keep(seqno, message) {
      unapplied.set(seqno, message);
    },
    takeUpTo(seqno) {
      const messages: ToWorker[] = [];
      for (let at = reached + 1; at <= seqno; at++) {
        const message = unapplied.get(at);
        if (message === undefined) continue;
        unapplied.delete(at);
        messages.push(message);
      }
      reached = Math.max(reached, seqno);
      return messages;
    },
    takeItems(seqno) {
      let taken = 0;
      for (const [at, count] of items) {
        if (at > seqno) break;
        taken += count;
        items.delete(at);
      }
      return taken;
    },
    rollback(to) {
      for (const seqno of unapplied.keys()) if (seqno > to) unapplied.delete(seqno);
      for (const seqno of items.keys()) if (seqno > to) items.delete(seqno);
      if (reached <= to) return false;
      reached = to;
      return true;
    },
  };
}
