/**
 * Indexes of chunk files, made without holding the node up: reading a file takes tens of milliseconds, and is done in slices
 * between which everything else goes on. The last few are kept.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChunkIndex, ChunkSource } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';

const sliceMs = 5;
const indexesMax = 16;
/** Of all indexes that are kept, besides the newest: some 120 MB. */
const entriesMax = 2 ** 20;

export class IndexCache {
  readonly #begin: (source: ChunkSource) => Generator<void, ChunkIndex>;
  /** By path, the one that was used last at the end. */
  readonly #known = new Map<string, ChunkIndex>();

  constructor(begin: (source: ChunkSource) => Generator<void, ChunkIndex>) {
    this.#begin = begin;
  }

  /** That of the file at `path`, as it was read before if that goes as far as `needed`. */
  async get(path: string, source: ChunkSource, needed: Seqno): Promise<ChunkIndex> {
    const index = this.known(path, needed) ?? (await this.read(source));
    this.keep(path, index);
    return index;
  }

  /** The same if it need not be read. */
  known(path: string, needed: Seqno): ChunkIndex | undefined {
    const index = this.#known.get(path);
    return index !== undefined && index.last >= needed ? index : undefined;
  }

  keep(path: string, index: ChunkIndex): void {
    this.#known.delete(path);
    this.#known.set(path, index);
    let entries = 0;
    for (const { places } of this.#known.values()) entries += places.length;
    for (const [old, { places }] of this.#known) {
      if (old === path || (this.#known.size <= indexesMax && entries <= entriesMax)) return;
      this.#known.delete(old);
      entries -= places.length;
    }
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
