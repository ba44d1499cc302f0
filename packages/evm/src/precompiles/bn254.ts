/**
 * The precompiles 0x06, 0x07 and 0x08 on the curve alt_bn128, also called bn254 (EIP-196, EIP-197; prices EIP-1108).
 *
 * A point of G1 is x ‖ y, 32 bytes each; one of G2 has coordinates in the quadratic field, the imaginary part first;
 * all zeros is the point at infinity. Coordinates that are not below the field's order, points that are not on the
 * curve, and points of G2 outside the subgroup fail the call.
 */
import type { WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { bn254 } from '@noble/curves/bn254.js';
import { onCurve } from './curve.js';
import { isZero, paddedInput, readInteger, writeInteger } from './input.js';
import { pairingIsOne } from './pairing.js';
import type { Precompile } from './types.js';

const { Fp, Fp2, Fr } = bn254.fields;
const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
type G1Point = WeierstrassPoint<bigint>;
type G2Point = InstanceType<typeof G2>;

const G1_BYTES = 64;
const PAIR_BYTES = 192;

/** BN254_ADD for `gas`: the sum of two points. */
export function createBn254Add(gas: number): Precompile {
  return {
    name: 'BN254_ADD',
    gas: () => gas,
    run(input) {
      const padded = paddedInput(input, 2 * G1_BYTES);
      const a = readG1(padded, 0);
      const b = readG1(padded, G1_BYTES);
      return a === undefined || b === undefined ? undefined : writeG1(a.add(b));
    },
  };
}

/** BN254_MUL for `gas`: a point times any integer of 32 bytes. */
export function createBn254Mul(gas: number): Precompile {
  return {
    name: 'BN254_MUL',
    gas: () => gas,
    run(input) {
      const padded = paddedInput(input, G1_BYTES + 32);
      const point = readG1(padded, 0);
      if (point === undefined) return undefined;
      return writeG1(point.multiplyUnsafe(readInteger(padded, G1_BYTES, 32) % Fr.ORDER));
    },
  };
}

/** BN254_PAIRING for `base` and `perPair`: 1 when the product of the pairings is one (as that of none is), else 0. */
export function createBn254Pairing(base: number, perPair: number): Precompile {
  return {
    name: 'BN254_PAIRING',
    gas: (input) => base + perPair * Math.floor(input.length / PAIR_BYTES),
    run(input, pause) {
      if (input.length % PAIR_BYTES !== 0) return undefined;
      const pairs = [];
      for (let at = 0; at < input.length; at += PAIR_BYTES) {
        pause?.();
        const g1 = readG1(input, at);
        const g2 = g1 === undefined ? undefined : readG2(input, at + G1_BYTES);
        if (g1 === undefined || g2 === undefined) return undefined;
        pairs.push({ g1, g2 });
      }
      const out = new Uint8Array(32);
      out[31] = pairingIsOne(bn254, pairs, pause) ? 1 : 0;
      return out;
    },
  };
}

function readG1(input: Uint8Array, at: number): G1Point | undefined {
  if (isZero(input, at, G1_BYTES)) return G1.ZERO;
  const x = readInteger(input, at, 32);
  const y = readInteger(input, at + 32, 32);
  if (x >= Fp.ORDER || y >= Fp.ORDER) return undefined;
  // The subgroup is the whole curve.
  return onCurve(Fp, x, y, G1.CURVE().b) ? G1.fromAffine({ x, y }) : undefined;
}

function readG2(input: Uint8Array, at: number): G2Point | undefined {
  if (isZero(input, at, 2 * G1_BYTES)) return G2.ZERO;
  const coordinates = [0, 32, 64, 96].map((offset) => readInteger(input, at + offset, 32));
  if (coordinates.some((coordinate) => coordinate >= Fp.ORDER)) return undefined;
  const [x1, x0, y1, y0] = coordinates as [bigint, bigint, bigint, bigint];
  const x = Fp2.fromBigTuple([x0, x1]);
  const y = Fp2.fromBigTuple([y0, y1]);
  if (!onCurve(Fp2, x, y, G2.CURVE().b)) return undefined;
  const point = G2.fromAffine({ x, y });
  return point.isTorsionFree() ? point : undefined;
}

function writeG1(point: G1Point): Uint8Array {
  const out = new Uint8Array(G1_BYTES);
  const { x, y } = point.toAffine();
  writeInteger(x, out, 0, 32);
  writeInteger(y, out, 32, 32);
  return out;
}
