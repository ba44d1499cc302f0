/**
 * Setting up frames: where their stack and memory begin, and the value that moves with them.
 */
import type { Account } from '../journal/account.js';
import { type Frame, NO_BYTES } from './frame.js';
import type { Machine } from './machine.js';
import type { Program } from './program.js';
import { ENTER } from './signals.js';

/** The deepest frame; the outermost is at 0. */
export const DEPTH_MAX = 1024;

/** A frame for a call from `parent`, of which the caller of this function sets up the rest. */
export function childOf(machine: Machine, parent: Frame): Frame {
  const child = machine.frame(parent.depth + 1);
  child.base = parent.sp;
  child.memoryBase = parent.memoryBase + parent.memorySize;
  child.output = NO_BYTES;
  return child;
}

/** Makes a frame ready to run a program from its beginning. */
export function enter(machine: Machine, frame: Frame, program: Program): number {
  frame.program = program;
  frame.pc = 0;
  frame.sp = frame.base;
  frame.memorySize = 0;
  frame.returned = NO_BYTES;
  machine.enter(frame);
  return ENTER;
}

/** Moves value; moving none still touches the receiver (and made an empty account before EIP-161). */
export function move(machine: Machine, from: Account, to: Account, value: bigint): void {
  const { journal } = machine;
  if (value === 0n) {
    journal.touch(to, !machine.transaction.instructions.features.spuriousDragon);
    return;
  }
  journal.addBalance(from, -value);
  journal.addBalance(to, value);
}
