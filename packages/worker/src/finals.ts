/**
 * Who waits for the fate of ordered batches: each becomes Committed or Invalid, once.
 */
import type { Seqno, TxStatus } from '@coco/primitives';

type Settle = (status: TxStatus) => void;

export interface Finals {
  /** Batches whose fate is open. */
  readonly batches: number;
  /** The fate of the batch at `seqno`, which is above all others. */
  add(seqno: Seqno): Promise<TxStatus>;
  /** Takes out those at or below `seqno`. */
  commit(seqno: Seqno): readonly Settle[];
  /** Takes out those above `seqno`. */
  rollback(seqno: Seqno): readonly Settle[];
}

export function createFinals(): Finals {
  let open: { readonly seqno: Seqno; readonly settle: Settle }[] = [];
  function take(wanted: (seqno: Seqno) => boolean): readonly Settle[] {
    const taken = open.filter(({ seqno }) => wanted(seqno));
    open = open.filter(({ seqno }) => !wanted(seqno));
    return taken.map(({ settle }) => settle);
  }
  return {
    get batches() {
      return open.length;
    },
    add: (seqno) => new Promise((settle) => open.push({ seqno, settle })),
    commit: (limit) => take((seqno) => seqno <= limit),
    rollback: (limit) => take((seqno) => seqno > limit),
  };
}
