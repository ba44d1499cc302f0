/**
 * What waits to be sent to one peer, within a limit. A peer that does not keep up loses the oldest consensus
 * traffic, which consensus repeats by itself; a forwarded request or its answer would be lost for good, so it is
 * refused rather than dropped.
 */
import type { FrameClass } from './peers.js';

interface Queued {
  readonly frame: Uint8Array;
  readonly frameClass: FrameClass;
}

export class SendQueue {
  readonly #bytesMax: number;
  #queued: Queued[] = [];
  #bytes = 0;
  /** How many consensus frames had to go. */
  dropped = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a frame; false when there is no room, even without all consensus traffic. */
  push(frame: Uint8Array, frameClass: FrameClass): boolean {
    if (this.#bytes + frame.length > this.#bytesMax) this.#makeRoom(frame.length);
    if (this.#bytes + frame.length > this.#bytesMax) return false;
    this.#queued.push({ frame, frameClass });
    this.#bytes += frame.length;
    return true;
  }

  #makeRoom(needed: number): void {
    // A little more than is needed, so that this is not done again for every frame.
    let excess = this.#bytes + needed - this.#bytesMax + Math.floor(this.#bytesMax / 8);
    this.#queued = this.#queued.filter(({ frame, frameClass }) => {
      if (excess <= 0 || frameClass !== 'consensus') return true;
      excess -= frame.length;
      this.#bytes -= frame.length;
      this.dropped++;
      return false;
    });
  }

  shift(): Uint8Array | undefined {
    const next = this.#queued.shift();
    this.#bytes -= next?.frame.length ?? 0;
    return next?.frame;
  }

  /** Drops everything, as when the connection is lost. */
  clear(): void {
    this.dropped += this.#queued.length;
    this.#queued = [];
    this.#bytes = 0;
  }
}
