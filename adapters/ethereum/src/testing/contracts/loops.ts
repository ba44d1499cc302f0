/**
 * Contracts that do one kind of work over and over, as often as their call data say.
 */
import { toHex } from '@coco/primitives';
import { paddedBytes } from '../../codec/quantity.js';
import { assemble, initcode } from '../assemble.js';

/** Adds one to each of the first slots. */
export const STORAGE_LOOP: Uint8Array = loop('0x00', 'DUP1 SLOAD 0x01 ADD DUP2 SSTORE');

/** Hashes 64 bytes, half of which are the hash before. */
export const KECCAK_LOOP: Uint8Array = loop(
  '0x00',
  'DUP1 0x20 MSTORE 0x40 0x00 KECCAK256 0x00 MSTORE',
  '0x00 MLOAD',
);

const PRIME = `0x${toHex(paddedBytes(2n ** 256n - 2n ** 32n - 977n, 32))}`;

/** Multiplies, divides and raises words of 256 bits; what comes of it goes on. */
export const ARITHMETIC_LOOP: Uint8Array = loop(
  '0x02',
  // Stack: …, x, round → …, x', round.
  `SWAP1
   ${PRIME} DUP2 DUP4 0x0123456789abcdef MUL ADDMOD
   ${PRIME} DUP2 DUP3 MULMOD
   0x1001 DUP2 EXP ADD
   DUP1 DUP3 0xffffffffffffffffffff OR SWAP1 DIV
   XOR SWAP1 POP
   0xfedcba9876543210fedcba98 DUP2 MOD ADD
   0x07 NOT DUP2 SDIV ADD
   SWAP1 POP SWAP1`,
);

/** Call data: how often. */
export function loopCall(rounds: number): Uint8Array {
  return paddedBytes(BigInt(rounds), 32);
}

/**
 * Init code of a contract that puts `first` on the stack and does `body` with the round (0, 1, …) on top of the stack, where it must leave it,
 * and then returns a word: by default the one under the round.
 */
function loop(first: string, body: string, result = 'DUP2'): Uint8Array {
  return initcode(
    assemble(`
      ${first} 0x00
      :next 0x00 CALLDATALOAD DUP2 LT ISZERO @done JUMPI
      ${body}
      0x01 ADD @next JUMP
      :done ${result} 0x00 MSTORE 0x20 0x00 RETURN
    `),
  );
}
