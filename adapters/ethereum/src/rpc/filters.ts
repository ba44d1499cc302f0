/**
 * Filters that a client installs and then asks for news. A filter is a position, not a queue: it costs nothing
 * while nobody asks, and is forgotten after enough blocks without a question. Filters live in the node that made
 * them; they are not part of the ledger.
 */
import { randomBytes } from '@coco/crypto';
import type { Hash } from '../types.js';
import { limitError, serverError } from './errors.js';
import { formatData } from './format.js';
import type { LogFilter, LogRange } from './logFilter.js';
import type { RpcSettings } from './settings.js';

/** What a filter is about, and where its owner stands. */
export type Filter =
  | { readonly kind: 'logs'; readonly filter: LogFilter; readonly range: LogRange; nextBlock: number }
  | { readonly kind: 'blocks'; nextBlock: number }
  | { readonly kind: 'pending'; nextHash: number };

/** The installed filters of one node, and the recently accepted transactions. */
export class Filters {
  readonly #limits: RpcSettings;
  /** In the order in which they were last asked for. */
  readonly #filters = new Map<string, { readonly filter: Filter; usedAtBlock: number }>();
  /** A ring: number n is at n modulo its size. */
  readonly #hashes: Hash[] = [];
  #hashCount = 0;

  constructor(limits: RpcSettings) {
    this.#limits = limits;
  }

  /** Installs a filter; its id cannot be guessed. */
  install(filter: Filter, blockNumber: number): string {
    this.#dropIdle(blockNumber);
    if (this.#filters.size >= this.#limits.filtersMax) {
      throw limitError(`too many filters: at most ${this.#limits.filtersMax} are installed`);
    }
    const id = formatData(randomBytes(16));
    this.#filters.set(id, { filter, usedAtBlock: blockNumber });
    return id;
  }

  /** The filter `id`, which thereby stays alive; an error when there is none. */
  use(id: string, blockNumber: number): Filter {
    const known = this.#filters.get(id);
    if (known === undefined) throw serverError('filter not found');
    known.usedAtBlock = blockNumber;
    this.#filters.delete(id);
    this.#filters.set(id, known);
    return known.filter;
  }

  /** Removes a filter; was it there? */
  uninstall(id: string): boolean {
    return this.#filters.delete(id);
  }

  /** How many transactions have been accepted so far: where a new pending-transaction filter begins. */
  get hashCount(): number {
    return this.#hashCount;
  }

  /** A transaction was accepted. */
  accepted(hash: Hash): void {
    this.#hashes[this.#hashCount % this.#limits.pendingHashesMax] = hash;
    this.#hashCount += 1;
  }

  /** Hashes of the transactions accepted since number `from`, as far as they are remembered. */
  hashesSince(from: number): Hash[] {
    const max = this.#limits.pendingHashesMax;
    const hashes: Hash[] = [];
    for (let n = Math.max(from, this.#hashCount - max); n < this.#hashCount; n++) {
      hashes.push(this.#hashes[n % max] as Hash);
    }
    return hashes;
  }

  #dropIdle(blockNumber: number): void {
    for (const [id, { usedAtBlock }] of this.#filters) {
      if (blockNumber - usedAtBlock <= this.#limits.filterIdleBlocksMax) return;
      this.#filters.delete(id);
    }
  }
}
