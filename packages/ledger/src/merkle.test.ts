import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { concatBytes, seededRandom, toHex } from '@coco/primitives';
import { MerkleTree } from './merkle.js';
import { foldProof } from './receipt-proof.js';
import { decodeTree, encodeTree } from './tree-table.js';

function leafOf(index: number): Uint8Array {
  return index === 0 ? new Uint8Array(32) : sha256(new Uint8Array([index & 255, index >> 8]));
}

/** The definition, level by level: pairs are hashed, an odd last node is promoted. */
function rootByDefinition(size: number): Uint8Array {
  let level = Array.from({ length: size }, (_, index) => leafOf(index));
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Uint8Array, level[i + 1]];
      next.push(right === undefined ? left : sha256(left, right));
    }
    level = next;
  }
  return level[0] as Uint8Array;
}

function treeOf(size: number): MerkleTree {
  const tree = MerkleTree.empty();
  for (let index = 1; index < size; index++) tree.append(leafOf(index));
  return tree;
}

const sizes = Array.from({ length: 70 }, (_, i) => i + 1);

test('formats 2(a): the root is that of the definition, now and for every earlier size', () => {
  const tree = treeOf(70);
  for (const size of sizes) {
    assert.deepEqual(treeOf(size).root(), rootByDefinition(size));
    assert.deepEqual(tree.root(size), rootByDefinition(size));
  }
});

test('the preimage of the root hashes to the root', () => {
  const tree = treeOf(70);
  assert.equal(tree.rootPreimage(1), undefined);
  for (const size of sizes.slice(1))
    assert.deepEqual(sha256(tree.rootPreimage(size) as Uint8Array), tree.root(size));
});

test('every proof leads to its root, and has at most one step per level', () => {
  const tree = treeOf(70);
  for (const size of sizes) {
    for (let index = 0; index < size; index++) {
      const proof = tree.proof(index, size);
      assert.ok(proof.length <= Math.ceil(Math.log2(size)));
      assert.deepEqual(foldProof(leafOf(index), proof).root, tree.root(size));
    }
  }
});

test('retracting, flushing and appending give the same trees as never having done so (seeded)', () => {
  const random = seededRandom(7);
  const tree = MerkleTree.empty();
  let size = 1;
  for (let step = 0; step < 3_000; step++) {
    const kind = random.integer(10);
    if (kind === 0 && size > tree.flushed + 1) {
      size = tree.flushed + 1 + random.integer(size - tree.flushed - 1);
      tree.retract(size);
    } else if (kind === 1) {
      tree.flush(tree.flushed + random.integer(size - tree.flushed));
    } else if (size < 400) {
      tree.append(leafOf(size));
      size += 1;
    }
    assert.equal(tree.size, size);
    if (step % 10 !== 0) continue;
    assert.deepEqual(tree.root(), rootByDefinition(size));
    const index = tree.flushed + random.integer(size - tree.flushed);
    assert.deepEqual(foldProof(leafOf(index), tree.proof(index)).root, tree.root());
  }
  assert.ok(tree.flushed > 0);
  assert.throws(() => tree.proof(tree.flushed - 1), { name: 'AssertionError' });
  assert.throws(() => tree.retract(tree.flushed - 1), { name: 'AssertionError' });
});

test('merklecpp: a serialised part of the tree reads back as a tree with the same root and proofs', () => {
  const tree = treeOf(45);
  for (let from = 0; from < 45; from++) {
    const bytes = encodeTree(tree, from);
    const part = decodeTree(bytes);
    assert.equal(part.flushed, from);
    assert.deepEqual(part.root(), tree.root());
    assert.deepEqual(encodeTree(part, from), bytes);
    for (let index = from; index < 45; index++) assert.deepEqual(part.proof(index), tree.proof(index));
  }
});

test('merklecpp: counts are big-endian, leaves come first, then one node for each bit of the flushed count', () => {
  const hex = toHex(encodeTree(treeOf(7), 5));
  const four = [sha256(leafOf(0), leafOf(1)), sha256(leafOf(2), leafOf(3))];
  const nodes = concatBytes(leafOf(5), leafOf(6), leafOf(4), sha256(...four));
  assert.equal(hex, `0000000000000002${'0000000000000005'}${toHex(nodes)}`);
});

test('a hostile serialised tree is refused without allocating', () => {
  const good = encodeTree(treeOf(7), 5);
  const memory = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < 16; at++) {
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const bytes = good.slice();
      bytes[at] = value;
      if (bytes[at] === good[at]) continue;
      assert.throws(() => decodeTree(bytes), { code: 'COCO_LEDGER_SIGNATURE_TREE' });
    }
  }
  for (let length = 0; length < good.length; length++) {
    assert.throws(() => decodeTree(good.subarray(0, length)), { code: 'COCO_LEDGER_SIGNATURE_TREE' });
  }
  assert.ok(process.memoryUsage().arrayBuffers - memory < 2 ** 20);
});
