/**
 * Writes little-endian fields into one growing buffer: the same input always gives the same bytes.
 */
import { assert } from './assert.js';

export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  #grow(extra: number): number {
    const at = this.#length;
    const needed = at + extra;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return at;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u48(value: number): this {
    const at = this.#grow(6);
    this.#view.setUint32(at, value % 2 ** 32, true);
    this.#view.setUint16(at + 4, Math.floor(value / 2 ** 32), true);
    return this;
  }

  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'u64 takes a safe non-negative integer');
    const at = this.#grow(8);
    this.#view.setUint32(at, value % 2 ** 32, true);
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    return this;
  }

  u64BigEndian(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'u64BigEndian takes a safe non-negative integer');
    const at = this.#grow(8);
    this.#view.setUint32(at, Math.floor(value / 2 ** 32), false);
    this.#view.setUint32(at + 4, value % 2 ** 32, false);
    return this;
  }

  i64(value: number): this {
    assert(Number.isSafeInteger(value), 'i64 takes a safe integer');
    const at = this.#grow(8);
    this.#view.setBigInt64(at, BigInt(value), true);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Bytes preceded by their length as u64. */
  sized64(bytes: Uint8Array): this {
    return this.u64(bytes.length).raw(bytes);
  }

  /** Bytes preceded by their length as u32. */
  sized32(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** Overwrites four bytes written before, for lengths known only afterwards. */
  patchU32(at: number, value: number): this {
    assert(at + 4 <= this.#length, 'patches only what was written');
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** What was written. The writer must not be used afterwards: the result shares its buffer. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
