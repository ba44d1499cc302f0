/**
 * The chain's configuration as a row: canonical JSON, so that equal configurations are equal bytes.
 *
 *   {"activations":{"<fork>":<number>,…},"baseFee":"<decimal>","chainId":"<decimal>","coinbase":"<40 hex digits>"}
 */

import { FORKS } from '@coco/evm';
import { assert, fromHex, fromUtf8, toHex, utf8 } from '@coco/primitives';
import type { ChainConfig, ForkName } from './types.js';

interface StoredConfig {
  readonly activations: Partial<Record<ForkName, number>>;
  readonly baseFee: string;
  readonly chainId: string;
  readonly coinbase: string;
}

/** The row of `config`: forks in their order, no white space. */
export function encodeChainConfig(config: ChainConfig): Uint8Array {
  const activations: Partial<Record<ForkName, number>> = {};
  for (const fork of FORKS) {
    const activation = config.activations[fork];
    if (activation !== undefined) activations[fork] = activation;
  }
  const stored: StoredConfig = {
    activations,
    baseFee: config.baseFee.toString(),
    chainId: config.chainId.toString(),
    coinbase: toHex(config.coinbase),
  };
  return utf8(JSON.stringify(stored));
}

/** The configuration in `row`, which `encodeChainConfig` wrote. */
export function decodeChainConfig(row: Uint8Array): ChainConfig {
  const text = fromUtf8(row);
  assert(text !== undefined, 'the stored configuration is UTF-8');
  const stored = JSON.parse(text) as StoredConfig;
  const coinbase = fromHex(stored.coinbase);
  assert(coinbase !== undefined, 'the stored coinbase is hexadecimal');
  const { activations } = stored;
  return { chainId: BigInt(stored.chainId), activations, coinbase, baseFee: BigInt(stored.baseFee) };
}
