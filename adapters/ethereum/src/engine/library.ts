/**
 * Ours in the shapes of the ethereumjs library: a block as its EVM sees one, and native recovery for its precompile.
 */
import type { CustomCrypto } from '@ethereumjs/common';
import type { EVM } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { recoverPublicKey } from '../codec/recoverPublicKey.js';
import type { BlockEnvironment } from '../types.js';

/** The little of a block that the library's EVM reads. */
export type LibraryBlock = NonNullable<Parameters<EVM['runCall']>[0]['block']>;

/** A block environment as the library wants it. */
export function libraryBlock(environment: BlockEnvironment): LibraryBlock {
  return {
    header: {
      number: BigInt(environment.number),
      coinbase: new Address(environment.coinbase),
      timestamp: BigInt(environment.timestamp),
      difficulty: environment.difficulty,
      prevRandao: environment.prevRandao,
      gasLimit: environment.gasLimit,
      baseFeePerGas: environment.baseFee,
      getBlobGasPrice: () => environment.blobBaseFee,
    },
  };
}

/** The precompile at 0x01, natively: the 64 bytes of the public key; throws when there is none. */
export const libraryRecover: NonNullable<CustomCrypto['ecrecover']> = (hash, v, r, s) => {
  const key = recoverPublicKey(hash, Number(v) - 27, r, s);
  if (key === undefined) throw new Error('there is no such key');
  return key;
};
