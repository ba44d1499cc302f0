/**
 * Indexes of chunk files, made without holding the node up: reading a file takes tens of milliseconds, and is done in slices
 * between which everything else goes on. The last few are kept.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChunkIndex, ChunkSource } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';

const sliceMs = 5;

export class IndexCache {
  /** How many are kept: of ordinary files about 1 MB each. */
  static readonly max = 16;
  readonly #begin: (source: ChunkSource) => Generator<void, ChunkIndex>;
  readonly #known = new Map<string, ChunkIndex>();

  constructor(begin: (source: ChunkSource) => Generator<void, ChunkIndex>) {
    this.#begin = begin;
  }

  /** That of the file at `path`, as it was read before if that goes as far as `needed`. */
  async get(path: string, source: ChunkSource, needed: Seqno): Promise<ChunkIndex> {
    const known = this.#known.get(path);
    const index = known !== undefined && known.last >= needed ? known : await this.read(source);
    this.#known.delete(path);
    this.#known.set(path, index);
    const [oldest] = this.#known.keys();
    if (this.#known.size > IndexCache.max && oldest !== undefined) this.#known.delete(oldest);
    return index;
  }

  forget(index: ChunkIndex): void {
    for (const [path, known] of this.#known) if (known === index) this.#known.delete(path);
  }

  /** Reads it now. */
  async read(source: ChunkSource): Promise<ChunkIndex> {
    const steps = this.#begin(source);
    let begunMs = performance.now();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (performance.now() - begunMs < sliceMs) continue;
      await nextTurn();
      begunMs = performance.now();
    }
  }
}
