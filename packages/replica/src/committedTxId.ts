/**
 * The last committed transaction, by its id: what answers and receipts are named after.
 */
import type { Consensus } from '@coco/consensus';
import type { TxId } from '@coco/primitives';

/** 0.0 when nothing is committed. */
export function committedTxId({ commit, viewAt }: Pick<Consensus, 'commit' | 'viewAt'>): TxId {
  return { view: viewAt(commit) ?? 0, seqno: commit };
}
