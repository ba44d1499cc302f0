/**
 * Reads the fields of a decoded RLP list one after the other, each with its own kind and range. Everything that
 * does not fit is COCO_ETHEREUM_TRANSACTION, with the name of the field.
 */
import { CocoError } from '@coco/primitives';
import { unsignedValue } from './quantity.js';
import type { Rlp } from './rlp.js';

export class FieldReader {
  readonly #items: readonly Rlp[];
  readonly #what: string;
  #next = 0;

  /** `what` names the list in errors; it must have exactly `count` items. */
  constructor(value: Rlp | undefined, what: string, count: number) {
    if (value === undefined || value instanceof Uint8Array) throw unfit(what, 'is not a list');
    if (value.length !== count) throw unfit(what, `has ${value.length} fields instead of ${count}`);
    this.#items = value;
    this.#what = what;
  }

  /** A string of bytes; of exactly `length` bytes when that is given. */
  bytes(name: string, length?: number): Uint8Array {
    const item = this.#items[this.#next++];
    if (!(item instanceof Uint8Array)) throw unfit(`${this.#what} ${name}`, 'is not a string');
    if (length !== undefined && item.length !== length) {
      throw unfit(`${this.#what} ${name}`, `has ${item.length} bytes instead of ${length}`);
    }
    return item;
  }

  /** 20 bytes, or undefined when empty. */
  optionalAddress(name: string): Uint8Array | undefined {
    const item = this.bytes(name);
    if (item.length === 0) return undefined;
    if (item.length !== 20) throw unfit(`${this.#what} ${name}`, `has ${item.length} bytes instead of 20`);
    return item;
  }

  /** An integer of at most `bytesMax` bytes without leading zeros. */
  quantity(name: string, bytesMax: number): bigint {
    const item = this.bytes(name);
    if (item[0] === 0) throw unfit(`${this.#what} ${name}`, 'has leading zeros');
    if (item.length > bytesMax) throw unfit(`${this.#what} ${name}`, `is larger than ${bytesMax * 8} bits`);
    return unsignedValue(item);
  }

  /** A list, its items not yet looked at. */
  list(name: string): readonly Rlp[] {
    const item = this.#items[this.#next++];
    if (item === undefined || item instanceof Uint8Array) {
      throw unfit(`${this.#what} ${name}`, 'is not a list');
    }
    return item;
  }
}

/** The refusal of a transaction that is good RLP but not a good transaction. */
export function unfit(what: string, why: string): CocoError {
  return new CocoError('COCO_ETHEREUM_TRANSACTION', `invalid transaction: ${what} ${why}`, { field: what });
}
