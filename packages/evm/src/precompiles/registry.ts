/**
 * Which precompiles there are under which rules: mainnet's, from Frontier's four to Osaka's eighteen, and what a
 * caller adds.
 */
import { FORKS } from '../forks.js';
import type { ForkName } from '../types.js';
import { BLAKE2F } from './blake2f.js';
import { BLS12 } from './bls12.js';
import { createBn254Add, createBn254Mul, createBn254Pairing } from './bn254.js';
import { createEcrecover } from './ecrecover.js';
import { IDENTITY, RIPEMD160, SHA256 } from './hashes.js';
import { createModexp } from './modexp.js';
import { createP256Verify } from './p256Verify.js';
import { createPointEvaluation } from './pointEvaluation.js';
import type { Precompile, PrecompileOptions, PrecompileRegistry } from './types.js';

/** The precompiles of `fork` by address (40 digits of lower-case hexadecimal), with those of `options`. */
export function precompilesOf(fork: ForkName, options: PrecompileOptions = {}): PrecompileRegistry {
  const since = FORKS.indexOf(fork);
  const registry = new Map<string, Precompile>();
  for (const addition of additions(options)) {
    if (FORKS.indexOf(addition.fork) > since) continue;
    for (const [address, precompile] of addition.precompiles) registry.set(addressKey(address), precompile);
  }
  for (const [address, precompile] of options.additional ?? []) registry.set(address, precompile);
  return registry;
}

/** What a fork added, or changed the price of. */
interface Addition {
  readonly fork: ForkName;
  readonly precompiles: readonly (readonly [address: number, precompile: Precompile])[];
}

const FIRST_BLS12 = 0x0b;

function additions(options: PrecompileOptions): readonly Addition[] {
  return [
    {
      fork: 'frontier',
      precompiles: [
        [0x01, createEcrecover(options.recoverPublicKey)],
        [0x02, SHA256],
        [0x03, RIPEMD160],
        [0x04, IDENTITY],
      ],
    },
    {
      fork: 'byzantium',
      precompiles: [
        [0x05, createModexp('eip198')],
        [0x06, createBn254Add(500)],
        [0x07, createBn254Mul(40_000)],
        [0x08, createBn254Pairing(100_000, 80_000)],
      ],
    },
    {
      fork: 'istanbul',
      precompiles: [
        [0x06, createBn254Add(150)],
        [0x07, createBn254Mul(6_000)],
        [0x08, createBn254Pairing(45_000, 34_000)],
        [0x09, BLAKE2F],
      ],
    },
    { fork: 'berlin', precompiles: [[0x05, createModexp('eip2565')]] },
    { fork: 'cancun', precompiles: [[0x0a, createPointEvaluation(options.verifyKzgProof)]] },
    {
      fork: 'prague',
      precompiles: BLS12.map((precompile, index) => [FIRST_BLS12 + index, precompile] as const),
    },
    {
      fork: 'osaka',
      precompiles: [
        [0x05, createModexp('eip7883')],
        [0x100, createP256Verify(options.verifyP256)],
      ],
    },
  ];
}

function addressKey(address: number): string {
  return address.toString(16).padStart(40, '0');
}
