/**
 * What the primary only has to write down, since it was decided before: that a removal is committed, and that a service which was
 * recovered is open.
 */
import type { Consensus } from '@coco/consensus';
import { isOpening, openRecovered, recordRetired } from '@coco/governance';
import type { Transaction } from '@coco/kv';
import type { NodeId } from '@coco/primitives';
import type { Governing } from './governing.js';

export class Recording {
  readonly #governing: Governing;

  constructor(governing: Governing) {
    this.#governing = governing;
  }

  isDue(consensus: Pick<Consensus, 'mayRecord'>): boolean {
    return this.#isOpening || this.#recordable(consensus).length > 0;
  }

  record(transaction: Transaction, consensus: Pick<Consensus, 'mayRecord'>): void {
    if (this.#isOpening) openRecovered(transaction);
    recordRetired(transaction, this.#recordable(consensus));
  }

  get #isOpening(): boolean {
    return isOpening(this.#governing.head?.serviceStatus ?? '');
  }

  /** Each by itself: one that comes and goes must not hold up the others. */
  #recordable(consensus: Pick<Consensus, 'mayRecord'>): readonly NodeId[] {
    return this.#governing.removed.filter((nodeId) => consensus.mayRecord([nodeId]));
  }
}
