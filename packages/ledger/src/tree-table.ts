/**
 * The value of `public:ccf.internal.tree` in a signature transaction: the part of the Merkle tree since an earlier
 * signature, as merklecpp serialises it, so that proofs for the entries between two signatures can be made from the
 * second one alone. Numbers are big-endian:
 *
 *     tree = leafCount(8) | from(8) | leaf[32] * leafCount | node[32] * popcount(from)
 *
 * The leaves are those at `from`, `from` + 1, …; the nodes cover the leaves before `from`, lowest first.
 */
import { ByteReader, ByteWriter, CocoError } from '@coco/primitives';
import { MerkleTree } from './merkle.js';

/** Serialises the first `size` leaves of `tree`, of which those from `from` on as such. */
export function encodeTree(tree: MerkleTree, from: number, size: number = tree.size): Uint8Array {
  const count = size - from;
  const edge = tree.edge(from);
  const writer = new ByteWriter(16 + 32 * (count + edge.length));
  writer.u64BigEndian(count).u64BigEndian(from);
  for (let index = from; index < size; index++) writer.raw(tree.leaf(index));
  for (const node of edge) writer.raw(node);
  return writer.finish();
}

/** Reads a serialised tree; `from` is its `flushed`. Throws COCO_LEDGER_SIGNATURE_TREE. */
export function decodeTree(bytes: Uint8Array): MerkleTree {
  const reader = new ByteReader(bytes);
  if (reader.remaining < 16) throw malformed('the serialised tree is cut short');
  const count = readCount(reader);
  const from = readCount(reader);
  if (reader.remaining !== 32 * (count + bitsSet(from)) || count === 0) {
    throw malformed('the serialised tree has another length than it says');
  }
  const leaves = reader.take(32 * count);
  const edge: Uint8Array[] = [];
  while (reader.remaining > 0) edge.push(reader.take(32));
  const tree = MerkleTree.fromEdge(from, edge);
  for (let i = 0; i < count; i++) tree.append(leaves.subarray(32 * i, 32 * i + 32));
  return tree;
}

function readCount(reader: ByteReader): number {
  try {
    return reader.u64BigEndian();
  } catch {
    throw malformed('the serialised tree is impossibly large');
  }
}

/** How many bits are set: of a number of leaves, how many nodes cover them. */
export function bitsSet(value: number): number {
  let bits = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}

function malformed(sentence: string): CocoError {
  return new CocoError('COCO_LEDGER_SIGNATURE_TREE', sentence);
}
