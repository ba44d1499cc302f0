/**
 * Opens a snapshot (see snapshot-seal.ts for its bytes): takes it apart, decrypts it, checks every row, and derives from
 * it where the ledger stands. Whether it is genuine only its receipt tells (see snapshot-verify.ts).
 */
import { aesGcmOpen } from '@coco/crypto';
import type { VersionedRow } from '@coco/kv';
import { ByteReader, CocoError, equalBytes, type TxId } from '@coco/primitives';
import { nextConfiguration, nextLeaving, nodeChanges } from './configuration.js';
import type { MerkleTree } from './merkle.js';
import { noSecret, secretAt } from './secrets.js';
import { snapshotBytesMaxDefault } from './snapshot-seal.js';
import { decodeSnapshotTables } from './snapshot-tables.js';
import { decodeViews } from './snapshot-views.js';
import { ledgerTables, singletonKey } from './tables.js';
import { decodeTree, encodeTree } from './tree-table.js';
import type { LedgerSecret, OpenedSnapshot, SnapshotBase } from './types.js';

/** How to open a snapshot. */
export interface OpenSnapshotOptions {
  /** The secret of the entry at which it was taken must be among these. */
  readonly secrets: readonly LedgerSecret[];
  /** Larger ones are refused. Default 1 GiB. */
  readonly snapshotBytesMax?: number;
}

/**
 * Opens `bytes`, which begin with a snapshot; a receipt after it is not looked at. Throws COCO_LEDGER_SNAPSHOT_MALFORMED
 * with the offset of what is wrong, COCO_LEDGER_SNAPSHOT_SIZE, COCO_LEDGER_ENTRY_SECRET, COCO_LEDGER_ENTRY_UNAUTHENTIC.
 */
export function openSnapshot(bytes: Uint8Array, options: OpenSnapshotOptions): OpenedSnapshot {
  const layout = parseSnapshot(bytes, options.snapshotBytesMax);
  const { base } = readPublicTables(layout);
  const key = secretAt(options.secrets, base.seqno);
  if (key === undefined) throw noSecret(base);
  const privateTables = openPrivateTables(layout, base, key);
  return { base, publicTables: layout.publicTables, privateTables };
}

/** What a snapshot says in public, for whoever has no secret. Throws COCO_LEDGER_SNAPSHOT_MALFORMED, COCO_LEDGER_SNAPSHOT_SIZE. */
export function openPublicSnapshot(
  bytes: Uint8Array,
  snapshotBytesMax?: number,
): Omit<OpenedSnapshot, 'privateTables'> {
  const layout = parseSnapshot(bytes, snapshotBytesMax);
  const { base } = readPublicTables(layout);
  return { base, publicTables: layout.publicTables };
}

/**
 * Decrypts the private tables and checks every row. Throws COCO_LEDGER_SNAPSHOT_MALFORMED,
 * COCO_LEDGER_ENTRY_UNAUTHENTIC.
 */
export function openPrivateTables(
  { iv, tag, ciphertext, publicDomain }: SnapshotLayout,
  { view, seqno }: TxId,
  key: Uint8Array,
): Uint8Array {
  const privateTables = aesGcmOpen({ key, iv, tag, ciphertext, aad: publicDomain });
  if (privateTables === undefined) {
    const sentence = 'the ledger secret does not open the snapshot';
    throw new CocoError('COCO_LEDGER_ENTRY_UNAUTHENTIC', sentence, { view, seqno });
  }
  for (const { table, seqno: version } of decodeSnapshotTables(privateTables)) {
    if (table.startsWith('public:') || version > seqno) throw malformed(`${table} does not belong there`, 0);
  }
  return privateTables;
}

/** A snapshot taken apart, without any key. Arrays share its memory. */
export interface SnapshotLayout {
  /** The whole entry, without what follows it. */
  readonly bytes: Uint8Array;
  readonly seqno: number;
  readonly tag: Uint8Array;
  readonly iv: Uint8Array;
  readonly publicDomain: Uint8Array;
  /** The leaf of the entry at which it was taken. */
  readonly leaf: Uint8Array;
  readonly views: SnapshotBase['views'];
  readonly publicTables: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Takes a snapshot apart. Throws COCO_LEDGER_SNAPSHOT_MALFORMED, COCO_LEDGER_SNAPSHOT_SIZE. */
export function parseSnapshot(
  bytes: Uint8Array,
  snapshotBytesMax: number = snapshotBytesMaxDefault,
): SnapshotLayout {
  const reader = new ByteReader(bytes);
  try {
    return readLayout(reader, snapshotBytesMax);
  } catch (error) {
    // Lengths that exceed what is there, and numbers that are out of range.
    if (!(error instanceof CocoError) || !error.code.startsWith('COCO_BYTES_')) throw error;
    throw malformed(`the snapshot is malformed: ${error.message}`, reader.offset);
  }
}

function readLayout(reader: ByteReader, snapshotBytesMax: number): SnapshotLayout {
  const { bytes } = reader;
  expect(reader.u8() === 1, 'the version of the entry is not 1', 0);
  expect(reader.u8() === 0, 'a snapshot has no flags', 1);
  const size = reader.u48();
  if (8 + size > snapshotBytesMax) {
    const sentence = `the snapshot has ${8 + size} bytes, more than the ${snapshotBytesMax} that are allowed`;
    throw new CocoError('COCO_LEDGER_SNAPSHOT_SIZE', sentence, { max: snapshotBytesMax });
  }
  expect(size <= reader.remaining, 'the snapshot is cut short', 2);
  const tag = reader.take(16);
  const iv = reader.take(12);
  const { seqno, flag } = readIv(iv);
  expect(flag === 2 ** 31, 'the IV does not say "snapshot" without a view', 32);
  const publicLength = reader.u64();
  const publicAt = reader.offset;
  expect(publicAt + publicLength <= 8 + size, 'the public domain does not fit into the snapshot', 36);
  const inner = new ByteReader(bytes, publicAt, publicAt + publicLength);
  expect(inner.u8() === 1, 'the entry is not a snapshot', publicAt);
  expect(
    inner.u64() === seqno && seqno > 0,
    'the sequence numbers in public domain and IV differ',
    publicAt + 1,
  );
  expect(inner.u64() === 0, 'the conflict version is not 0', publicAt + 9);
  const leaf = inner.sized64();
  expect(leaf.length === 32, 'the hash of the entry has not 32 bytes', publicAt + 17);
  const views = decodeViews(inner.sized64(), seqno);
  return {
    bytes: bytes.subarray(0, 8 + size),
    seqno,
    tag,
    iv,
    publicDomain: bytes.subarray(publicAt, publicAt + publicLength),
    leaf,
    views,
    publicTables: inner.take(inner.remaining),
    ciphertext: bytes.subarray(publicAt + publicLength, 8 + size),
  };
}

function readIv(iv: Uint8Array): { readonly seqno: number; readonly flag: number } {
  const reader = new ByteReader(iv);
  return { seqno: reader.u64(), flag: reader.u32() };
}

/** What the public tables of a snapshot say of the ledger, every row checked. */
export interface SnapshotPublic {
  readonly base: SnapshotBase;
  /** Leaves up to and including that of the base, as far back as its signature repeats them. */
  readonly tree: MerkleTree;
}

/**
 * Derives where the ledger stands: the tree from the table that the signature wrote and the leaf of the signature
 * itself, the nodes from their rows. Throws COCO_LEDGER_SNAPSHOT_MALFORMED.
 */
export function readPublicTables({ publicTables, seqno, views, leaf }: SnapshotLayout): SnapshotPublic {
  let treeRow: VersionedRow | undefined;
  const nodes: VersionedRow[] = [];
  for (const row of decodeSnapshotTables(publicTables)) {
    const { table, key, seqno: version } = row;
    if (!table.startsWith('public:') || version > seqno) throw malformed(`${table} does not belong there`, 0);
    if (table === ledgerTables.nodesInfo) nodes.push(row);
    if (table === ledgerTables.tree && equalBytes(key, singletonKey)) treeRow = row;
  }
  const last = views.at(-1);
  if (treeRow?.seqno !== seqno || last === undefined) {
    throw malformed('it was not taken at a signature: there is no tree of that entry', 0);
  }
  const tree = readTree(treeRow.value, seqno);
  tree.append(leaf);
  const changes = placed(() => nodeChanges({ puts: nodes, removes: [] }));
  const base: SnapshotBase = {
    view: last.view,
    seqno,
    views,
    configuration: { seqno, nodes: nextConfiguration([], changes) ?? [] },
    leaving: nextLeaving([], changes),
    tree: encodeTree(tree, seqno),
  };
  return { base, tree };
}

function readTree(value: Uint8Array, seqno: TxId['seqno']): MerkleTree {
  const tree = placed(() => decodeTree(value));
  if (tree.size !== seqno) throw malformed('its tree is that of another entry', 0);
  return tree;
}

/** Runs `read`; whatever it refuses makes the snapshot malformed. */
function placed<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    throw malformed(error.message, 0);
  }
}

function expect(condition: boolean, sentence: string, offset: number): void {
  if (!condition) throw malformed(sentence, offset);
}

function malformed(sentence: string, offset: number): CocoError {
  return new CocoError('COCO_LEDGER_SNAPSHOT_MALFORMED', sentence, { offset });
}
