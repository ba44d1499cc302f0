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
import type { Put, TableChanges, WriteSet } from '@coco/kv';
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
  at = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
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

  skipSized(): void {
    const length = this.count(1);
    this.at += length;
  }

  skip(length: number): void {
    if (this.bytes.length - this.at < length) throw malformed('the domain is cut short', this.at);
    this.at += length;
  }
}

function malformed(sentence: string, offset: number): CocoError {
  return new CocoError('COCO_LEDGER_MAPS_MALFORMED', sentence, { offset });
}
