/**
 * What an instruction tells the loop: to go on, to enter a frame, or that the frame has ended and how. Numbers, since
 * every instruction answers with one.
 */

/** The next instruction follows. */
export const CONTINUE = 0;
/** A frame was set up below this one, and runs first. */
export const ENTER = 1;
/** The frame ended well; its output is set. */
export const SUCCESS = 2;
/** REVERT: undone, but the gas that is left is given back (EIP-140). */
export const REVERT = 3;
/** Exceptional halts, from here on: undone, and all gas is gone. */
export const OUT_OF_GAS = 4;
export const STACK_UNDERFLOW = 5;
export const STACK_OVERFLOW = 6;
export const INVALID_JUMP = 7;
export const INVALID_OPCODE = 8;
export const STATIC_STATE_CHANGE = 9;
export const OUT_OF_RANGE = 10;
export const CREATE_COLLISION = 11;
export const CODE_TOO_LARGE = 12;
export const INVALID_CODE = 13;
export const CODE_STORE_OUT_OF_GAS = 14;
export const PRECOMPILE_FAILURE = 15;
export const INITCODE_TOO_LARGE = 16;
/** What a call or creation does not get as far as: it costs nothing. */
export const INSUFFICIENT_BALANCE = 17;
export const CALL_TOO_DEEP = 18;
export const NONCE_AT_MAXIMUM = 19;

/** In geth's words, on which popular clients match. */
const NAMES: Readonly<Record<number, string>> = {
  [REVERT]: 'revert',
  [OUT_OF_GAS]: 'out of gas',
  [STACK_UNDERFLOW]: 'stack underflow',
  [STACK_OVERFLOW]: 'stack overflow',
  [INVALID_JUMP]: 'invalid jump destination',
  [INVALID_OPCODE]: 'invalid opcode',
  [STATIC_STATE_CHANGE]: 'write protection',
  [OUT_OF_RANGE]: 'return data out of bounds',
  [CREATE_COLLISION]: 'contract address collision',
  [CODE_TOO_LARGE]: 'max code size exceeded',
  [INVALID_CODE]: 'invalid code: must not begin with 0xef',
  [CODE_STORE_OUT_OF_GAS]: 'contract creation code storage out of gas',
  [PRECOMPILE_FAILURE]: 'precompile failed',
  [INITCODE_TOO_LARGE]: 'max initcode size exceeded',
  [INSUFFICIENT_BALANCE]: 'insufficient balance for transfer',
  [CALL_TOO_DEEP]: 'max call depth exceeded',
  [NONCE_AT_MAXIMUM]: 'nonce has max value',
};

/** The name of an error, or undefined for success. */
export function errorName(signal: number): string | undefined {
  return NAMES[signal];
}

/** True when nothing of the gas is given back. */
export function consumesAllGas(signal: number): boolean {
  return signal >= OUT_OF_GAS && signal < INSUFFICIENT_BALANCE;
}

/** True when a call or creation never began: there is nothing to undo. */
export function isRefusal(signal: number): boolean {
  return signal >= INSUFFICIENT_BALANCE;
}
