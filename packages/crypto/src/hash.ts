/**
 * Hashes (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869).
 *
 * The Merkle tree hashes 64 bytes hundreds of thousands of times, so the way to the platform was measured
 * (Node 20.20, OpenSSL 3.0, one core of a shared virtual machine; nanoseconds for 64 bytes of input):
 * createHash 980, @noble/hashes 1090, crypto.hash to a Buffer 570, crypto.hash to a Latin-1 string and from there
 * to bytes 250. The last one is also the fastest for large inputs, so it is the only one used; two parts of 32 bytes
 * take 290. (Do not take `subarray` or `buffer` of fresh digests in hot loops: it moves them out of the engine's heap
 * and costs 800.) HMAC takes 1,600.
 */
import { assert, fixedBytes } from '@coco/primitives';
import { createHash, createHmac, hashOnce, plainBytes, timingSafeEqual } from './provider.js';

/** SHA-256 over the concatenation of `parts`: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha256', 32, parts);
}

/** A hash over what comes in parts. */
export interface Hasher {
  update(part: Uint8Array): void;
  /** The hash of everything. Nothing can follow. */
  finish(): Uint8Array;
}

/** Begins a SHA-256 over what comes in parts. */
export function sha256Hasher(): Hasher {
  const hash = createHash('sha256');
  return {
    update: (part) => void hash.update(part),
    finish: () => plainBytes(hash.digest()),
  };
}

/** SHA-384 over the concatenation of `parts`: 48 bytes. */
export function sha384(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha384', 48, parts);
}

/** SHA-512 over the concatenation of `parts`: 64 bytes. */
export function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha512', 64, parts);
}

/** HMAC-SHA-256 (RFC 2104) over the concatenation of `parts`: 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return plainBytes(mac.digest());
}

/** What to derive a key from (RFC 5869). `info` names the purpose; up to 1024 bytes. */
export interface HkdfInput {
  readonly ikm: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  /** Bytes wanted, 1 to 8160. */
  readonly length: number;
}

/**
 * HKDF with SHA-256: extract, then expand to `length` bytes. Of HMACs, since the platform's own keeps a copy of `ikm` until it is
 * collected.
 */
export function hkdfSha256({ ikm, salt, info, length }: HkdfInput): Uint8Array {
  assert(length >= 1 && length <= 255 * 32, 'HKDF-SHA256 gives 1 to 8160 bytes');
  const prk = hmacSha256(salt, ikm);
  const okm = fixedBytes(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let at = 0, count = 1; at < length; at += 32, count++) {
    const next = hmacSha256(prk, block, info, Uint8Array.of(count));
    okm.set(next.subarray(0, length - at), at);
    block.fill(0);
    block = next;
  }
  block.fill(0);
  prk.fill(0);
  return okm;
}

/** True when both hold the same bytes; time depends on the lengths only. For secrets and authenticators. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Where small parts are put together; a node of the Merkle tree is 64 bytes. */
const scratch = new Uint8Array(1024);
const scratchOf64 = scratch.subarray(0, 64);

function digest(algorithm: string, length: number, parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return hashBytes(algorithm, length, parts[0] as Uint8Array);
  let total = 0;
  for (const part of parts) total += part.length;
  if (total > scratch.length) {
    const hash = createHash(algorithm);
    for (const part of parts) hash.update(part);
    return plainBytes(hash.digest());
  }
  let offset = 0;
  for (const part of parts) {
    scratch.set(part, offset);
    offset += part.length;
  }
  return hashBytes(algorithm, length, total === 64 ? scratchOf64 : scratch.subarray(0, total));
}

function hashBytes(algorithm: string, length: number, bytes: Uint8Array): Uint8Array {
  const text = hashOnce(algorithm, bytes, 'binary');
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = text.charCodeAt(i);
  return out;
}
