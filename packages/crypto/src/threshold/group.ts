/**
 * ristretto255 (RFC 9496) as the threshold key uses it, over @noble/curves. A prime-order group with one encoding for each
 * element: there is no cofactor and no small subgroup to forget. For this folder alone.
 *
 * `secretPower` takes as long for every scalar as JavaScript can; `publicSum` does not, and is for what all may know.
 */
import { assert, CocoError, concatBytes, fixedBytes } from '@coco/primitives';
import { mulAddUnsafe } from '@noble/curves/abstract/curve.js';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import type { RandomBytes } from './types.js';

export type Element = (typeof ristretto255.Point)['BASE'];

// Functions, not constants: a bundle for browsers that needs none of this leaves it out.
const field = () => ristretto255.Point.Fn;

export const scalarBytes = 32;
export const elementBytes = 32;

/** The generator of RFC 9496. */
export const generator = (): Element => ristretto255.Point.BASE;

/** Reads an element other than the identity. COCO_CRYPTO_THRESHOLD_MESSAGE. */
export function elementOf(bytes: Uint8Array): Element {
  let element: Element | undefined;
  try {
    element = ristretto255.Point.fromBytes(bytes);
  } catch {
    // Told below: the library's words are for those who know the curve.
  }
  if (element === undefined || element.is0()) {
    throw new CocoError(
      'COCO_CRYPTO_THRESHOLD_MESSAGE',
      'the bytes are not an element of ristretto255 in its one encoding, or are the identity',
      { length: bytes.length },
    );
  }
  return element;
}

/** Reads a scalar in its one encoding; zero is one. COCO_CRYPTO_THRESHOLD_MESSAGE. */
export function scalarOf(bytes: Uint8Array): bigint {
  const scalar = bytes.length === scalarBytes ? littleEndian(bytes) : field().ORDER;
  if (scalar < field().ORDER) return scalar;
  throw new CocoError(
    'COCO_CRYPTO_THRESHOLD_MESSAGE',
    'the bytes are not a scalar of ristretto255 in its one encoding',
    { length: bytes.length },
  );
}

/** The 32 bytes of `scalar`, in memory where they can be wiped. Neither this nor its inverse makes a text of them, as the library does. */
export function bytesOfScalar(scalar: bigint): Uint8Array {
  assert(scalar >= 0n && scalar < field().ORDER, 'a scalar is below the order');
  const bytes = fixedBytes(scalarBytes);
  const words = new DataView(bytes.buffer);
  for (let at = 0, left = scalar; at < scalarBytes; at += 8, left >>= 64n) {
    words.setBigUint64(at, left & (2n ** 64n - 1n), true);
  }
  return bytes;
}

/** A multiple of 8 bytes, the least significant first. */
function littleEndian(bytes: Uint8Array): bigint {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let number = 0n;
  for (let at = bytes.length - 8; at >= 0; at -= 8) number = (number << 64n) | words.getBigUint64(at, true);
  return number;
}

/** base^scalar for a secret scalar other than zero. */
export const secretPower = (base: Element, scalar: bigint): Element => base.multiply(scalar);

/** Σ scalarᵢ·elementᵢ, of what is public alone. */
export const publicSum = (elements: Element[], scalars: bigint[]): Element =>
  mulAddUnsafe(ristretto255.Point, elements, scalars);

export const add = (a: bigint, b: bigint): bigint => field().add(a, b);
export const subtract = (a: bigint, b: bigint): bigint => field().sub(a, b);
export const multiply = (a: bigint, b: bigint): bigint => field().mul(a, b);
export const divide = (a: bigint, b: bigint): bigint => field().div(a, b);
export const negate = (a: bigint): bigint => field().neg(a);

/** A scalar from 1 up, from 64 bytes of entropy reduced modulo the order (RFC 9496 section 4.4). */
export function randomScalar(random: RandomBytes): bigint {
  const bytes = entropy(random, 64);
  const scalar = field().create(littleEndian(bytes));
  bytes.fill(0);
  assert(scalar !== 0n, 'entropy is not all zeros');
  return scalar;
}

/**
 * A nonce for a proof about `secret`, hashed from it, from what is proved and from entropy: bad entropy alone does not make a
 * nonce come twice, which would tell the secret (RFC 9591 section 4.1).
 */
export function proofNonce(random: RandomBytes, secret: bigint, ...statement: Uint8Array[]): bigint {
  const [fresh, scalar] = [entropy(random, 32), bytesOfScalar(secret)];
  const hidden = concatBytes(fresh, scalar, ...statement);
  for (const part of [fresh, scalar]) part.fill(0);
  const nonce = hashToScalar('coco-threshold-v1 nonce', hidden);
  hidden.fill(0);
  assert(nonce !== 0n, 'no hash is zero');
  return nonce;
}

/** Hashes to a scalar: expand_message_xmd with SHA-512 (RFC 9380) to 64 bytes, reduced (RFC 9497 section 4.1). */
export function hashToScalar(purpose: string, ...parts: Uint8Array[]): bigint {
  return ristretto255_hasher.hashToScalar(concatBytes(...parts), { DST: purpose });
}

/** Hashes to an element whose logarithm nobody knows: hash_to_ristretto255 (RFC 9380 appendix B). */
export function hashToElement(purpose: string, message: Uint8Array): Element {
  return ristretto255_hasher.hashToCurve(message, { DST: purpose });
}

/** To be wiped. */
function entropy(random: RandomBytes, length: number): Uint8Array {
  const bytes = random(length);
  assert(bytes.length === length, 'entropy comes in the length that was asked for');
  return bytes;
}
