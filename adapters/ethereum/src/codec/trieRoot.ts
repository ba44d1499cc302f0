/**
 * Root of the Merkle-Patricia trie over a block's transactions or receipts (yellow paper, appendix D), whose keys
 * are rlp(0), rlp(1), … The trie is not kept: its nodes are hashed in one pass over the sorted keys.
 *
 *   leaf       rlp [path with flag 2, value]       path: hex prefix encoding (appendix C)
 *   extension  rlp [path with flag 0, child]       child: the node itself below 32 bytes, else its hash
 *   branch     rlp [16 × child, value]
 */
import type { Hash } from '../types.js';
import { EMPTY_TRIE_ROOT, keccak256 } from './keccak.js';
import { unsignedBytes } from './quantity.js';
import { encodeRlp, type Rlp } from './rlp.js';

/** Root over `values` by their index. */
export function orderedTrieRoot(values: readonly Uint8Array[]): Hash {
  // By their bytes, rlp(1) to rlp(127) come first, then rlp(0), then the rest in order.
  const rows: Row[] = [];
  for (let index = 1; index < values.length && index < 128; index++) rows.push(rowAt(values, index));
  if (values.length > 0) rows.push(rowAt(values, 0));
  for (let index = 128; index < values.length; index++) rows.push(rowAt(values, index));
  return rootOfSorted(rows);
}

function rowAt(values: readonly Uint8Array[], index: number): Row {
  const path = INDEX_PATHS[index] ?? indexPath(index);
  return { path, value: values[index] as Uint8Array };
}

/** Paths of the first indexes of a block, the same in every block. */
const INDEX_PATHS: readonly Uint8Array[] = Array.from({ length: 1024 }, (_, index) => indexPath(index));

function indexPath(index: number): Uint8Array {
  return nibbles(encodeRlp(unsignedBytes(BigInt(index))));
}

/** Root over rows that are sorted by their paths, none of which is a prefix of another. */
function rootOfSorted(rows: readonly Row[]): Hash {
  if (rows.length === 0) return EMPTY_TRIE_ROOT;
  return keccak256(encodeRlp(node({ rows, from: 0, to: rows.length }, 0)));
}

interface Row {
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}

/** Rows `from` (inclusive) to `to` (exclusive); they agree in all nibbles before the depth at hand. */
interface Slice {
  readonly rows: readonly Row[];
  readonly from: number;
  readonly to: number;
}

function nibbles(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 * bytes.length);
  bytes.forEach((byte, i) => {
    out[2 * i] = byte >> 4;
    out[2 * i + 1] = byte & 15;
  });
  return out;
}

/** The node over a slice of at least one row. */
function node(slice: Slice, depth: number): Rlp {
  const first = slice.rows[slice.from] as Row;
  if (slice.to - slice.from === 1) return [hexPrefix(first.path.subarray(depth), true), first.value];
  const last = slice.rows[slice.to - 1] as Row;
  let shared = depth;
  while (first.path[shared] === last.path[shared]) shared++;
  const below = branch(slice, shared);
  return shared === depth ? below : [hexPrefix(first.path.subarray(depth, shared), false), reference(below)];
}

/** No key is a prefix of another, so that a branch never holds a value of its own. */
function branch(slice: Slice, depth: number): Rlp {
  const children: Rlp[] = [];
  let from = slice.from;
  for (let nibble = 0; nibble < 16; nibble++) {
    let to = from;
    while (to < slice.to && (slice.rows[to] as Row).path[depth] === nibble) to++;
    children.push(to === from ? NOTHING : reference(node({ rows: slice.rows, from, to }, depth + 1)));
    from = to;
  }
  return [...children, NOTHING];
}

const NOTHING = new Uint8Array(0);

function reference(child: Rlp): Rlp {
  const encoded = encodeRlp(child);
  return encoded.length < 32 ? child : keccak256(encoded);
}

function hexPrefix(path: Uint8Array, leaf: boolean): Uint8Array {
  const odd = path.length % 2;
  const out = new Uint8Array(1 + (path.length >> 1));
  out[0] = ((leaf ? 2 : 0) + odd) << 4;
  if (odd === 1) out[0] |= path[0] as number;
  for (let i = odd, at = 1; i < path.length; i += 2) {
    out[at++] = ((path[i] as number) << 4) | (path[i + 1] as number);
  }
  return out;
}
