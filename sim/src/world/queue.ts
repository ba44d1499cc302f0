/**
 * What is going to happen, ordered by time and, at equal times, by the order in which it was planned: the order must
 * not depend on anything but the seed. A binary heap.
 */

/** A queue of happenings ordered by (time, order of planning). */
export interface TimeQueue<T> {
  /** Plans `item` for `atUs`. */
  push(atUs: number, item: T): void;
  /** Time of the next item; Infinity when there is none. */
  nextUs(): number;
  /** Takes the next item; the queue must not be empty. */
  pop(): T;
  readonly size: number;
}

interface Slot<T> {
  readonly atUs: number;
  readonly order: number;
  readonly item: T;
}

/** An empty queue. */
export function createTimeQueue<T>(): TimeQueue<T> {
  const heap: Slot<T>[] = [];
  let planned = 0;
  return {
    push(atUs, item) {
      const slot = { atUs, order: planned++, item };
      let at = heap.length;
      heap.push(slot);
      while (at > 0) {
        const up = (at - 1) >> 1;
        const above = heap[up] as Slot<T>;
        if (!isBefore(slot, above)) break;
        heap[at] = above;
        at = up;
      }
      heap[at] = slot;
    },
    nextUs: () => (heap.length === 0 ? Number.POSITIVE_INFINITY : (heap[0] as Slot<T>).atUs),
    pop() {
      const top = heap[0] as Slot<T>;
      const last = heap.pop() as Slot<T>;
      if (heap.length > 0) sink(heap, last);
      return top.item;
    },
    get size() {
      return heap.length;
    },
  };
}

function isBefore<T>(a: Slot<T>, b: Slot<T>): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

/** Puts `slot` at the top and lets it sink to its place. */
function sink<T>(heap: Slot<T>[], slot: Slot<T>): void {
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    if (down >= heap.length) break;
    const right = down + 1;
    if (right < heap.length && isBefore(heap[right] as Slot<T>, heap[down] as Slot<T>)) down = right;
    const below = heap[down] as Slot<T>;
    if (!isBefore(below, slot)) break;
    heap[at] = below;
    at = down;
  }
  heap[at] = slot;
}
