/**
 * Header fields that later forks added. Withdrawals, requests and a beacon chain do not exist here.
 */
import { sha256 } from '@coco/crypto';
import { GAS_PER_BLOB, isActive } from '@coco/evm';
import { EMPTY_TRIE_ROOT, ZERO_HASH } from './codec/keccak.js';
import type { BlockHeader, ForkRules, Hash } from './types.js';

/** SHA-256 of nothing: the hash of an empty list of requests (EIP-7685). */
const NO_REQUESTS: Hash = sha256(new Uint8Array(0));

/** The fields that a block under `rules` has besides the original ones. */
export function forkFields(rules: ForkRules, baseFeePerGas: bigint, blobs: number): Partial<BlockHeader> {
  return {
    ...(isActive(rules, 'london') ? { baseFeePerGas } : {}),
    ...(isActive(rules, 'shanghai') ? { withdrawalsRoot: EMPTY_TRIE_ROOT } : {}),
    ...(isActive(rules, 'cancun')
      ? { blobGasUsed: GAS_PER_BLOB * BigInt(blobs), excessBlobGas: 0n, parentBeaconBlockRoot: ZERO_HASH }
      : {}),
    ...(isActive(rules, 'prague') ? { requestsHash: NO_REQUESTS } : {}),
  };
}
