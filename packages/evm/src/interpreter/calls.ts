/**
 * Calls: value moves, precompiles answer, code is entered; and when a frame has ended, what it did is kept or undone,
 * and its caller goes on.
 */
import type { Precompile } from '../precompiles/types.js';
import { putBytes, putNumber, SLOT } from '../words/word.js';
import { finishCreation } from './creation.js';
import { type Frame, NO_BYTES } from './frame.js';
import { DEPTH_MAX, enter, move } from './frames.js';
import { charge, returnGas, setGas } from './gas.js';
import type { Machine } from './machine.js';
import type { Program } from './program.js';
import {
  CALL_TOO_DEEP,
  consumesAllGas,
  INSUFFICIENT_BALANCE,
  isRefusal,
  OUT_OF_GAS,
  PRECOMPILE_FAILURE,
  REVERT,
  SUCCESS,
} from './signals.js';
import { traceExit } from './tracing.js';

/**
 * Begins a call, whose frame has kind, account, caller, value, gas and input. ENTER: it is ready to run `program`;
 * otherwise it has ended already.
 */
export function startCall(
  machine: Machine,
  frame: Frame,
  precompile: Precompile | undefined,
  program: Program,
): number {
  const { kind, account, caller, value } = frame;
  if (frame.depth > DEPTH_MAX) return CALL_TOO_DEEP;
  const spends = kind === 'CALL' || kind === 'CALLCODE';
  if (spends && value !== 0n && (caller.state?.balance ?? 0n) < value) return INSUFFICIENT_BALANCE;
  frame.mark = machine.journal.mark();
  if (kind === 'CALL' || kind === 'STATICCALL') move(machine, caller, account, value);
  if (precompile !== undefined) return runPrecompile(machine, frame, precompile);
  return program.code.length === 0 ? SUCCESS : enter(machine, frame, program);
}

function runPrecompile(machine: Machine, frame: Frame, precompile: Precompile): number {
  const gas = precompile.gas(frame.input);
  if (!charge(frame, gas)) return OUT_OF_GAS;
  machine.work(gas);
  const output = precompile.run(frame.input, machine.pause);
  if (output === undefined) return PRECOMPILE_FAILURE;
  // The input may be a view of memory that changes.
  frame.output = output.buffer === frame.input.buffer ? output.slice() : output;
  return SUCCESS;
}

/**
 * Ends a frame (or a call that never got one): keeps or undoes what it did. Returns the signal that it really ended
 * with, since a creation may still fail.
 */
export function finish(machine: Machine, frame: Frame, signal: number): number {
  const ended = frame.creates && signal === SUCCESS ? finishCreation(machine, frame) : signal;
  if (ended !== SUCCESS) {
    if (!isRefusal(ended)) machine.journal.goBack(frame.mark);
    if (ended !== REVERT) frame.output = NO_BYTES;
    if (consumesAllGas(ended)) setGas(frame, 0n);
  }
  if (machine.transaction.tracer !== undefined) traceExit(machine.transaction.tracer, frame, ended);
  return ended;
}

/** Goes on in the frame that made a call, once `finish` has ended it. */
export function resume(machine: Machine, parent: Frame, child: Frame, ended: number): void {
  const s = machine.stack;
  const { output } = child;
  returnGas(parent, child);
  if (child.creates) {
    parent.returned = ended === REVERT ? output : NO_BYTES;
    if (ended === SUCCESS) putBytes(s, parent.sp, child.account.address, 0, 20);
    else putNumber(s, parent.sp, 0);
    parent.sp += SLOT;
    return;
  }
  parent.returned = output;
  putNumber(s, parent.sp, ended === SUCCESS ? 1 : 0);
  parent.sp += SLOT;
  const size = Math.min(output.length, child.outputSize);
  if (size === 0) return;
  const at = parent.memoryBase + child.outputAt;
  machine.memory.bytes.set(size === output.length ? output : output.subarray(0, size), at);
}
