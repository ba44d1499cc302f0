/**
 * How tests of precompiles write what goes in and what comes out: as hexadecimal text, in the words of the EIPs.
 */
import { fromHex, toHex } from '@coco/primitives';
import type { ForkName } from '../../types.js';
import { precompilesOf } from '../registry.js';
import type { Precompile } from '../types.js';

/** What a call gives for what gas; "failure" when all gas would be gone. */
export function call(
  fork: ForkName,
  address: number,
  input: Uint8Array,
): readonly [gas: number, output: string] {
  const precompile = precompileAt(fork, address);
  const output = precompile.run(input);
  return [precompile.gas(input), output === undefined ? 'failure' : toHex(output)];
}

/** The precompile at an address, which must be there; its proofs are all good. */
export function precompileAt(fork: ForkName, address: number): Precompile {
  const found = precompilesOf(fork, { verifyKzgProof: () => true }).get(word(address).slice(24));
  if (found === undefined) throw new Error(`${fork} has no precompile ${address}`);
  return found;
}

/** Bytes of pieces of hexadecimal text. */
export function bytes(...hex: readonly string[]): Uint8Array {
  const out = fromHex(hex.join(''));
  if (out === undefined) throw new Error(`not hexadecimal: ${hex.join('')}`);
  return out;
}

/** A word of 32 bytes as text: of an integer, or of digits. */
export function word(value: number | bigint | string): string {
  return (typeof value === 'string' ? value : value.toString(16)).padStart(64, '0');
}

/** The word 1: the answer of what is asked a question. */
export const ONE: string = word(1);
