/**
 * A sorted list of items with distinct texts, kept as a sequence of short sorted blocks: adding and removing one
 * costs two binary searches and a move within one block, however long the list is.
 */
import { assert } from '@coco/primitives';

/** A block is split when it is longer than this. */
const blockItemsMax = 256;

/** Whatever is ordered by its `text` (UTF-16 code units). */
export interface Ordered {
  readonly text: string;
}

export class OrderedList<T extends Ordered> {
  /** Never an empty block, except that an empty list has one. */
  #blocks: T[][] = [[]];
  /** Changes whenever positions may have moved. */
  #stamp = 0;
  #length: number;

  /** Takes items in any order; their texts must be distinct. */
  constructor(items: Iterable<T>) {
    const sorted = [...items].sort((a, b) => (a.text < b.text ? -1 : 1));
    this.#length = sorted.length;
    // Half-full blocks leave room to grow.
    for (let at = 0; at < sorted.length; at += blockItemsMax / 2) {
      this.#blocks[at / (blockItemsMax / 2)] = sorted.slice(at, at + blockItemsMax / 2);
    }
  }

  get length(): number {
    return this.#length;
  }

  has(text: string): boolean {
    return this.#item(this.#lowerBound(text))?.text === text;
  }

  /** Adds `item`, whose text must not be in the list. */
  insert(item: T): void {
    const at = this.#lowerBound(item.text);
    const block = this.#blocks[at.block] as T[];
    assert(block[at.offset]?.text !== item.text, 'a text is in an ordered list once');
    block.splice(at.offset, 0, item);
    if (block.length > blockItemsMax) {
      // Appending in order is common (blocks, receipts): then keep the left one full.
      const appended = at.block === this.#blocks.length - 1 && at.offset === block.length - 1;
      this.#blocks.splice(at.block + 1, 0, block.splice(appended ? blockItemsMax : blockItemsMax / 2));
    }
    this.#length++;
    this.#stamp++;
  }

  /** Removes the item with `text`, which must be in the list. */
  remove(text: string): void {
    const at = this.#lowerBound(text);
    const block = this.#blocks[at.block] as T[];
    assert(block[at.offset]?.text === text, 'only what is in an ordered list can be removed');
    block.splice(at.offset, 1);
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(at.block, 1);
    this.#length--;
    this.#stamp++;
  }

  /**
   * Walks upwards from the first item not below `from`, or downwards from the last item below `to` (undefined:
   * from the end). A cursor stays right when the list changes under it.
   */
  cursor(start: { readonly from: string } | { readonly to: string | undefined }): OrderedCursor<T> {
    const up = 'from' in start;
    let bound = up ? start.from : start.to;
    let inclusive = up;
    let at = { block: 0, offset: 0 };
    let stamp = -1;
    const locate = (): void => {
      stamp = this.#stamp;
      at = bound === undefined ? this.#end() : this.#lowerBound(bound);
      if (!up) this.#stepDown(at);
      else if (!inclusive && this.#item(at)?.text === bound) this.#stepUp(at);
    };
    return {
      peek: () => {
        if (stamp !== this.#stamp) locate();
        return this.#item(at);
      },
      pass: (text) => {
        bound = text;
        inclusive = false;
        if (stamp !== this.#stamp || this.#item(at)?.text !== text) return;
        if (up) this.#stepUp(at);
        else this.#stepDown(at);
      },
    };
  }

  #item(at: Position): T | undefined {
    return this.#blocks[at.block]?.[at.offset];
  }

  #end(): Position {
    const block = this.#blocks.length - 1;
    return { block, offset: (this.#blocks[block] as T[]).length };
  }

  #stepUp(at: Position): void {
    at.offset++;
    if (at.offset >= (this.#blocks[at.block] as T[]).length && at.block + 1 < this.#blocks.length) {
      at.block++;
      at.offset = 0;
    }
  }

  /** Before the first item the position is block -1, where there is no item. */
  #stepDown(at: Position): void {
    at.offset--;
    if (at.offset < 0) {
      at.block--;
      at.offset = (this.#blocks[at.block]?.length ?? 0) - 1;
    }
  }

  /** Position of the first item not below `text`; past the last item when there is none. */
  #lowerBound(text: string): Position {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const block = this.#blocks[middle] as T[];
      if ((block[block.length - 1] as T).text < text) low = middle + 1;
      else high = middle;
    }
    const block = this.#blocks[low] as T[];
    let from = 0;
    let to = block.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((block[middle] as T).text < text) from = middle + 1;
      else to = middle;
    }
    return { block: low, offset: from };
  }
}

/** Where a walk over an `OrderedList` stands. */
export interface OrderedCursor<T> {
  /** The next item of the walk, or undefined when there is none. */
  peek(): T | undefined;
  /** Goes beyond `text`, which lies not behind where the walk stands and not beyond what `peek` gives. */
  pass(text: string): void;
}

interface Position {
  block: number;
  offset: number;
}
