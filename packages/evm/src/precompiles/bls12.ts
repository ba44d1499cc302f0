/**
 * The precompiles 0x0b to 0x11 on the curve BLS12-381 (EIP-2537): sums, sums of multiples, the pairing check, and the
 * maps from fields to points. Their inputs have exact lengths; anything that is not valid fails the call.
 */
import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { G1_DISCOUNTS, G2_DISCOUNTS } from './bls12Discounts.js';
import {
  G1_FORMAT,
  type G1Point,
  G2_FORMAT,
  type G2Point,
  type PointFormat,
  readFp,
  readFp2,
} from './bls12Points.js';
import { readInteger } from './input.js';
import { pairingIsOne } from './pairing.js';
import type { Pause, Precompile } from './types.js';

const { Fr } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;

const SCALAR_BYTES = 32;
/** More at a time save nothing, and time must be looked at in between. */
const TERMS_PER_SUM = 32;

/** All seven, in the order of their addresses from 0x0b on. */
export const BLS12: readonly Precompile[] = [
  createAdd('BLS12_G1ADD', 375, G1_FORMAT, (a, b) => a.add(b)),
  createMsm('BLS12_G1MSM', 12_000, G1_DISCOUNTS, G1_FORMAT, sumG1),
  createAdd('BLS12_G2ADD', 600, G2_FORMAT, (a, b) => a.add(b)),
  createMsm('BLS12_G2MSM', 22_500, G2_DISCOUNTS, G2_FORMAT, sumG2),
  createPairingCheck(),
  createMap('BLS12_MAP_FP_TO_G1', 5_500, 64, mapToG1),
  createMap('BLS12_MAP_FP2_TO_G2', 23_800, 128, mapToG2),
];

function createAdd<Point>(
  name: string,
  gas: number,
  format: PointFormat<Point>,
  add: (a: Point, b: Point) => Point,
): Precompile {
  return {
    name,
    gas: () => gas,
    run(input) {
      if (input.length !== 2 * format.bytes) return undefined;
      const a = format.read(input, 0, false);
      const b = format.read(input, format.bytes, false);
      return a === undefined || b === undefined ? undefined : format.write(add(a, b));
    },
  };
}

/** `discounts[k - 1]` thousandths of `gas` are paid for each of k terms; beyond the table, its last. */
function createMsm<Point>(
  name: string,
  gas: number,
  discounts: readonly number[],
  format: PointFormat<Point>,
  sum: (points: Point[], scalars: bigint[], before: Point | undefined) => Point,
): Precompile {
  const termBytes = format.bytes + SCALAR_BYTES;
  return {
    name,
    gas(input) {
      const terms = Math.floor(input.length / termBytes);
      if (terms === 0) return 0;
      return Math.floor((terms * gas * (discounts[Math.min(terms, discounts.length) - 1] as number)) / 1000);
    },
    run(input, pause) {
      if (input.length === 0 || input.length % termBytes !== 0) return undefined;
      let total: Point | undefined;
      for (let at = 0; at < input.length; at += TERMS_PER_SUM * termBytes) {
        const part = input.subarray(at, at + TERMS_PER_SUM * termBytes);
        const terms = readTerms(part, format, termBytes, pause);
        if (terms === undefined) return undefined;
        pause?.();
        total = sum(terms.points, terms.scalars, total);
      }
      return total === undefined ? undefined : format.write(total);
    },
  };
}

function readTerms<Point>(
  input: Uint8Array,
  format: PointFormat<Point>,
  termBytes: number,
  pause?: Pause,
): { readonly points: Point[]; readonly scalars: bigint[] } | undefined {
  const points: Point[] = [];
  const scalars: bigint[] = [];
  for (let at = 0; at < input.length; at += termBytes) {
    pause?.();
    const point = format.read(input, at, true);
    if (point === undefined) return undefined;
    points.push(point);
    scalars.push(readInteger(input, at + format.bytes, SCALAR_BYTES) % Fr.ORDER);
  }
  return { points, scalars };
}

function sumG1(points: G1Point[], scalars: bigint[], before: G1Point = G1.ZERO): G1Point {
  return before.add(mulAddUnsafe(G1, points, scalars));
}

function sumG2(points: G2Point[], scalars: bigint[], before: G2Point = G2.ZERO): G2Point {
  return before.add(mulAddUnsafe(G2, points, scalars));
}

function createPairingCheck(): Precompile {
  const pairBytes = G1_FORMAT.bytes + G2_FORMAT.bytes;
  return {
    name: 'BLS12_PAIRING_CHECK',
    gas: (input) => 37_700 + 32_600 * Math.floor(input.length / pairBytes),
    run(input, pause) {
      if (input.length === 0 || input.length % pairBytes !== 0) return undefined;
      const pairs = [];
      for (let at = 0; at < input.length; at += pairBytes) {
        pause?.();
        const g1 = G1_FORMAT.read(input, at, true);
        const g2 = g1 === undefined ? undefined : G2_FORMAT.read(input, at + G1_FORMAT.bytes, true);
        if (g1 === undefined || g2 === undefined) return undefined;
        pairs.push({ g1, g2 });
      }
      const out = new Uint8Array(32);
      out[31] = pairingIsOne(bls12_381, pairs, pause) ? 1 : 0;
      return out;
    },
  };
}

function createMap(
  name: string,
  gas: number,
  bytes: number,
  map: (input: Uint8Array) => Uint8Array | undefined,
): Precompile {
  return { name, gas: () => gas, run: (input) => (input.length === bytes ? map(input) : undefined) };
}

/** The library's types say less than what its maps take and give: field elements, points with a cleared cofactor. */
const mapFp = bls12_381.G1.mapToCurve as unknown as (element: bigint) => G1Point;
const mapFp2 = bls12_381.G2.mapToCurve as unknown as (element: readonly [bigint, bigint]) => G2Point;

function mapToG1(input: Uint8Array): Uint8Array | undefined {
  const element = readFp(input, 0);
  return element === undefined ? undefined : G1_FORMAT.write(mapFp(element));
}

function mapToG2(input: Uint8Array): Uint8Array | undefined {
  const element = readFp2(input, 0);
  return element === undefined ? undefined : G2_FORMAT.write(mapFp2([element.c0, element.c1]));
}
