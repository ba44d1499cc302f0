/**
 * A long list of 32-byte hashes that grows and shrinks at its end and forgets its beginning: one flat buffer
 * instead of hundreds of thousands of small arrays.
 */
import { assert } from '@coco/primitives';

const hashBytes = 32;

/** Positions count from the list's true beginning, forgotten or not. */
export class HashList {
  #buffer = new Uint8Array(16 * hashBytes);
  /** Position of the first hash that is still held. */
  #first = 0;
  /** Where in the buffer it is. */
  #start = 0;
  #held = 0;

  constructor(first = 0) {
    this.#first = first;
  }

  /** Position of the first hash that is still held. */
  get first(): number {
    return this.#first;
  }

  /** Hashes ever appended and not truncated, forgotten ones included. */
  get length(): number {
    return this.#first + this.#held;
  }

  /** The hash at `position`, as a view that is good until the list changes. */
  at(position: number): Uint8Array {
    assert(position >= this.#first && position < this.length, 'the hash is held');
    const offset = this.#start + (position - this.#first) * hashBytes;
    return this.#buffer.subarray(offset, offset + hashBytes);
  }

  append(hash: Uint8Array): void {
    assert(hash.length === hashBytes, 'a hash has 32 bytes');
    let end = this.#start + this.#held * hashBytes;
    if (end === this.#buffer.length) {
      this.#makeRoom();
      end = this.#start + this.#held * hashBytes;
    }
    this.#buffer.set(hash, end);
    this.#held += 1;
  }

  /** Moves to a buffer that is at most half full, unless the old one is. */
  #makeRoom(): void {
    const used = this.#held * hashBytes;
    const held = this.#buffer.subarray(this.#start, this.#start + used);
    if (2 * used > this.#buffer.length) {
      this.#buffer = new Uint8Array(2 * this.#buffer.length);
      this.#buffer.set(held);
    } else {
      this.#buffer.set(held);
    }
    this.#start = 0;
  }

  /** Drops everything from `length` on. */
  truncate(length: number): void {
    assert(length >= this.#first && length <= this.length, 'truncates what is held');
    this.#held = length - this.#first;
  }

  /** Forgets everything before `position`. */
  forget(position: number): void {
    if (position <= this.#first) return;
    assert(position <= this.length, 'forgets what was appended');
    this.#start += (position - this.#first) * hashBytes;
    this.#held -= position - this.#first;
    this.#first = position;
  }
}
