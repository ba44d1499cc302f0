/**
 * Every precompile of every fork against those of the ethereumjs project, over random inputs that are mostly valid.
 * It shares its curves with this room (@noble/curves); what is checked is what lies around them: prices, lengths,
 * encodings, and which failures take all gas.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, type Random, seededRandom, toHex } from '@coco/primitives';
import { Common, Mainnet } from '@ethereumjs/common';
import { createEVM, getActivePrecompiles } from '@ethereumjs/evm';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { FORKS } from '../forks.js';
import type { ForkName } from '../types.js';
import { precompilesOf } from './registry.js';
import type { Precompile } from './types.js';

/** Where both ask: a stand-in for the verifier, which neither of them contains. */
const verifyKzgProof = (...parts: readonly Uint8Array[]) => (parts[1]?.[31] ?? 0) % 2 === 0;

const GAS = 10_000_000n;

/** What the oracle gives for `input` with GAS: the gas that is gone, and the output, or undefined on a failure. */
type Oracle = (address: string, input: Uint8Array) => Promise<readonly [bigint, Uint8Array | undefined]>;

async function createOracle(
  fork: ForkName,
): Promise<{ readonly addresses: readonly string[]; readonly run: Oracle }> {
  const common = new Common({
    chain: Mainnet,
    hardfork: fork === 'frontier' ? 'chainstart' : fork,
    customCrypto: {
      kzg: {
        verifyProof: (_: string, z: string) => verifyKzgProof(new Uint8Array(0), hexBytes(z.slice(2))),
      } as never,
    },
  });
  const evm = await createEVM({ common });
  const active = getActivePrecompiles(common);
  return {
    addresses: [...active.keys()],
    async run(address, data) {
      const precompile = active.get(address);
      assert.ok(precompile !== undefined);
      const result = await precompile({ data, gasLimit: GAS, common, _EVM: evm } as never);
      const failed = result.exceptionError !== undefined;
      return [result.executionGasUsed, failed ? undefined : result.returnValue];
    },
  };
}

function hexBytes(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  assert.ok(bytes !== undefined, hex);
  return bytes;
}

function ours({ gas, run }: Precompile, input: Uint8Array): readonly [bigint, Uint8Array | undefined] {
  const cost = gas(input);
  assert.ok(cost === Number.POSITIVE_INFINITY || Number.isSafeInteger(cost));
  if (cost > Number(GAS)) return [GAS, undefined];
  const output = run(input);
  return output === undefined ? [GAS, undefined] : [BigInt(cost), output];
}

const int = (value: bigint | number, length = 32) => hexBytes(value.toString(16).padStart(2 * length, '0'));
const concat = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const pick = <T>(random: Random, choices: readonly T[]) => choices[random.integer(choices.length)] as T;
const randomBytes = (random: Random, length: number) =>
  Uint8Array.from({ length }, () => random.integer(256));
const scalar = (random: Random) => BigInt(`0x${toHex(randomBytes(random, 31))}`) + 1n;

function bnG1(random: Random): Uint8Array {
  if (random.integer(6) === 0) return new Uint8Array(64);
  const { x, y } = bn254.G1.Point.BASE.multiply((scalar(random) % 1000n) + 1n).toAffine();
  return concat(int(x), int(y));
}

function bnG2(random: Random): Uint8Array {
  if (random.integer(6) === 0) return new Uint8Array(128);
  const { x, y } = bn254.G2.Point.BASE.multiply((scalar(random) % 1000n) + 1n).toAffine();
  return concat(int(x.c1), int(x.c0), int(y.c1), int(y.c0));
}

function blsG1(random: Random): Uint8Array {
  if (random.integer(6) === 0) return new Uint8Array(128);
  const { Fp } = bls12_381.fields;
  for (let x = scalar(random); random.integer(8) === 0; x++) {
    try {
      return concat(int(x, 64), int(Fp.sqrt(x ** 3n + 4n), 64));
    } catch {
      // No point has this x.
    }
  }
  const { x, y } = bls12_381.G1.Point.BASE.multiply((scalar(random) % 1000n) + 1n).toAffine();
  return concat(int(x, 64), int(y, 64));
}

function blsG2(random: Random): Uint8Array {
  if (random.integer(6) === 0) return new Uint8Array(256);
  const { x, y } = bls12_381.G2.Point.BASE.multiply((scalar(random) % 1000n) + 1n).toAffine();
  return concat(int(x.c0, 64), int(x.c1, 64), int(y.c0, 64), int(y.c1, 64));
}

const many = (random: Random, max: number, make: () => Uint8Array) =>
  concat(...Array.from({ length: random.integer(max + 1) }, make));

function ecrecoverInput(random: Random): Uint8Array {
  const hash = randomBytes(random, 32);
  const key = int(scalar(random));
  const signature = secp256k1.sign(hash, key, {
    prehash: false,
    format: 'recovered',
    lowS: random.integer(2) === 0,
  });
  return concat(hash, int(27 + (signature[0] as number)), signature.subarray(1));
}

function modexpInput(random: Random): Uint8Array {
  const lengths = [0, 0, 0].map(() => pick(random, [0, 1, 2, 31, 32, 33, 64, 65, 100]));
  const claimed = lengths.map((length) =>
    random.integer(20) === 0 ? pick(random, [1024, 1025, 2 ** 31]) : length,
  );
  if (random.integer(20) === 0)
    return concat(...claimed.map((length) => int(length)), int((1n << 256n) - 1n));
  const numbers = lengths.map((length) => {
    const number = randomBytes(random, length);
    if (random.integer(3) === 0) number.fill(0, 0, random.integer(length + 1));
    return number;
  });
  return concat(...claimed.map((length) => int(length)), ...numbers, randomBytes(random, random.integer(3)));
}

function pointEvaluationInput(random: Random): Uint8Array {
  const commitment = randomBytes(random, 48);
  const hash = precompileOf('frontier', '2').run(commitment) as Uint8Array;
  return concat(
    Uint8Array.of(1),
    hash.subarray(1),
    randomBytes(random, 64),
    commitment,
    randomBytes(random, 48),
  );
}

function p256Input(random: Random): Uint8Array {
  const hash = randomBytes(random, 32);
  const key = int(scalar(random));
  const signature = p256.sign(hash, key, { prehash: false, lowS: random.integer(2) === 0 });
  return concat(hash, signature, p256.getPublicKey(key, false).subarray(1));
}

/** A valid input for the precompile at each address. */
const INPUTS: Readonly<Record<string, (random: Random) => Uint8Array>> = {
  '1': ecrecoverInput,
  '2': (random) => randomBytes(random, random.integer(200)),
  '3': (random) => randomBytes(random, random.integer(200)),
  '4': (random) => randomBytes(random, random.integer(200)),
  '5': modexpInput,
  '6': (random) => concat(bnG1(random), bnG1(random)),
  '7': (random) => concat(bnG1(random), randomBytes(random, 32)),
  '8': (random) => many(random, 3, () => concat(bnG1(random), bnG2(random))),
  '9': (random) => concat(int(random.integer(30), 4), randomBytes(random, 208), int(random.integer(2), 1)),
  a: pointEvaluationInput,
  b: (random) => concat(blsG1(random), blsG1(random)),
  c: (random) => many(random, 4, () => concat(blsG1(random), randomBytes(random, 32))),
  d: (random) => concat(blsG2(random), blsG2(random)),
  e: (random) => many(random, 3, () => concat(blsG2(random), randomBytes(random, 32))),
  f: (random) => many(random, 2, () => concat(blsG1(random), blsG2(random))),
  '10': (random) => concat(new Uint8Array(17), randomBytes(random, 47)),
  '11': (random) =>
    concat(new Uint8Array(17), randomBytes(random, 47), new Uint8Array(17), randomBytes(random, 47)),
  '100': p256Input,
};
const SLOW = new Set(['8', 'c', 'e', 'f']);
/** With these all precompiles are gone through; the others change prices. */
const THOROUGH: ReadonlySet<ForkName> = new Set(['byzantium', 'osaka']);

/** Most inputs stay as they are; some lose or gain bytes, or have a byte changed. */
function mutate(random: Random, input: Uint8Array): Uint8Array {
  const out = Uint8Array.from(input);
  switch (random.integer(8)) {
    case 0:
      return out.subarray(0, random.integer(out.length + 1));
    case 1:
      return concat(out, randomBytes(random, 1 + random.integer(40)));
    case 2:
      if (out.length > 0) out[random.integer(out.length)] = random.integer(256);
      return out;
    case 3:
      return out.fill(255, random.integer(out.length + 1), random.integer(out.length + 1));
    default:
      return out;
  }
}

function precompileOf(fork: ForkName, address: string): Precompile {
  const found = precompilesOf(fork, { verifyKzgProof }).get(address.padStart(40, '0'));
  assert.ok(found !== undefined);
  return found;
}

test('every fork has the precompiles that the oracle has', async () => {
  for (const fork of FORKS) {
    const { addresses } = await createOracle(fork);
    assert.deepEqual([...precompilesOf(fork).keys()].sort(), [...addresses].sort(), fork);
  }
});

test('precompiles cost what they cost in the oracle, give what they give there, and fail where they fail', async () => {
  const random = seededRandom(2537);
  for (const fork of ['frontier', 'byzantium', 'istanbul', 'berlin', 'cancun', 'prague', 'osaka'] as const) {
    const oracle = await createOracle(fork);
    for (const address of oracle.addresses) {
      const short = address.replace(/^0+/, '');
      const make = INPUTS[short] as (random: Random) => Uint8Array;
      const precompile = precompileOf(fork, short);
      let succeeded = 0;
      const count = short === '5' ? 200 : THOROUGH.has(fork) && !SLOW.has(short) ? 30 : 5;
      for (let i = 0; i < count; i++) {
        const input = mutate(random, make(random));
        const expected = await oracle.run(address, Uint8Array.from(input));
        const got = ours(precompile, input);
        assert.deepEqual(got, expected, `${fork} ${precompile.name} ${toHex(input)}`);
        if (got[1] !== undefined) succeeded++;
      }
      assert.ok(succeeded > 0, `${fork} ${precompile.name} succeeds now and then`);
    }
  }
});
