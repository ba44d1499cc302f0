/**
 * Which keys something can be sealed to: public keys of X25519, of actors for their shares (CONF-3), of nodes for the secrets of
 * epochs (CONF-2).
 */
import { fromHex } from '@coco/primitives';

/**
 * Whether something can be sealed to it: 32 bytes in hex that are no point of low order. Nobody can agree on a secret with one of
 * those (RFC 7748 section 6.1), and who proposed one could keep everybody else from dealing.
 */
export function isShareKey(value: unknown): value is string {
  const bytes = typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? fromHex(value) : undefined;
  return bytes !== undefined && isSealingKey(bytes);
}

/** The same for the bytes themselves. */
export function isSealingKey(bytes: Uint8Array | undefined): bytes is Uint8Array {
  if (bytes?.length !== 32) return false;
  let coordinate = 0n;
  for (const [i, byte] of bytes.entries())
    coordinate += BigInt(i === 31 ? byte & 0x7f : byte) << BigInt(8 * i);
  return !lowOrder.has(coordinate % prime);
}

const prime = 2n ** 255n - 19n;

/** The u-coordinates of points whose order divides 8, on the curve and its twist (Bernstein, "Curve25519", on validating keys). */
const lowOrder: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  prime - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);
