/**
 * Small contracts for tests, assembled by hand.
 */
import { fromHex, utf8 } from '@coco/primitives';
import type { Address } from '../../types.js';

function bytes(hex: string): Uint8Array {
  const decoded = fromHex(hex.replaceAll(' ', ''));
  if (decoded === undefined) throw new Error('not hexadecimal');
  return decoded;
}

/** Stores the first word of its input in slot 0, logs it with topics (word, caller), and returns it. */
export const NOTE_CODE: Uint8Array = bytes(
  '600035 600055  600035 600052  33 600035 6020 6000 a2  6020 6000 f3',
);
/** Where the test genesis has it. */
export const NOTE: Address = new Uint8Array(20).fill(0xa1);

/** Reverts with Error("user error"). */
export const REVERT_CODE: Uint8Array = bytes(
  `6064 600c 6000 39 6064 6000 fd 08c379a0 ${word(32)} ${word(10)} ${hexOf('user error').padEnd(64, '0')}`,
);
export const REVERT: Address = new Uint8Array(20).fill(0xa2);

/** Jumps back to its first instruction for ever. */
export const LOOP_CODE: Uint8Array = bytes('5b 6000 56');
export const LOOP: Address = new Uint8Array(20).fill(0xa3);

/** Init code that deploys `code` (at most 255 bytes). */
export function deploying(code: Uint8Array): Uint8Array {
  const size = code.length.toString(16).padStart(2, '0');
  const init = bytes(`60${size} 600c 6000 39 60${size} 6000 f3`);
  return Uint8Array.from([...init, ...code]);
}

/** A word as input. */
export function wordOf(value: number): Uint8Array {
  return bytes(word(value));
}

function word(value: number): string {
  return value.toString(16).padStart(64, '0');
}

function hexOf(text: string): string {
  return [...utf8(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
