/**
 * True randomness from the platform. It stands alone in its file because only `host` and `cli` may call it: the
 * pure rooms are handed what they need, so that a seed can replace it in the simulator.
 */
import { fixedBytes } from '@coco/primitives';
import { randomFillSync } from './provider.js';

/**
 * `length` bytes of the platform's cryptographic randomness. Never call this from a pure room. There is no other copy of them: what
 * becomes a secret can be wiped.
 */
export function randomBytes(length: number): Uint8Array {
  const bytes = fixedBytes(length);
  randomFillSync(bytes);
  return bytes;
}
