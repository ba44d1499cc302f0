/**
 * Keccak-256, Ethereum's hash, and the few constants that are hashes of nothing.
 */
import { keccak256 } from '@coco/evm';
import type { Hash } from '../types.js';

export { keccak256 };

/** Hash of no bytes: the code hash of an account without code. */
export const EMPTY_HASH: Hash = keccak256(new Uint8Array(0));
/** Root of an empty trie: hash of the RLP of an empty string. */
export const EMPTY_TRIE_ROOT: Hash = keccak256(Uint8Array.of(0x80));
/** Hash of an empty list: no ommers. */
export const EMPTY_LIST_HASH: Hash = keccak256(Uint8Array.of(0xc0));
/** 32 zero bytes. */
export const ZERO_HASH: Hash = new Uint8Array(32);
/** 20 zero bytes. */
export const ZERO_ADDRESS: Uint8Array = new Uint8Array(20);
