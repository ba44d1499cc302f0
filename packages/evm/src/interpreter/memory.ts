/**
 * The memory of all frames, one behind the other in a single array: only the innermost frame grows, and what it used
 * is free again when it ends. Sizes are multiples of 32 bytes; everything between a frame's base and its end is zero
 * until it is written.
 */

/** What an array without use is cut back to. */
const BYTES_KEPT_MAX = 4 * 1024 * 1024;
const BYTES_FIRST = 256 * 1024;

/** The most bytes that all frames together may have: 2^30 (its gas would be above 2^41); more is out of gas. */
export const MEMORY_BYTES_MAX = 2 ** 30;

export class Memory {
  bytes = new Uint8Array(BYTES_FIRST);
  view = new DataView(this.bytes.buffer);

  /** Makes the bytes `from` to `to` zero, after making room for them. */
  clear(from: number, to: number): void {
    if (to > this.bytes.length) this.#reallocate(to, from);
    else this.bytes.fill(0, from, to);
  }

  #reallocate(length: number, used: number): void {
    let capacity = this.bytes.length;
    while (capacity < length) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(0, used));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Called between executions. */
  release(): void {
    if (this.bytes.length <= BYTES_KEPT_MAX) return;
    this.bytes = new Uint8Array(BYTES_FIRST);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Gas for a memory of this size (yellow paper, C_mem). */
export function memoryGas(size: number): number {
  const words = size / 32;
  return 3 * words + Math.floor((words * words) / 512);
}
