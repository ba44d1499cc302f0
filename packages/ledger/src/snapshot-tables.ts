/**
 * The tables of a snapshot, public or private: whole tables where an entry has changes. CCF's format, all numbers
 * 64-bit little-endian, every field padded with zeros to a multiple of 8 bytes within the rows:
 *
 *     tables = table*
 *     table  = n | name[n] | tableVersion | rowsLength | row*[rowsLength]
 *     row    = klen | key[klen] | padding | 8 + vlen | version (signed) | value[vlen] | padding
 *
 * A version is the sequence number of the entry that wrote the row. CCF's table version is that of the last entry that
 * wrote to the table; ours is the highest version of its rows, which is all that can follow from the rows alone. CCF
 * keeps removed rows for a while, with a negative version; they are read as not there, and never written. Read is any
 * order; written are tables ascending by name (UTF-16 code units) and rows by key, so that the same rows always give the
 * same bytes. A part on its way between two rooms looks the same, but the last table may go on in the next part.
 */
import type { VersionedRow } from '@coco/kv';
import { assert, ByteWriter, CocoError, compareBytes, fromUtf8, type Seqno, utf8 } from '@coco/primitives';
import type { SnapshotTables } from './types.js';

/** Encodes `rows`, ascending by table and key, as one part. */
export function encodeSnapshotTables(rows: Iterable<VersionedRow>): SnapshotTables {
  const domains = { public: new TableWriter(), private: new TableWriter() };
  for (const row of rows) {
    (row.table.startsWith('public:') ? domains.public : domains.private).row(row);
  }
  return { publicTables: domains.public.finish(), privateTables: domains.private.finish() };
}

class TableWriter {
  readonly #writer = new ByteWriter();
  #table: string | undefined;
  #lastKey: Uint8Array | undefined;
  #headerAt = 0;
  #version = 0;

  row({ table, key, value, seqno }: VersionedRow): void {
    if (table !== this.#table) this.#begin(table);
    else assert(compareBytes(this.#lastKey as Uint8Array, key) < 0, 'the rows of a table ascend');
    this.#lastKey = key;
    this.#version = Math.max(this.#version, seqno);
    this.#writer.sized64(key).raw(paddingOf(key.length));
    this.#writer
      .u64(8 + value.length)
      .u64(seqno)
      .raw(value)
      .raw(paddingOf(value.length));
  }

  #begin(table: string): void {
    assert(this.#table === undefined || this.#table < table, 'tables ascend by name');
    this.#end();
    this.#table = table;
    this.#version = 0;
    this.#writer.sized64(utf8(table));
    this.#headerAt = this.#writer.length;
    this.#writer.u64(0).u64(0);
  }

  #end(): void {
    if (this.#table === undefined) return;
    const at = this.#headerAt;
    patchU64(this.#writer, at, this.#version);
    patchU64(this.#writer, at + 8, this.#writer.length - at - 16);
  }

  finish(): Uint8Array {
    this.#end();
    return this.#writer.finish();
  }
}

function patchU64(writer: ByteWriter, at: number, value: number): void {
  writer.patchU32(at, value % 2 ** 32);
  writer.patchU32(at + 4, Math.floor(value / 2 ** 32));
}

const paddings = Array.from({ length: 8 }, (_, missing) => new Uint8Array(missing));

function paddingOf(length: number): Uint8Array {
  return paddings[(8 - (length % 8)) % 8] as Uint8Array;
}

/** One table of a snapshot, not yet looked into. */
export interface SnapshotTable {
  readonly table: string;
  readonly version: Seqno;
  /** Its rows, encoded, sharing the memory of the domain. */
  readonly rows: Uint8Array;
}

/** Finds the tables of a domain or part. Throws COCO_LEDGER_SNAPSHOT_MALFORMED with the offset of what is wrong. */
export function* readSnapshotTables(bytes: Uint8Array): Generator<SnapshotTable> {
  const cursor = new Cursor(bytes);
  while (cursor.at < bytes.length) {
    const nameAt = cursor.at;
    const table = fromUtf8(cursor.sized());
    if (table === undefined || table === '') throw malformed('a table has no proper name', nameAt);
    const version = cursor.number();
    if (!Number.isSafeInteger(version)) throw malformed('a version is out of range', cursor.at - 8);
    yield { table, version, rows: cursor.sized() };
  }
}

/**
 * Decodes a domain or part, lazily. Keys and values share its memory. Throws COCO_LEDGER_SNAPSHOT_MALFORMED with the
 * offset of what is wrong, also when a table or a key of it is there twice.
 */
export function* decodeSnapshotTables(bytes: Uint8Array): Generator<VersionedRow> {
  const tables = new Set<string>();
  for (const { table, rows } of readSnapshotTables(bytes)) {
    const offset = rows.byteOffset - bytes.byteOffset;
    if (tables.has(table)) throw malformed('a table is there twice', offset);
    tables.add(table);
    yield* decodeRows(table, rows, offset);
  }
}

/**
 * The rows of one table, which begin at `offset` of what is decoded, with those that are removed. Throws
 * COCO_LEDGER_SNAPSHOT_MALFORMED.
 */
export function* readSnapshotRows(rows: Uint8Array, offset: number): Generator<SnapshotRow> {
  const cursor = new Cursor(rows, offset);
  while (cursor.at < rows.length) {
    const at = cursor.at;
    const key = cursor.sized();
    cursor.padding();
    const body = cursor.sized();
    cursor.padding();
    if (body.length < 8) throw malformed('a row has no version', offset + at);
    const version = signedAt(body);
    if (version === 0 || !Number.isSafeInteger(version))
      throw malformed('a version is out of range', offset + at);
    yield { at: offset + at, key, value: body.subarray(8), version };
  }
}

/** A row as it is written. */
export interface SnapshotRow {
  /** Its offset. */
  readonly at: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Negative: the row was removed. */
  readonly version: number;
}

function* decodeRows(table: string, rows: Uint8Array, offset: number): Generator<VersionedRow> {
  let last: Uint8Array | undefined;
  /** Costs memory only once keys do not ascend. */
  let seen: Set<string> | undefined;
  for (const { at, key, value, version } of readSnapshotRows(rows, offset)) {
    if (seen === undefined && last !== undefined && compareBytes(last, key) >= 0)
      seen = keysBefore(rows, offset, at);
    if (seen?.has(textOf(key)) === true) throw malformed('a key is there twice', at);
    seen?.add(textOf(key));
    last = key;
    if (version > 0) yield { table, key, value, seqno: version };
  }
}

function keysBefore(rows: Uint8Array, offset: number, end: number): Set<string> {
  const keys = new Set<string>();
  for (const { at, key } of readSnapshotRows(rows, offset)) {
    if (at === end) break;
    keys.add(textOf(key));
  }
  return keys;
}

function textOf(key: Uint8Array): string {
  let text = '';
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}

function signedAt(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true));
}

/** How to split a domain. */
export interface SplitSnapshotOptions {
  /** Tables for which this is false are left out. Default: all are wanted. */
  readonly wanted?: (table: string) => boolean;
  /** A part is at most about this long, unless one row is longer. Default 1 MiB. */
  readonly partBytes?: number;
}

/**
 * Cuts one domain into parts, for whoever takes a snapshot in parts; order and bytes of the rows stay as they are.
 * Throws as `decodeSnapshotTables`.
 */
export function* splitSnapshotTables(
  bytes: Uint8Array,
  { wanted = () => true, partBytes = 2 ** 20 }: SplitSnapshotOptions = {},
): Generator<Uint8Array> {
  let part = new ByteWriter();
  for (const { table, version, rows } of readSnapshotTables(bytes)) {
    if (!wanted(table)) continue;
    const offset = rows.byteOffset - bytes.byteOffset;
    let from = 0;
    for (const { at } of readSnapshotRows(rows, offset)) {
      if (part.length + (at - offset) - from < partBytes || at - offset === from) continue;
      part
        .sized64(utf8(table))
        .u64(version)
        .sized64(rows.subarray(from, at - offset));
      yield part.finish();
      part = new ByteWriter();
      from = at - offset;
    }
    part.sized64(utf8(table)).u64(version).sized64(rows.subarray(from));
  }
  if (part.length > 0) yield part.finish();
}

/** A position in a domain. Every length is compared with what is left before anything is made of it. */
class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #offset: number;

  /** `offset` is added to the places that failures name. */
  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  number(): number {
    const at = this.at;
    if (this.#bytes.length - at < 8) throw malformed('the tables are cut short', this.#offset + at);
    this.at = at + 8;
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32;
  }

  sized(): Uint8Array {
    const length = this.number();
    if (length > this.#bytes.length - this.at) {
      throw malformed('a length exceeds the tables', this.#offset + this.at - 8);
    }
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  padding(): void {
    const end = this.at + ((8 - (this.at % 8)) % 8);
    if (end > this.#bytes.length) throw malformed('the tables are cut short', this.#offset + this.at);
    for (; this.at < end; this.at++) {
      if (this.#bytes[this.at] !== 0) throw malformed('the padding is not zero', this.#offset + this.at);
    }
  }
}

function malformed(sentence: string, offset: number): CocoError {
  return new CocoError('COCO_LEDGER_SNAPSHOT_MALFORMED', sentence, { offset });
}
