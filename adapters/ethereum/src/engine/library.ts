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

/**
 * Mends a fault of the library: it takes what a reverted creation returns for code to be deployed, and fails the creation
 * when that begins with 0xEF. EIP-3541 is about code that is deployed; a revert keeps its gas and its data.
 */
export function mendReverts(evm: EVM): void {
  const { common } = evm;
  // By its name in brackets: it is a protected member, and there is no public way.
  const runInterpreter = evm['runInterpreter'].bind(evm);
  const isActivatedEIP = common.isActivatedEIP.bind(common);
  let failed = false;
  evm['runInterpreter'] = async (message, options) => {
    const result = await runInterpreter(message, options);
    // The question whether EIP-3541 holds follows at once, if the message is a creation.
    failed = result.exceptionError !== undefined;
    return result;
  };
  common.isActivatedEIP = (eip) => !(eip === 3541 && failed) && isActivatedEIP(eip);
}
