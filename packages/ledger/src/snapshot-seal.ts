/**
 * A snapshot: the state that the entries up to a signature at `seqno` left behind, so that a node can begin after it.
 * CCF's format, an entry of type 1; all numbers little-endian unless said otherwise:
 *
 *     snapshot = version(1) = 1 | flags(1) = 0 | size(6) | body[size]
 *     body     = gcmTag[16] | gcmIv[12] | publicLength(8) | public[publicLength] | privateTables, encrypted
 *     public   = entryType(1) = 1 | seqno(8) | maxConflictVersion(8) = 0
 *                | 32(8) | leaf[32] | 8n(8) | firstSeqno(8) * n | publicTables
 *     gcmIv    = seqno(8) | 0x80000000(4): view 0 with the bit that says "snapshot"
 *     file     = snapshot | receipt
 *
 * - `leaf` is the leaf of the entry `seqno` in the Merkle tree. The tree before it is in the table
 *   `public:ccf.internal.tree`, which the signature at `seqno` wrote: leaf and table together are the whole tree.
 * - `firstSeqno` i (from 1) is the first entry of view i or, where that has none, of the next view that has some.
 * - The tables are described in snapshot-tables.ts.
 * - The receipt is that of a later entry, the evidence, whose claims digest is the SHA-256 of the snapshot. It is JSON
 *   without spaces (CCF up to version 6, and ours) or COSE (CCF 7). The evidence writes to
 *   `public:ccf.internal.snapshot_evidence` a JSON `{"hash": hex, "version": seqno}`.
 *
 * All of this was read from CCF's published sources (kv/store.h, kv/snapshot.h, kv/generic_serialise_wrapper.h,
 * kv/raw_serialise.h, kv/untyped_map.h, kv/untyped_change_set.h, ds/champ_map.h, ds/map_serializers.h, kv/encryptor.h,
 * node/history.h, node/snapshot_serdes.h); the envelope, the IV of entries, tree table and receipts are also confirmed by
 * published ledgers. No published snapshot was at hand, so not confirmed by a sample are: the bytes of the tables, the
 * view history, the IV's flag, and whether CCF accepts rows ordered by key where it orders them by a hash (its reader does
 * not look at the order). Differences that are known: our table version is that of the newest row, and removed rows are
 * not written.
 *
 * No (key, IV) pair is used for two different snapshots because there is at most one attempt for each `seqno`, and the
 * caller must keep to that. What the tables hold does not help: a worker that was taken over may give others when it is asked
 * again. So the manager makes a signature of its own for each attempt, on the node that is primary, and begins when that is
 * committed; an attempt that comes to nothing is never taken up again, there or elsewhere: the next has a signature of its
 * own (replica room, snapshotting.ts). No other entry can be committed at its seqno.
 */
import { type AesGcmSealer, aesGcmSealer, type Hasher, sha256Hasher } from '@coco/crypto';
import { storeLimitsDefault, type TableChanges } from '@coco/kv';
import { assert, ByteWriter, CocoError, compareBytes, type Seqno, utf8 } from '@coco/primitives';
import { encodeSnapshotTables, readSnapshotRows, readSnapshotTables } from './snapshot-tables.js';
import { encodeViews } from './snapshot-views.js';
import type { SealedSnapshot, SnapshotBase, SnapshotSealer, SnapshotTables } from './types.js';

/** The largest snapshot that is made or read, unless told otherwise: 1 GiB. */
export const snapshotBytesMaxDefault = 2 ** 30;

/** What a snapshot begins with. */
export interface SnapshotStart {
  readonly base: SnapshotBase;
  /** The ledger secret of the entry `base.seqno`. */
  readonly key: Uint8Array;
  /** What the signature at `base.seqno` wrote. */
  readonly signature: readonly TableChanges[];
  readonly snapshotBytesMax: number;
}

/** Begins a snapshot. */
export function sealSnapshot(start: SnapshotStart): SnapshotSealer {
  return new Sealer(start);
}

/** A table that is being gathered. */
interface GatheredTable {
  version: Seqno;
  length: number;
  readonly parts: Uint8Array[];
  lastKey: Uint8Array | undefined;
}

type Gathered = Map<string, GatheredTable>;

class Sealer implements SnapshotSealer {
  readonly base: SnapshotBase;
  readonly #key: Uint8Array;
  readonly #signature: ReadonlySet<string>;
  readonly #snapshotBytesMax: number;
  readonly #public: Gathered = new Map();
  readonly #private: Gathered = new Map();
  #length = 0;
  /** What is to do next. */
  #stage: 'gather' | 'assemble' | 'encrypt' | 'hash' | 'done' = 'gather';
  #bytes: Uint8Array = new Uint8Array(0);
  #privateAt = 0;
  /** How far the stage at hand has come in `#bytes`. */
  #at = 0;
  #cipher: AesGcmSealer | undefined;
  #hasher: Hasher | undefined;
  #digest: Uint8Array = new Uint8Array(0);

  constructor({ base, key, signature, snapshotBytesMax }: SnapshotStart) {
    this.base = base;
    // A copy: the ledger wipes its own when the epoch is over, which may be before all is encrypted.
    this.#key = key.slice();
    this.#snapshotBytesMax = snapshotBytesMax;
    const { seqno } = base;
    const rows = signature.flatMap(({ table, puts }) => puts.map((put) => ({ table, ...put, seqno })));
    this.#signature = new Set();
    this.add(encodeSnapshotTables(rows));
    this.#signature = new Set(signature.map(({ table }) => table));
  }

  add({ publicTables, privateTables }: SnapshotTables): void {
    assert(this.#stage === 'gather', 'nothing is added to a snapshot that is being sealed');
    this.#gather(this.#public, publicTables, true);
    this.#gather(this.#private, privateTables, false);
  }

  #gather(tables: Gathered, bytes: Uint8Array, isPublic: boolean): void {
    for (const { table, version, rows } of readSnapshotTables(bytes)) {
      const offset = rows.byteOffset - bytes.byteOffset;
      if (table.startsWith('public:') !== isPublic)
        throw malformed(`${table} is in the wrong domain`, offset);
      if (version > this.base.seqno) throw malformed(`${table} is newer than the snapshot`, offset);
      if (this.#signature.has(table)) continue;
      const nameBytes = utf8(table).length;
      if (nameBytes > storeLimitsDefault.tableNameBytesMax)
        throw malformed('the name of a table is too long', offset);
      if (rows.length === 0) throw malformed(`${table} has no rows`, offset);
      const known = tables.get(table);
      // Also where it goes on: whatever a part holds is held until all is sealed.
      this.#length += 24 + nameBytes + rows.length;
      if (this.#length > this.#snapshotBytesMax) throw this.#tooLarge();
      const gathered = known ?? { version: 0, length: 0, parts: [], lastKey: undefined };
      if (known === undefined) tables.set(table, gathered);
      this.#checkRows(gathered, rows, offset);
      gathered.version = Math.max(gathered.version, version);
      gathered.length += rows.length;
      gathered.parts.push(rows);
    }
  }

  /** The one form of a table: rows ascend by key, none is removed, and none newer than the snapshot. */
  #checkRows(gathered: GatheredTable, rows: Uint8Array, offset: number): void {
    const { keyBytesMax, valueBytesMax } = storeLimitsDefault;
    for (const { at, key, value, version } of readSnapshotRows(rows, offset)) {
      // No store could begin with it.
      if (key.length > keyBytesMax || value.length > valueBytesMax) throw malformed('a row is too long', at);
      const { lastKey } = gathered;
      if (lastKey !== undefined && compareBytes(lastKey, key) >= 0)
        throw malformed('the rows do not ascend', at);
      if (version < 1 || version > this.base.seqno)
        throw malformed('a row has no version of the snapshot', at);
      gathered.lastKey = key;
    }
  }

  #tooLarge(): CocoError {
    const max = this.#snapshotBytesMax;
    const { seqno } = this.base;
    return new CocoError('COCO_LEDGER_SNAPSHOT_SIZE', `the snapshot at ${seqno} exceeds ${max} bytes`, {
      seqno,
      max,
    });
  }

  step(): SealedSnapshot | undefined {
    switch (this.#stage) {
      case 'gather':
      case 'assemble':
        this.#assemble();
        this.#stage = 'encrypt';
        break;
      case 'encrypt':
        if (this.#encrypt()) this.#stage = 'hash';
        break;
      case 'hash':
        if (this.#hash()) this.#stage = 'done';
        break;
      case 'done':
        break;
    }
    return this.#stage === 'done' ? { bytes: this.#bytes, digest: this.#digest } : undefined;
  }

  finish(): SealedSnapshot {
    for (;;) {
      const sealed = this.step();
      if (sealed !== undefined) return sealed;
    }
  }

  /** Lays everything out, the private tables still in clear. */
  #assemble(): void {
    const { seqno, views, tree } = this.base;
    const history = encodeViews(views);
    const publicLength = publicHeaderBytes + history.length + lengthOf(this.#public);
    const size = bodyHeaderBytes + publicLength + lengthOf(this.#private);
    const writer = new ByteWriter(8 + size);
    writer.u8(1).u8(0).u48(size).raw(new Uint8Array(16));
    writer
      .u64(seqno)
      .u32(2 ** 31)
      .u64(publicLength);
    writer.u8(1).u64(seqno).u64(0);
    // The first leaf of the base's tree is that of `seqno` (see tree-table.ts).
    writer.sized64(tree.subarray(16, 48)).sized64(history);
    write(writer, this.#public);
    this.#privateAt = writer.length;
    this.#at = writer.length;
    write(writer, this.#private);
    this.#bytes = writer.finish();
  }

  /** Encrypts the next slice in its place; true once all is. */
  #encrypt(): boolean {
    const bytes = this.#bytes;
    this.#cipher ??= aesGcmSealer({
      key: this.#key,
      iv: bytes.subarray(24, 36),
      aad: bytes.subarray(8 + bodyHeaderBytes, this.#privateAt),
    });
    const end = Math.min(this.#at + sliceBytes, bytes.length);
    bytes.set(this.#cipher.update(bytes.subarray(this.#at, end)), this.#at);
    this.#at = end;
    if (end < bytes.length) return false;
    bytes.set(this.#cipher.finish(), 8);
    this.#key.fill(0);
    this.#at = 0;
    return true;
  }

  /** Hashes the next slice; true once all is. */
  #hash(): boolean {
    this.#hasher ??= sha256Hasher();
    const end = Math.min(this.#at + sliceBytes, this.#bytes.length);
    this.#hasher.update(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    if (end < this.#bytes.length) return false;
    this.#digest = this.#hasher.finish();
    return true;
  }
}

/** How much is encrypted or hashed in one step: some ten milliseconds' worth, well below a heartbeat. */
const sliceBytes = 4 * 2 ** 20;

/** Tag, IV and length of the public domain. */
const bodyHeaderBytes = 16 + 12 + 8;
/** Up to and including the length of the view history. */
const publicHeaderBytes = 17 + 8 + 32 + 8;

function lengthOf(tables: Gathered): number {
  let length = 0;
  for (const [name, table] of tables) length += 24 + utf8(name).length + table.length;
  return length;
}

function write(writer: ByteWriter, tables: Gathered): void {
  const names = [...tables.keys()].sort();
  for (const name of names) {
    const { version, length, parts } = tables.get(name) as GatheredTable;
    writer.sized64(utf8(name)).u64(version).u64(length);
    for (const part of parts) writer.raw(part);
  }
}

function malformed(sentence: string, offset: number): CocoError {
  return new CocoError('COCO_LEDGER_SNAPSHOT_MALFORMED', sentence, { offset });
}
