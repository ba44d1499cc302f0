/**
 * True randomness from the platform. It stands alone in its file because only `host` and `cli` may call it: the
 * pure rooms are handed what they need, so that a seed can replace it in the simulator.
 */
import { plainBytes, randomBytes as platformRandomBytes } from './provider.js';

/** `length` bytes of the platform's cryptographic randomness. Never call this from a pure room. */
export function randomBytes(length: number): Uint8Array {
  // A copy, since the platform may serve small requests from a shared pool.
  return plainBytes(platformRandomBytes(length)).slice();
}
