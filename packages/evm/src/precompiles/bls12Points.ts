/**
 * Points and field elements of BLS12-381 as EIP-2537 writes them: a field element has 64 bytes, of which the first 16
 * are zero; one of the quadratic field is c0 ‖ c1; a point is x ‖ y, and all zeros the point at infinity. Whatever is
 * not below the field's order or not on the curve is undefined here, and fails the call.
 */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { onCurve } from './curve.js';
import { isZero, readInteger, writeInteger } from './input.js';

const { Fp, Fp2 } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;

export type G1Point = InstanceType<typeof G1>;
export type G2Point = InstanceType<typeof G2>;
export type Fp2Element = ReturnType<typeof Fp2.fromBigTuple>;

/** How the points of one group are read and written. */
export interface PointFormat<Point> {
  readonly bytes: number;
  /** A point on the curve; in the subgroup only if `inSubgroup` asks for it. */
  read(input: Uint8Array, at: number, inSubgroup: boolean): Point | undefined;
  write(point: Point): Uint8Array;
}

const FIELD_BYTES = 64;
const PADDING_BYTES = 16;

/** A field element, or undefined. */
export function readFp(input: Uint8Array, at: number): bigint | undefined {
  if (!isZero(input, at, PADDING_BYTES)) return undefined;
  const value = readInteger(input, at + PADDING_BYTES, FIELD_BYTES - PADDING_BYTES);
  return value < Fp.ORDER ? value : undefined;
}

/** An element of the quadratic field, or undefined. */
export function readFp2(input: Uint8Array, at: number): Fp2Element | undefined {
  const c0 = readFp(input, at);
  const c1 = readFp(input, at + FIELD_BYTES);
  return c0 === undefined || c1 === undefined ? undefined : Fp2.fromBigTuple([c0, c1]);
}

/** Points over the field itself. */
export const G1_FORMAT: PointFormat<G1Point> = {
  bytes: 2 * FIELD_BYTES,
  read(input, at, inSubgroup) {
    if (isZero(input, at, this.bytes)) return G1.ZERO;
    const x = readFp(input, at);
    const y = readFp(input, at + FIELD_BYTES);
    if (x === undefined || y === undefined) return undefined;
    if (!onCurve(Fp, x, y, G1.CURVE().b)) return undefined;
    return inGroup(G1.fromAffine({ x, y }), inSubgroup);
  },
  write(point) {
    const { x, y } = point.toAffine();
    return writeElements([x, y]);
  },
};

/** Points over the quadratic field. */
export const G2_FORMAT: PointFormat<G2Point> = {
  bytes: 4 * FIELD_BYTES,
  read(input, at, inSubgroup) {
    if (isZero(input, at, this.bytes)) return G2.ZERO;
    const x = readFp2(input, at);
    const y = readFp2(input, at + 2 * FIELD_BYTES);
    if (x === undefined || y === undefined) return undefined;
    if (!onCurve(Fp2, x, y, G2.CURVE().b)) return undefined;
    return inGroup(G2.fromAffine({ x, y }), inSubgroup);
  },
  write(point) {
    const { x, y } = point.toAffine();
    return writeElements([x.c0, x.c1, y.c0, y.c1]);
  },
};

function inGroup<Point extends { isTorsionFree(): boolean }>(
  point: Point,
  inSubgroup: boolean,
): Point | undefined {
  return !inSubgroup || point.isTorsionFree() ? point : undefined;
}

function writeElements(elements: readonly bigint[]): Uint8Array {
  const out = new Uint8Array(FIELD_BYTES * elements.length);
  for (const [i, element] of elements.entries()) writeInteger(element, out, FIELD_BYTES * i, FIELD_BYTES);
  return out;
}
