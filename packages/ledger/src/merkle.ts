/**
 * The Merkle tree over all entries (CCF's, as merklecpp builds it). Leaf 0 is 32 zero bytes, leaf s belongs to the
 * entry with sequence number s. An inner node is SHA256(left | right); the last node of a level with an odd number
 * of nodes is promoted unchanged. Hence the node at height h and position i covers the leaves [i * 2^h, (i+1) * 2^h),
 * and only nodes on the right edge are incomplete.
 *
 * All complete nodes are kept, one list per height: a leaf costs one hash on average, a root or a proof at most one
 * per height, and going back to n leaves is cutting every list to n / 2^h. `flush` forgets what only the proofs of
 * old leaves need.
 *
 * Signatures are ECDSA over the root as the already made hash. Platforms sign hashes that they made themselves, so
 * we hand them `rootPreimage`: since root = SHA256(left | right), ECDSA-with-SHA256 over those 64 bytes is the same
 * signature as ECDSA over the root as prehash, on P-256 and P-384 alike (FIPS 186-5, 6.4: the hash is the only thing
 * that enters of the message).
 */
import { sha256 } from '@coco/crypto';
import { assert, concatBytes } from '@coco/primitives';
import { HashList } from './hash-list.js';

/** One step from a leaf towards the root: the sibling, and on which side of the running hash it belongs. */
export interface ProofStep {
  readonly side: 'left' | 'right';
  readonly hash: Uint8Array;
}

/** The tree. Sizes and indices count leaves, leaf 0 included. */
export class MerkleTree {
  readonly #levels: HashList[] = [new HashList()];
  #flushed = 0;

  /** A tree of the one leaf that is there before the first entry. */
  static empty(): MerkleTree {
    const tree = new MerkleTree();
    tree.append(new Uint8Array(32));
    return tree;
  }

  /**
   * The tree of which the leaves before `flushed` are known only through `edge`: the complete nodes that cover them,
   * lowest first, one for each bit that is set in `flushed`.
   */
  static fromEdge(flushed: number, edge: readonly Uint8Array[]): MerkleTree {
    const tree = new MerkleTree();
    tree.#flushed = flushed;
    let next = 0;
    for (let height = 0; 2 ** height <= flushed; height++) {
      const nodes = Math.floor(flushed / 2 ** height);
      const level = new HashList(nodes - (nodes % 2));
      if (nodes % 2 === 1) {
        const node = edge[next];
        assert(node !== undefined, 'the edge has a node for each bit');
        level.append(node);
        next += 1;
      }
      tree.#levels[height] = level;
    }
    assert(next === edge.length, 'the edge has no other node');
    return tree;
  }

  /** How many leaves there are. */
  get size(): number {
    return this.#level(0).length;
  }

  /** The first leaf whose proof can still be made. */
  get flushed(): number {
    return this.#flushed;
  }

  /** Adds a leaf at the end. */
  append(leaf: Uint8Array): void {
    let node = leaf;
    for (let height = 0; ; height++) {
      const level = this.#levels[height];
      if (level === undefined) {
        this.#levels.push(new HashList());
        this.#level(height).append(node);
        return;
      }
      level.append(node);
      if (level.length % 2 === 1) return;
      node = sha256(level.at(level.length - 2), level.at(level.length - 1));
    }
  }

  leaf(index: number): Uint8Array {
    return this.#level(0).at(index).slice();
  }

  /** The root over the first `size` leaves. */
  root(size: number = this.size): Uint8Array {
    return this.#edge(size, this.#levels.length);
  }

  /** The two hashes whose hash is the root, or undefined for a single leaf, which is its own root. */
  rootPreimage(size: number = this.size): Uint8Array | undefined {
    if (size < 2) return undefined;
    let height = 0;
    while (2 ** (height + 1) < size) height += 1;
    return concatBytes(this.#level(height).at(0), this.#node(height, 1, size));
  }

  /** The steps from leaf `index` to the root over the first `size` leaves. */
  proof(index: number, size: number = this.size): ProofStep[] {
    assert(index >= this.#flushed && index < size && size <= this.size, 'the leaf is held');
    const steps: ProofStep[] = [];
    for (let height = 0; 2 ** height < size; height++) {
      const position = Math.floor(index / 2 ** height);
      if (position % 2 === 1) {
        steps.push({
          side: 'left',
          hash: this.#level(height)
            .at(position - 1)
            .slice(),
        });
      } else if ((position + 1) * 2 ** height < size) {
        steps.push({ side: 'right', hash: this.#node(height, position + 1, size).slice() });
      }
    }
    return steps;
  }

  /** The complete nodes that cover the leaves before `index`, lowest first: one for each bit set in `index`. */
  edge(index: number): Uint8Array[] {
    const nodes: Uint8Array[] = [];
    for (let height = 0; 2 ** height <= index; height++) {
      const count = Math.floor(index / 2 ** height);
      if (count % 2 === 1)
        nodes.push(
          this.#level(height)
            .at(count - 1)
            .slice(),
        );
    }
    return nodes;
  }

  /** The node that covers the leaves [position * 2^height, (position + 1) * 2^height); undefined unless complete and held. */
  node(height: number, position: number): Uint8Array | undefined {
    const level = this.#levels[height];
    const isHeld = level !== undefined && position >= level.first && position < level.length;
    return isHeld ? level.at(position).slice() : undefined;
  }

  /** Goes back to the first `size` leaves. */
  retract(size: number): void {
    assert(size >= this.#flushed && size <= this.size, 'retracts to leaves that are held');
    for (const [height, level] of this.#levels.entries()) level.truncate(Math.floor(size / 2 ** height));
  }

  /** Forgets what is needed for leaves before `index` only. */
  flush(index: number): void {
    if (index <= this.#flushed) return;
    assert(index < this.size, 'at least one leaf is held');
    this.#flushed = index;
    for (const [height, level] of this.#levels.entries()) {
      const nodes = Math.floor(index / 2 ** height);
      // The node before an odd position belongs to the edge: every root from here on needs it.
      level.forget(nodes - (nodes % 2));
    }
  }

  #level(height: number): HashList {
    const level = this.#levels[height];
    assert(level !== undefined, 'the level exists');
    return level;
  }

  /** The node of the tree of `size` leaves at `height` and `position`, which may be incomplete. */
  #node(height: number, position: number, size: number): Uint8Array {
    if ((position + 1) * 2 ** height <= size) return this.#level(height).at(position);
    return this.#edge(size, height);
  }

  /** The node below `height` on the right edge of the tree of `size` leaves: what its lower bits cover. */
  #edge(size: number, height: number): Uint8Array {
    assert(size > 0 && size <= this.size, 'the tree has that many leaves');
    let node: Uint8Array | undefined;
    for (let h = 0; h < height && 2 ** h <= size; h++) {
      const count = Math.floor(size / 2 ** h);
      if (count % 2 === 0) continue;
      const complete = this.#level(h).at(count - 1);
      node = node === undefined ? complete : sha256(complete, node);
    }
    assert(node !== undefined, 'the edge is not empty');
    return node.slice();
  }
}
