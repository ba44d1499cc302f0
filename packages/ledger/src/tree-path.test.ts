import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@coco/primitives';
import { MerkleTree } from './merkle.js';
import { randomBytesOf } from './synthetic.test.js';
import { isPartOf, nodesAfter, type TreeEdge } from './tree-path.js';
import { decodeTree, encodeTree } from './tree-table.js';

const random = seededRandom(11);
const leaves = Array.from({ length: 150 }, () => randomBytesOf(random, 32));

function treeOf(size: number): MerkleTree {
  const tree = MerkleTree.empty();
  for (const leaf of leaves.slice(1, size)) tree.append(leaf);
  return tree;
}

const whole = treeOf(leaves.length);
const edgeAt = (size: number): TreeEdge => ({ size, nodes: whole.edge(size) });
const after = (leaf: number, size: number): Uint8Array[] =>
  nodesAfter(leaf, size).map(({ height, position }) => whole.node(height, position) as Uint8Array);
/** What a chunk file shows: the leaves `from` to `to`, and the edge of what was before. */
const part = (from: number, to: number): MerkleTree => decodeTree(encodeTree(whole, from, to + 1));

test('TX-4: every part of a tree folds to the edge of every later state of it', () => {
  for (let to = 0; to < 70; to++) {
    for (const from of new Set([0, to >> 1, Math.max(0, to - 1), to])) {
      for (let size = to + 1; size <= leaves.length; size += 1 + random.integer(5)) {
        assert.ok(isPartOf(part(from, to), after(to, size), edgeAt(size)), `${from}..${to} of ${size}`);
      }
    }
  }
});

test('no other leaf, no other edge before it and no other node after it folds to it', () => {
  const bend = (hash: Uint8Array): Uint8Array => hash.with(random.integer(32), random.integer(256) ^ 0x55);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const to = 1 + random.integer(80);
    const from = random.integer(to + 1);
    const size = to + 1 + random.integer(leaves.length - to);
    const [good, nodes, edge] = [encodeTree(whole, from, to + 1), after(to, size), edgeAt(size)];
    const at = random.integer((good.length - 16) / 32);
    const bent = good.slice();
    const hash = good.subarray(16 + 32 * at, 48 + 32 * at);
    bent.set(bend(hash), 16 + 32 * at);
    if (!bent.every((byte, index) => byte === good[index])) {
      assert.ok(!isPartOf(decodeTree(bent), nodes, edge), `hash ${at} of ${from}..${to}`);
      refused++;
    }
    assert.ok(!isPartOf(part(from, to), [...nodes, nodes[0] ?? leaves[0] ?? hash], edge), 'one too many');
    if (nodes.length === 0) continue;
    assert.ok(!isPartOf(part(from, to), nodes.slice(1), edge), 'one too few');
    assert.ok(!isPartOf(part(from, to), [new Uint8Array(31), ...nodes.slice(1)], edge), 'one too short');
    const which = random.integer(nodes.length);
    const others = nodes.with(which, new Uint8Array(32));
    assert.ok(!isPartOf(part(from, to), others, edge), 'another node');
    assert.ok(!isPartOf(part(from, to), nodes, { ...edge, nodes: edge.nodes.toReversed().slice(1) }));
  }
  assert.ok(refused > 300);
});

test('what is on the right is little, however long the ledger is', () => {
  assert.deepEqual(nodesAfter(0, 2 ** 40).length, 40);
  assert.deepEqual(nodesAfter(2 ** 40 - 1, 2 ** 40), []);
  assert.deepEqual(nodesAfter(4, 7), [{ height: 0, position: 5 }]);
  assert.ok(nodesAfter(1_000_000, 2 ** 53 - 1).length <= 53);
});
