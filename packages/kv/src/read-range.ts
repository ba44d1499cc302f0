/**
 * The part of a range that a transaction has really looked at. A scan that stopped early depends on nothing
 * beyond the row where it stopped.
 */
import type { ScanBounds, ScanListener } from './scan.js';

export class ReadRange implements ScanListener {
  readonly #bounds: ScanBounds;
  #last: string | undefined;
  #finished = false;

  constructor(bounds: ScanBounds) {
    this.#bounds = bounds;
  }

  reached(text: string): void {
    this.#last = text;
  }

  finished(): void {
    this.#finished = true;
  }

  /** Would another row with this key have changed what the scan gave? */
  covers(text: string): boolean {
    const { from, to, reverse } = this.#bounds;
    if (text < from || (to !== undefined && text >= to)) return false;
    if (this.#finished) return true;
    return this.#last !== undefined && (reverse ? text >= this.#last : text <= this.#last);
  }
}
