/**
 * What a fork changed beyond its table of instructions, as plain truths that instructions look at.
 */
import { isActive } from '../forks.js';
import type { ForkName } from '../types.js';

export interface Features {
  /** EIP-2: code that cannot be paid for fails its creation. */
  readonly homestead: boolean;
  /** EIP-150: a call gets at most 63/64 of the gas. */
  readonly tangerineWhistle: boolean;
  /** EIP-158/161: empty accounts go; EIP-160; EIP-170: limit of code size. */
  readonly spuriousDragon: boolean;
  /** EIP-1283: net gas metering of SSTORE, in Constantinople alone. */
  readonly constantinopleOnly: boolean;
  /** EIP-2200: net gas metering of SSTORE. */
  readonly istanbul: boolean;
  /** EIP-2929: first accesses cost more. */
  readonly berlin: boolean;
  /** EIP-3529: smaller refunds; EIP-3541: no code that begins with 0xef. */
  readonly london: boolean;
  /** EIP-4399: PREVRANDAO. */
  readonly paris: boolean;
  /** EIP-3651: warm coinbase; EIP-3860: init code is limited and metered. */
  readonly shanghai: boolean;
  /** EIP-6780: SELFDESTRUCT only where the contract was made. */
  readonly cancun: boolean;
  /** EIP-7702: delegation. */
  readonly prague: boolean;
}

export function featuresOf(fork: ForkName): Features {
  const has = (other: ForkName): boolean => isActive({ chainId: 1n, fork }, other);
  return {
    homestead: has('homestead'),
    tangerineWhistle: has('tangerineWhistle'),
    spuriousDragon: has('spuriousDragon'),
    constantinopleOnly: fork === 'constantinople',
    istanbul: has('istanbul'),
    berlin: has('berlin'),
    london: has('london'),
    paris: has('paris'),
    shanghai: has('shanghai'),
    cancun: has('cancun'),
    prague: has('prague'),
  };
}
