/**
 * How the primary answers what nodes say of the shared key. For this folder alone.
 */
import type { KeyOutcome } from './types.js';

export const takenKey: KeyOutcome = { outcome: 'taken' };

/** `code` is one of the COCO_KEY_* in the README of this room. */
export function refusedKey(code: string, reason: string): KeyOutcome {
  return { outcome: 'refused', code, reason };
}
