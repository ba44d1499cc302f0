/**
 * The domain codec: the changes of one transaction, of either the public or the private domain, as the ledger
 * stores them. It runs for every transaction on every node. CCF's format, all numbers 64-bit little-endian:
 *
 *     domain = map*
 *     map    = n | name[n] | readVersion (signed) | readCount | (klen | key | version)*
 *              | writeCount | (klen | key | vlen | value)* | removeCount | (klen | key)*
 *
 * What we write has readVersion 0, no reads, tables and keys in ascending order, no empty table: the same changes
 * always give the same bytes. Read is what CCF writes: any order, tables without rows.
 */
import { type Put, storeLimitsDefault, type TableChanges, type WriteSet } from '@coco/kv';
import { assert, CocoError, compareBytes, fromUtf8, utf8 } from '@coco/primitives';

/** Encodes the changes of one domain. Asserts the order that the contract of a write set promises. */
export function encodeMaps(tables: readonly TableChanges[]): Uint8Array {
  const names = tables.map(({ table }) => utf8(table));
  let length = 0;
  for (const [index, changes] of tables.entries())
    length += encodedLength(changes, names[index] as Uint8Array);
  const writer = new DomainWriter(length);
  for (const [index, changes] of tables.entries()) {
    const { table, puts, removes } = changes;
    assert(index === 0 || (tables[index - 1] as TableChanges).table < table, 'tables ascend by name');
    assert(puts.length + removes.length > 0, 'no table is empty');
    writer.sized(names[index] as Uint8Array);
    writer.count(0);
    writer.count(0);
    writer.count(puts.length);
    for (let i = 0; i < puts.length; i++) {
      const { key, value } = puts[i] as Put;
      assert(i === 0 || compareBytes((puts[i - 1] as Put).key, key) < 0, 'keys to set ascend');
      writer.sized(key);
      writer.sized(value);
    }
    writer.count(removes.length);
    for (let i = 0; i < removes.length; i++) {
      const key = removes[i] as Uint8Array;
      assert(i === 0 || compareBytes(removes[i - 1] as Uint8Array, key) < 0, 'keys to remove ascend');
      writer.sized(key);
    }
  }
  return writer.bytes;
}

function encodedLength({ puts, removes }: TableChanges, name: Uint8Array): number {
  let length = 8 + name.length + 8 + 8 + 8 + 8;
  for (const { key, value } of puts) length += 16 + key.length + value.length;
  for (const key of removes) length += 8 + key.length;
  return length;
}

/** Fills a buffer whose length was computed before; the upper halves of all numbers stay 0. */
class DomainWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    assert(length < 2 ** 32, 'a domain is shorter than 4 GiB');
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  count(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 8;
  }

  sized(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}

/** How to decode a domain. */
export interface DecodeMapsOptions {
  /** Longer input is refused. Default 64 MiB, the most that an entry may have. */
  readonly bytesMax?: number;
  /** Tables for which this is false are checked and left out. Default: all are wanted. */
  readonly wanted?: (table: string) => boolean;
}

/**
 * Decodes one domain. Keys and values share the memory of `bytes`. Throws COCO_LEDGER_MAPS_MALFORMED with the
 * offset of the field that is wrong.
 */
export function decodeMaps(bytes: Uint8Array, options: DecodeMapsOptions = {}): TableChanges[] {
  const bytesMax = options.bytesMax ?? 64 * 2 ** 20;
  if (bytes.length > bytesMax) throw malformed('the domain is too long', 0);
  const cursor = new Cursor(bytes);
  const tables: TableChanges[] = [];
  while (cursor.at < bytes.length) {
    const nameAt = cursor.at;
    const table = fromUtf8(cursor.sized());
    if (table === undefined || table === '') throw malformed('a table has no proper name', nameAt);
    cursor.skip(8);
    for (let reads = cursor.count(16); reads > 0; reads--) {
      cursor.skipSized();
      cursor.skip(8);
    }
    const changes = options.wanted?.(table) === false ? skipRows(cursor) : readRows(cursor, table);
    if (changes !== undefined) tables.push(changes);
  }
  return tables;
}

function readRows(cursor: Cursor, table: string): TableChanges {
  const puts = new Array(cursor.count(16));
  for (let i = 0; i < puts.length; i++) puts[i] = { key: cursor.sized(), value: cursor.sized() };
  const removes = new Array(cursor.count(8));
  for (let i = 0; i < removes.length; i++) removes[i] = cursor.sized();
  return { table, puts, removes };
}

function skipRows(cursor: Cursor): undefined {
  for (let puts = cursor.count(16); puts > 0; puts--) {
    cursor.skipSized();
    cursor.skipSized();
  }
  for (let removes = cursor.count(8); removes > 0; removes--) cursor.skipSized();
}

/** The name of the first table of a domain; undefined when there is none. COCO_LEDGER_MAPS_MALFORMED when its name is none. */
export function firstTable(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  const table = fromUtf8(new Cursor(bytes).sized());
  if (table === undefined || table === '') throw malformed('a table has no proper name', 0);
  return table;
}

/**
 * Checks that a domain is what `encodeMaps` makes of changes that a store can hold, of rows that are set or removed, not
 * both. `onTable` hears of each table and may throw. It makes nothing of the rows, for it runs for every batch. Throws
 * COCO_LEDGER_MAPS_MALFORMED with the offset of what is wrong.
 */
export function checkMaps(bytes: Uint8Array, onTable: (table: string) => void): void {
  const cursor = new Cursor(bytes);
  let last = '';
  while (cursor.at < bytes.length) {
    const nameAt = cursor.at;
    const name = cursor.sized();
    const table = name.length > storeLimitsDefault.tableNameBytesMax ? undefined : fromUtf8(name);
    if (table === undefined || table === '') throw malformed('a table has no proper name', nameAt);
    if (table <= last) throw malformed('the tables do not ascend by name', nameAt);
    last = table;
    onTable(table);
    cursor.zero('a table has a version that was read');
    cursor.zero('a table has rows that were read');
    checkRows(cursor, nameAt);
  }
}

function checkRows(cursor: Cursor, nameAt: number): void {
  const puts = cursor.count(16);
  const putsAt = cursor.at;
  let last = -1;
  for (let left = puts; left > 0; left--) {
    last = checkKey(cursor, last);
    if (cursor.skipSized() > storeLimitsDefault.valueBytesMax) throw malformed('a value is too long', last);
  }
  const removes = cursor.count(8);
  if (puts + removes === 0) throw malformed('a table has no rows', nameAt);
  if (removes > 0) checkRemoves(cursor, removes, new Cursor(cursor.bytes, putsAt), puts);
}

/** Goes through the rows that are set beside those that are removed. */
function checkRemoves(cursor: Cursor, removes: number, set: Cursor, puts: number): void {
  let unpassed = puts;
  let last = -1;
  for (let left = removes; left > 0; left--) {
    last = checkKey(cursor, last);
    for (; unpassed > 0; unpassed--) {
      const order = compareKeys(cursor, set.at, last);
      if (order === 0) throw malformed('a row is set and removed', last);
      if (order > 0) break;
      set.skipSized();
      set.skipSized();
    }
  }
}

/** Passes a key, which must come after that at `last`, if that is not -1; gives where it is. */
function checkKey(cursor: Cursor, last: number): number {
  const { at } = cursor;
  if (cursor.skipSized() > storeLimitsDefault.keyBytesMax) throw malformed('a key is too long', at);
  if (last >= 0 && compareKeys(cursor, last, at) >= 0) throw malformed('the rows do not ascend', at);
  return at;
}

/** Order of the keys at two places where keys have been found. */
function compareKeys(cursor: Cursor, a: number, b: number): number {
  const { bytes } = cursor;
  const aLength = cursor.lengthAt(a);
  const bLength = cursor.lengthAt(b);
  const length = Math.min(aLength, bLength);
  for (let i = 8; i < length + 8; i++) {
    const difference = (bytes[a + i] as number) - (bytes[b + i] as number);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** The changes of a transaction, by the domain that they belong to: `public:` in the name means in clear. */
export function splitDomains(writeSet: WriteSet): {
  readonly publicMaps: Uint8Array;
  readonly privateMaps: Uint8Array;
} {
  return {
    publicMaps: encodeMaps(writeSet.filter(({ table }) => table.startsWith('public:'))),
    privateMaps: encodeMaps(writeSet.filter(({ table }) => !table.startsWith('public:'))),
  };
}

/** A position in a domain. Every length is compared with what is left before anything is made of it. */
class Cursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next number, which says how much of `unit` bytes at least follows. */
  count(unit: number): number {
    const at = this.at;
    if (this.bytes.length - at < 8) throw malformed('the domain is cut short', at);
    const count = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
    if (count * unit > this.bytes.length - at - 8) throw malformed('a length exceeds the domain', at);
    this.at = at + 8;
    return count;
  }

  sized(): Uint8Array {
    const length = this.count(1);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Gives how long that was. */
  skipSized(): number {
    const length = this.count(1);
    this.at += length;
    return length;
  }

  /** A length that was read before. */
  lengthAt(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** A number that must be 0. */
  zero(otherwise: string): void {
    const { at } = this;
    if (this.count(0) !== 0) throw malformed(otherwise, at);
  }

  skip(length: number): void {
    if (this.bytes.length - this.at < length) throw malformed('the domain is cut short', this.at);
    this.at += length;
  }
}

function malformed(sentence: string, offset: number): CocoError {
  return new CocoError('COCO_LEDGER_MAPS_MALFORMED', sentence, { offset });
}
