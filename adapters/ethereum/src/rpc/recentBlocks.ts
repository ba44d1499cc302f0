/**
 * Which ledger transaction wrote a block. The blocks themselves cannot say it, as they are executed before they are
 * ordered; the node remembers it for the blocks that it executed lately.
 */
import type { TxId } from '@coco/primitives';

/** The newest blocks with their transaction ids; the oldest are forgotten. */
export class RecentBlocks {
  readonly #txIds = new Map<number, TxId>();
  readonly #blocksMax: number;

  constructor(blocksMax: number) {
    this.#blocksMax = blocksMax;
  }

  /** Remembers the place of a block. Calling it again for the same block is cheap. */
  add(blockNumber: number, txId: TxId): void {
    const known = this.#txIds.get(blockNumber);
    if (known !== undefined && known.seqno === txId.seqno && known.view === txId.view) return;
    this.#txIds.set(blockNumber, txId);
    if (this.#txIds.size <= this.#blocksMax) return;
    for (const oldest of this.#txIds.keys()) {
      this.#txIds.delete(oldest);
      return;
    }
  }

  /** The transaction that wrote this block, if it is remembered. */
  get(blockNumber: number): TxId | undefined {
    return this.#txIds.get(blockNumber);
  }
}
