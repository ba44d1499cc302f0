/**
 * Reads little-endian fields from bytes that may be hostile: never past the end, never a length that does not
 * fit, never a 64-bit number that JavaScript would round.
 */
import { CocoError } from './error.js';

export class ByteReader {
  readonly bytes: Uint8Array;
  #offset: number;
  readonly #end: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.#offset = start;
    this.#end = Math.min(end, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Position of the next byte, from the start of `bytes`. */
  get offset(): number {
    return this.#offset;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new CocoError('COCO_BYTES_TRUNCATED', `needs ${length} bytes, ${this.remaining} are left`, {
        offset: this.#offset,
        needed: length,
        remaining: this.remaining,
      });
    }
    const at = this.#offset;
    this.#offset += length;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Unsigned 48-bit. */
  u48(): number {
    const at = this.#take(6);
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * 2 ** 32;
  }

  /** Unsigned 64-bit that must be a safe integer (below 2^53), else COCO_BYTES_RANGE. */
  u64(): number {
    const at = this.#take(8);
    return this.#safe(this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true), at);
  }

  /** Unsigned 64-bit, big-endian, that must be a safe integer. */
  u64BigEndian(): number {
    const at = this.#take(8);
    return this.#safe(this.#view.getUint32(at + 4, false), this.#view.getUint32(at, false), at);
  }

  #safe(low: number, high: number, at: number): number {
    if (high >= 2 ** 21) {
      throw new CocoError('COCO_BYTES_RANGE', 'a 64-bit number is too large', { offset: at });
    }
    return low + high * 2 ** 32;
  }

  /** Signed 64-bit that must be a safe integer. */
  i64(): number {
    const at = this.#take(8);
    const value = this.#view.getBigInt64(at, true);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) {
      throw new CocoError('COCO_BYTES_RANGE', 'a 64-bit number is too large', { offset: at });
    }
    return number;
  }

  /** The next `length` bytes, as a view into `bytes` (not a copy). */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Bytes preceded by their length as u64. */
  sized64(): Uint8Array {
    return this.take(this.u64());
  }

  /** Bytes preceded by their length as u32. */
  sized32(): Uint8Array {
    return this.take(this.u32());
  }

  /** Refuses bytes after the last field. */
  end(): void {
    if (this.remaining !== 0) {
      throw new CocoError('COCO_BYTES_TRAILING', `${this.remaining} unexpected bytes at the end`, {
        offset: this.#offset,
        remaining: this.remaining,
      });
    }
  }
}
