/**
 * What code learns about its block: for a block that is being made, and for one that was made.
 */

import { forkRules, isActive } from '@coco/evm';
import { ZERO_HASH } from './codec/keccak.js';
import type { BlockEnvironment, BlockHeader, ChainConfig, Hash } from './types.js';

/** Wei per blob gas: the least there is, since no blobs are kept (EIP-4844). */
const BLOB_BASE_FEE = 1n;

/**
 * The environment of the block after `parent`. Time is in whole seconds and never goes back; several blocks may
 * have the same. From Paris on, PREVRANDAO gives `randomness`: true randomness of this block (P4).
 */
export function nextEnvironment(
  config: ChainConfig,
  parent: BlockHeader,
  nowMs: number,
  randomness: Hash,
): BlockEnvironment {
  const number = parent.number + 1;
  const timestamp = Math.max(Math.floor(nowMs / 1000), parent.timestamp);
  const rules = forkRules(config, number, timestamp);
  const paris = isActive(rules, 'paris');
  return {
    number,
    timestamp,
    coinbase: config.coinbase,
    gasLimit: parent.gasLimit,
    baseFee: isActive(rules, 'london') ? config.baseFee : 0n,
    difficulty: paris ? 0n : parent.difficulty,
    prevRandao: paris ? randomness : ZERO_HASH,
    blobBaseFee: isActive(rules, 'cancun') ? BLOB_BASE_FEE : 0n,
  };
}

/** The environment that the block with this header was executed in. */
export function environmentOf(header: BlockHeader): BlockEnvironment {
  return {
    number: header.number,
    timestamp: header.timestamp,
    coinbase: header.coinbase,
    gasLimit: header.gasLimit,
    baseFee: header.baseFeePerGas ?? 0n,
    difficulty: header.difficulty,
    prevRandao: header.mixHash,
    blobBaseFee: header.excessBlobGas === undefined ? 0n : BLOB_BASE_FEE,
  };
}
