/**
 * Telling a tracer what happens. Nothing here is reached without one.
 */
import type { Account } from '../journal/account.js';
import type { TracedStep, Tracer } from '../tracer.js';
import { SLOT, toBigInt } from '../words/word.js';
import type { Frame } from './frame.js';
import type { Machine } from './machine.js';
import { errorName } from './signals.js';

/** A call that `from` makes begins. */
export function traceEnter(
  tracer: Tracer,
  frame: Frame,
  from: Account,
  to: Account,
  input: Uint8Array,
): void {
  const { kind, depth, value, gas } = frame;
  frame.gasGiven = gas;
  tracer.enter?.({ kind, depth, from: from.address, to: to.address, value, gas, input: input.slice() });
}

/** The call that has `frame` has ended. */
export function traceExit(tracer: Tracer, frame: Frame, ended: number): void {
  const { depth, output } = frame;
  const gasUsed = frame.gasGiven - frame.gas;
  const error = errorName(ended);
  tracer.exit?.({ depth, gasUsed, output, ...(error === undefined ? {} : { error }) });
}

/** SELFDESTRUCT, as a call that moves the balance and ends at once. */
export function traceDestruction(tracer: Tracer, frame: Frame, beneficiary: Account, value: bigint): void {
  const depth = frame.depth + 1;
  const from = frame.account.address;
  const to = beneficiary.address;
  tracer.enter?.({ kind: 'SELFDESTRUCT', depth, from, to, value, gas: 0, input: NO_BYTES });
  tracer.exit?.({ depth, gasUsed: 0, output: NO_BYTES });
}

const NO_BYTES = new Uint8Array(0);

/** An instruction is about to be executed; the registers of `frame` are up to date. */
export function traceStep(tracer: Tracer, machine: Machine, frame: Frame, opcode: number): void {
  const { depth, pc, gas, account, sp, base, memoryBase, memorySize, returned } = frame;
  const step: TracedStep = {
    depth,
    pc,
    opcode,
    gas,
    refund: machine.journal.refund,
    address: account.address,
    stack: () =>
      Array.from({ length: (sp - base) / SLOT }, (_, i) => toBigInt(machine.stack, base + i * SLOT)),
    memory: () => machine.memory.bytes.slice(memoryBase, memoryBase + memorySize),
    returnData: () => returned.slice(),
  };
  tracer.step?.(step);
}
