/**
 * The 2048-bit filter over addresses and topics of logs (yellow paper 4.3.1, M3:2048): each sets the three bits
 * that the first three pairs of bytes of its hash name.
 */

import type { Log } from '../types.js';
import { mapKey } from './address.js';
import { keccak256 } from './keccak.js';

/** Bytes of a bloom filter. */
export const BLOOM_BYTES = 256;

/** The filter of `logs`. */
export function logsBloom(logs: readonly Log[]): Uint8Array {
  const bloom = new Uint8Array(BLOOM_BYTES);
  for (const log of logs) {
    setBits(bloom, log.address);
    for (const topic of log.topics) setBits(bloom, topic);
  }
  return bloom;
}

/** Adds everything in `other` to `bloom`. */
export function mergeBloom(bloom: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < BLOOM_BYTES; i++) bloom[i] = (bloom[i] as number) | (other[i] as number);
}

/** False when no log with this address or topic went into `bloom`; true when one may have. */
export function mayContain(bloom: Uint8Array, addressOrTopic: Uint8Array): boolean {
  const hash = hashOf(addressOrTopic);
  for (let pair = 0; pair < 6; pair += 2) {
    if (((bloom[byteAt(hash, pair)] as number) & maskAt(hash, pair)) === 0) return false;
  }
  return true;
}

function setBits(bloom: Uint8Array, value: Uint8Array): void {
  const hash = hashOf(value);
  for (let pair = 0; pair < 6; pair += 2) {
    const at = byteAt(hash, pair);
    bloom[at] = (bloom[at] as number) | maskAt(hash, pair);
  }
}

function byteAt(hash: Uint8Array, pair: number): number {
  const bit = (((hash[pair] as number) << 8) | (hash[pair + 1] as number)) & 2047;
  return BLOOM_BYTES - 1 - (bit >> 3);
}

function maskAt(hash: Uint8Array, pair: number): number {
  return 1 << ((hash[pair + 1] as number) & 7);
}

/** The same contracts, events and parties come again and again, and a hash costs more than the rest together. */
const hashes = new Map<string, Uint8Array>();
const HASHES_MAX = 8192;

function hashOf(value: Uint8Array): Uint8Array {
  const key = mapKey(value);
  let hash = hashes.get(key);
  if (hash === undefined) {
    if (hashes.size >= HASHES_MAX) hashes.clear();
    hash = keccak256(value);
    hashes.set(key, hash);
  }
  return hash;
}
