/**
 * Arguments of host functions: whatever a script passes, the host goes on only with what it expects.
 */
import type { ScriptValue } from '@coco/sandbox';

export function textArgument(value: ScriptValue): string {
  if (typeof value !== 'string') throw new Error('a string is expected');
  return value;
}

export function bytesArgument(value: ScriptValue): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('an ArrayBuffer is expected');
  return value;
}

/** A whole number of at least 0. */
export function countArgument(value: ScriptValue): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Error('a whole number is expected');
  }
  return value;
}
