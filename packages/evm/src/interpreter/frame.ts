/**
 * One call of code within an execution: its registers, and what it was called with. Frames are used again and again,
 * one for each depth; where they are set up (calls.ts, creates.ts), everything in them is.
 */
import type { Account } from '../journal/account.js';
import type { Mark } from '../journal/journal.js';
import type { CallKind } from '../tracer.js';
import { NO_PROGRAM, type Program } from './program.js';

export const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_MARK: Mark = { changes: 0, logs: 0, refund: 0 };

export class Frame {
  /** 0 for the outermost. */
  readonly depth: number;
  program: Program = NO_PROGRAM;
  pc = 0;
  /** Offset in the stack behind the topmost slot. */
  sp = 0;
  /** Offset in the stack of this frame's first slot. */
  base = 0;
  /** What is left; below zero when it was not enough. */
  gas = 0;
  /** What is left beyond the 2^52 that `gas` then holds: only in transactions that ask for more (see gas.ts). */
  reserve = 0n;
  /** Offset in the memory of this frame's first byte. */
  memoryBase = 0;
  /** A multiple of 32. */
  memorySize = 0;
  /** EIP-214: nothing may be changed. */
  isStatic = false;
  /** Whose storage and balance this is; for creations the new contract. */
  account: Account;
  caller: Account;
  /** As CALLVALUE shows it. */
  value = 0n;
  input = NO_BYTES;
  /** What RETURNDATASIZE and RETURNDATACOPY are about. */
  returned = NO_BYTES;
  /** What this frame returns, or the data of its REVERT. */
  output = NO_BYTES;
  /** Where the caller wants the output: offset and size in its memory. */
  outputAt = 0;
  outputSize = 0;
  kind: CallKind = 'CALL';
  /** `kind` is CREATE or CREATE2: what runs is init code. */
  creates = false;
  /** What to go back to if it fails. */
  mark = NO_MARK;
  /** Given to it, for traces. */
  gasGiven = 0;

  constructor(depth: number, account: Account) {
    this.depth = depth;
    this.account = account;
    this.caller = account;
  }

  /** Lets go of bytes, which may be large. */
  release(): void {
    this.input = NO_BYTES;
    this.returned = NO_BYTES;
    this.output = NO_BYTES;
  }
}
