/**
 * Instructions that read and write ranges of memory: copies, KECCAK256, LOG, RETURN, REVERT.
 */
import { putKeccak } from '../keccak.js';
import { SLOT, toBytes, toNumber } from '../words/word.js';
import type { Handler } from './environmentOps.js';
import { type Frame, NO_BYTES } from './frame.js';
import { charge, chargeAccount, grow, wordsOf } from './gas.js';
import type { Machine } from './machine.js';
import { CONTINUE, OUT_OF_GAS, OUT_OF_RANGE, REVERT, STATIC_STATE_CHANGE, SUCCESS } from './signals.js';

const COPY_WORD = 3;
const KECCAK_WORD = 6;
const LOG_BYTE = 8;

/** MSTORE8. */
export const storeByte: Handler = (machine, frame) => {
  const s = machine.stack;
  frame.sp -= 2 * SLOT;
  const offset = toNumber(s, frame.sp + SLOT);
  if (!grow(machine, frame, offset, 1)) return OUT_OF_GAS;
  machine.memory.bytes[frame.memoryBase + offset] = s[frame.sp + 1];
  return CONTINUE;
};

/**
 * Copies to memory from `source`, which goes on in zeros. Operands lie on the stack below `top`: destination, offset
 * in the source, size.
 */
function copy(machine: Machine, frame: Frame, top: number, source: Uint8Array): number {
  const s = machine.stack;
  const to = toNumber(s, top - SLOT);
  const from = toNumber(s, top - 2 * SLOT);
  const size = toNumber(s, top - 3 * SLOT);
  if (!charge(frame, COPY_WORD * wordsOf(size)) || !grow(machine, frame, to, size)) return OUT_OF_GAS;
  if (size === 0) return CONTINUE;
  const { bytes } = machine.memory;
  const at = frame.memoryBase + to;
  const there = from < source.length ? Math.min(size, source.length - from) : 0;
  if (there > 0) bytes.set(there === source.length ? source : source.subarray(from, from + there), at);
  if (there < size) bytes.fill(0, at + there, at + size);
  return CONTINUE;
}

export const callDataCopy: Handler = (machine, frame) => {
  frame.sp -= 3 * SLOT;
  return copy(machine, frame, frame.sp + 3 * SLOT, frame.input);
};

export const codeCopy: Handler = (machine, frame) => {
  frame.sp -= 3 * SLOT;
  return copy(machine, frame, frame.sp + 3 * SLOT, frame.program.code);
};

export const extCodeCopy: Handler = (machine, frame) => {
  const account = machine.journal.accountAt(machine.stack, frame.sp - SLOT);
  if (!chargeAccount(machine, frame, account)) return OUT_OF_GAS;
  frame.sp -= 4 * SLOT;
  return copy(machine, frame, frame.sp + 3 * SLOT, machine.program(account).code);
};

/** EIP-211: what is not there cannot be read, not even none of it. */
export const returnDataCopy: Handler = (machine, frame) => {
  const s = machine.stack;
  frame.sp -= 3 * SLOT;
  const from = toNumber(s, frame.sp + SLOT);
  const size = toNumber(s, frame.sp);
  if (from + size > frame.returned.length) return OUT_OF_RANGE;
  return copy(machine, frame, frame.sp + 3 * SLOT, frame.returned);
};

/** EIP-5656. */
export const memoryCopy: Handler = (machine, frame) => {
  const s = machine.stack;
  frame.sp -= 3 * SLOT;
  const to = toNumber(s, frame.sp + 2 * SLOT);
  const from = toNumber(s, frame.sp + SLOT);
  const size = toNumber(s, frame.sp);
  if (!charge(frame, COPY_WORD * wordsOf(size))) return OUT_OF_GAS;
  if (!grow(machine, frame, Math.max(to, from), size)) return OUT_OF_GAS;
  const at = frame.memoryBase;
  if (size > 0) machine.memory.bytes.copyWithin(at + to, at + from, at + from + size);
  return CONTINUE;
};

export const keccak: Handler = (machine, frame) => {
  const s = machine.stack;
  frame.sp -= SLOT;
  const offset = toNumber(s, frame.sp);
  const size = toNumber(s, frame.sp - SLOT);
  if (!charge(frame, KECCAK_WORD * wordsOf(size)) || !grow(machine, frame, offset, size)) return OUT_OF_GAS;
  if (size === 0) putKeccak(s, frame.sp - SLOT, NO_BYTES, 0, 0);
  else putKeccak(s, frame.sp - SLOT, machine.memory.bytes, frame.memoryBase + offset, size);
  return CONTINUE;
};

/** LOG with a number of topics. */
export function log(count: number): Handler {
  return (machine, frame) => {
    if (frame.isStatic) return STATIC_STATE_CHANGE;
    const s = machine.stack;
    const offset = toNumber(s, frame.sp - SLOT);
    const size = toNumber(s, frame.sp - 2 * SLOT);
    if (!charge(frame, LOG_BYTE * size) || !grow(machine, frame, offset, size)) return OUT_OF_GAS;
    frame.sp -= 2 * SLOT;
    const topics: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      frame.sp -= SLOT;
      topics.push(toBytes(s, frame.sp));
    }
    const data = slice(machine, frame, offset, size);
    machine.journal.logs.push({ address: frame.account.address, topics, data });
    return CONTINUE;
  };
}

/** Input of a call that is larger is not copied: calls cost the same whatever their size. */
const COPIED_MAX = 1024;

/**
 * A range that the memory reaches to, as it is until the calling frame goes on. When the memory of inner frames moves,
 * what is looked at here stays.
 */
export function view(machine: Machine, frame: Frame, offset: number, size: number): Uint8Array {
  if (size <= COPIED_MAX) return slice(machine, frame, offset, size);
  const from = frame.memoryBase + offset;
  return machine.memory.bytes.subarray(from, from + size);
}

/** A copy of a range that the memory reaches to. */
export function slice(machine: Machine, frame: Frame, offset: number, size: number): Uint8Array {
  if (size === 0) return NO_BYTES;
  const from = frame.memoryBase + offset;
  return machine.memory.bytes.slice(from, from + size);
}

function end(signal: number): Handler {
  return (machine, frame) => {
    const s = machine.stack;
    const offset = toNumber(s, frame.sp - SLOT);
    const size = toNumber(s, frame.sp - 2 * SLOT);
    frame.sp -= 2 * SLOT;
    if (!grow(machine, frame, offset, size)) return OUT_OF_GAS;
    frame.output = slice(machine, frame, offset, size);
    return signal;
  };
}

/** RETURN. */
export const returnOutput: Handler = end(SUCCESS);
/** REVERT (EIP-140). */
export const revert: Handler = end(REVERT);
