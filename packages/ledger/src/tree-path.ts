/**
 * Whether a part of a Merkle tree that somebody shows belongs to the tree that we know, of which we may hold no more than
 * its edge: the complete nodes that cover its first leaves, one for each bit of their number.
 *
 * The part ends with some leaf. From there upwards every node on the left is in the part itself; those on the right come
 * later in the ledger, and are shown along with it (`nodesAfter` says which). All of it folds to one node of our edge, or
 * is refused. Nobody who shows them needs to be trusted, and no signature is: a leaf that folds to our node is ours.
 */
import { sha256 } from '@coco/crypto';
import { assert, equalBytes } from '@coco/primitives';
import type { MerkleTree } from './merkle.js';
import { bitsSet } from './tree-table.js';

/** The complete nodes that cover the first `size` leaves, lowest first: one for each bit that is set in `size`. */
export interface TreeEdge {
  readonly size: number;
  readonly nodes: readonly Uint8Array[];
}

/** A node of a Merkle tree: it covers the leaves [position * 2^height, (position + 1) * 2^height). */
export interface TreeNode {
  readonly height: number;
  readonly position: number;
}

/** What of a tree proofs are made of: a node if it is complete and held. */
export type TreeNodes = Pick<MerkleTree, 'size' | 'flushed' | 'edge' | 'node'>;

/** The nodes on the right of the way from `leaf` up to the edge of the first `size` leaves, which it is one of; lowest first. */
export function nodesAfter(leaf: number, size: number): readonly TreeNode[] {
  assert(leaf >= 0 && leaf < size, 'the leaf is one of them');
  const nodes: TreeNode[] = [];
  for (let height = 0, position = leaf; !isOnEdge(height, position, size); height++) {
    if (position % 2 === 0) nodes.push({ height, position: position + 1 });
    position = Math.floor(position / 2);
  }
  return nodes;
}

/**
 * Whether `part`, a tree up to and including some leaf, is the beginning of the tree with this `edge`, which has that leaf
 * too; `after` are the nodes that `nodesAfter` names.
 */
export function isPartOf(part: TreeNodes, after: readonly Uint8Array[], edge: TreeEdge): boolean {
  const leaf = part.size - 1;
  assert(leaf < edge.size, 'the leaf is one of those that the edge covers');
  for (let height = 0; 2 ** height <= edge.size; height++) {
    const count = Math.floor(edge.size / 2 ** height);
    const isBefore = count % 2 === 1 && count * 2 ** height <= leaf;
    if (isBefore && !isSame(part.node(height, count - 1), ourNode(edge, height))) return false;
  }
  return leadsToEdge(part, after, edge);
}

function leadsToEdge(part: TreeNodes, after: readonly Uint8Array[], edge: TreeEdge): boolean {
  let position = part.size - 1;
  let hash = part.node(0, position);
  let [used, height] = [0, 0];
  for (; !isOnEdge(height, position, edge.size); height++) {
    const sibling = position % 2 === 0 ? after[used++] : part.node(height, position - 1);
    if (hash === undefined || sibling?.length !== 32) return false;
    hash = position % 2 === 0 ? sha256(hash, sibling) : sha256(sibling, hash);
    position = Math.floor(position / 2);
  }
  return used === after.length && isSame(hash, ourNode(edge, height));
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && equalBytes(a, b);
}

/** Whether the node is one of those that cover the first `size` leaves. */
function isOnEdge(height: number, position: number, size: number): boolean {
  const count = Math.floor(size / 2 ** height);
  return count % 2 === 1 && position === count - 1;
}

/** Our node at `height` on the edge, where there is one. */
function ourNode({ size, nodes }: TreeEdge, height: number): Uint8Array | undefined {
  return nodes[bitsSet(size % 2 ** height)];
}
