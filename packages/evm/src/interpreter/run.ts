/**
 * The loop: executes the instructions of one frame until it ends or calls. What code does all the time is written out
 * here, on registers that are local variables; everything else is a handler, for which they are put into the frame.
 */
import { add, subtract } from '../words/add.js';
import {
  and,
  byte,
  countLeadingZeros,
  not,
  or,
  shiftLeft,
  shiftRight,
  shiftRightSigned,
  signExtend,
  xor,
} from '../words/bits.js';
import { compare, compareSigned, equal } from '../words/compare.js';
import { addModulo, divide, divideSigned, modulo, moduloSigned, multiplyModulo } from '../words/divide.js';
import { byteLength, exponentiate, multiply } from '../words/multiply.js';
import {
  copyWord,
  isZero,
  LIMBS_MAX,
  putBigInt,
  putBytes,
  putNumber,
  SLOT,
  toNumber,
  trim,
} from '../words/word.js';
import type { Frame } from './frame.js';
import { grow } from './gas.js';
import { isDefined } from './instructionSet.js';
import type { Machine } from './machine.js';
import {
  INVALID_JUMP,
  INVALID_OPCODE,
  OUT_OF_GAS,
  STACK_OVERFLOW,
  STACK_UNDERFLOW,
  SUCCESS,
} from './signals.js';
import { traceStep } from './tracing.js';

/** Gas that is used up between two looks at the clock. */
const GAS_PER_CHECK = 250_000;
/** EXP: gas per byte of the exponent, before and after EIP-160. */
const EXP_BYTE_FRONTIER = 10;
const EXP_BYTE = 50;

/** Runs `frame` on from where it is; answers how it ended, or that it called (`ENTER`). */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the registers must be local variables of one function.
export function run(machine: Machine, frame: Frame): number {
  const { stack: s, memory } = machine;
  const { instructions, tracer } = machine.transaction;
  const { gas: gasOf, lowest, range, handlers, features } = instructions;
  const { padded: code, destinations } = frame.program;
  const { base, memoryBase } = frame;
  const steps = tracer?.step !== undefined;
  let { view } = memory;
  let { pc, sp, gas, memorySize } = frame;
  let checkAt = gas - GAS_PER_CHECK;
  for (;;) {
    const op = code[pc];
    if (steps) {
      save(frame, pc, sp, gas);
      traceStep(tracer, machine, frame, op);
    }
    gas -= gasOf[op];
    if (gas < 0 || (sp - base - lowest[op]) >>> 0 > range[op]) return halt(machine, frame, op, sp, gas);
    pc++;
    switch (op) {
      case 0x00:
        frame.gas = gas;
        return SUCCESS;
      case 0x01:
        sp -= SLOT;
        add(s, sp, sp - SLOT);
        break;
      case 0x02:
        sp -= SLOT;
        multiply(s, sp, sp - SLOT);
        break;
      case 0x03:
        sp -= SLOT;
        subtract(s, sp, sp - SLOT);
        break;
      case 0x04:
        sp -= SLOT;
        divide(s, sp, sp - SLOT);
        break;
      case 0x05:
        sp -= SLOT;
        divideSigned(s, sp, sp - SLOT);
        break;
      case 0x06:
        sp -= SLOT;
        modulo(s, sp, sp - SLOT);
        break;
      case 0x07:
        sp -= SLOT;
        moduloSigned(s, sp, sp - SLOT);
        break;
      case 0x08:
        sp -= 2 * SLOT;
        addModulo(s, sp + SLOT, sp, sp - SLOT);
        break;
      case 0x09:
        sp -= 2 * SLOT;
        multiplyModulo(s, sp + SLOT, sp, sp - SLOT);
        break;
      case 0x0a:
        sp -= SLOT;
        gas -= (features.spuriousDragon ? EXP_BYTE : EXP_BYTE_FRONTIER) * byteLength(s, sp - SLOT);
        if (gas < 0) return OUT_OF_GAS;
        exponentiate(s, sp, sp - SLOT);
        break;
      case 0x0b:
        sp -= SLOT;
        signExtend(s, sp, sp - SLOT);
        break;
      case 0x10:
        sp -= SLOT;
        putTruth(s, sp - SLOT, compare(s, sp, sp - SLOT) < 0);
        break;
      case 0x11:
        sp -= SLOT;
        putTruth(s, sp - SLOT, compare(s, sp, sp - SLOT) > 0);
        break;
      case 0x12:
        sp -= SLOT;
        putTruth(s, sp - SLOT, compareSigned(s, sp, sp - SLOT) < 0);
        break;
      case 0x13:
        sp -= SLOT;
        putTruth(s, sp - SLOT, compareSigned(s, sp, sp - SLOT) > 0);
        break;
      case 0x14:
        sp -= SLOT;
        putTruth(s, sp - SLOT, equal(s, sp, sp - SLOT));
        break;
      case 0x15:
        putTruth(s, sp - SLOT, isZero(s, sp - SLOT));
        break;
      case 0x16:
        sp -= SLOT;
        and(s, sp, sp - SLOT);
        break;
      case 0x17:
        sp -= SLOT;
        or(s, sp, sp - SLOT);
        break;
      case 0x18:
        sp -= SLOT;
        xor(s, sp, sp - SLOT);
        break;
      case 0x19:
        not(s, sp - SLOT);
        break;
      case 0x1a:
        sp -= SLOT;
        byte(s, sp, sp - SLOT);
        break;
      case 0x1b:
        sp -= SLOT;
        shiftLeft(s, sp, sp - SLOT);
        break;
      case 0x1c:
        sp -= SLOT;
        shiftRight(s, sp, sp - SLOT);
        break;
      case 0x1d:
        sp -= SLOT;
        shiftRightSigned(s, sp, sp - SLOT);
        break;
      case 0x1e:
        countLeadingZeros(s, sp - SLOT);
        break;
      case 0x50:
        sp -= SLOT;
        break;
      case 0x51: {
        const offset = toNumber(s, sp - SLOT);
        if (offset + 32 > memorySize) {
          frame.gas = gas;
          if (!grow(machine, frame, offset, 32)) return OUT_OF_GAS;
          gas = frame.gas;
          memorySize = frame.memorySize;
          view = memory.view;
        }
        loadWord(view, memoryBase + offset, s, sp - SLOT);
        break;
      }
      case 0x52: {
        sp -= 2 * SLOT;
        const offset = toNumber(s, sp + SLOT);
        if (offset + 32 > memorySize) {
          frame.gas = gas;
          if (!grow(machine, frame, offset, 32)) return OUT_OF_GAS;
          gas = frame.gas;
          memorySize = frame.memorySize;
          view = memory.view;
        }
        storeWord(view, memoryBase + offset, s, sp);
        break;
      }
      case 0x56:
        sp -= SLOT;
        pc = toNumber(s, sp);
        if (!(pc < destinations.length) || destinations[pc] === 0) return INVALID_JUMP;
        if (gas < checkAt) {
          machine.checkTime();
          checkAt = gas - GAS_PER_CHECK;
        }
        break;
      case 0x57:
        sp -= 2 * SLOT;
        if (isZero(s, sp)) break;
        pc = toNumber(s, sp + SLOT);
        if (!(pc < destinations.length) || destinations[pc] === 0) return INVALID_JUMP;
        if (gas < checkAt) {
          machine.checkTime();
          checkAt = gas - GAS_PER_CHECK;
        }
        break;
      case 0x58:
        putNumber(s, sp, pc - 1);
        sp += SLOT;
        break;
      case 0x5a:
        putNumber(s, sp, gas);
        if (frame.reserve !== 0n) putBigInt(s, sp, BigInt(gas) + frame.reserve);
        sp += SLOT;
        break;
      case 0x5b:
        break;
      case 0x5f:
        s[sp] = 1;
        s[sp + 1] = 0;
        sp += SLOT;
        break;
      case 0x60:
        s[sp] = 1;
        s[sp + 1] = code[pc++];
        sp += SLOT;
        break;
      case 0x61:
        s[sp] = 1;
        s[sp + 1] = (code[pc] << 8) | code[pc + 1];
        pc += 2;
        sp += SLOT;
        break;
      default:
        if (op >= 0x60 && op < 0x80) {
          putBytes(s, sp, code, pc, op - 0x5f);
          pc += op - 0x5f;
          sp += SLOT;
        } else if (op >= 0x80 && op < 0x90) {
          copyWord(s, sp - (op - 0x7f) * SLOT, sp);
          sp += SLOT;
        } else if (op >= 0x90 && op < 0xa0) {
          swapWords(s, sp - SLOT, sp - (op - 0x8e) * SLOT);
        } else {
          save(frame, pc, sp, gas);
          const signal = handlers[op](machine, frame);
          if (signal !== 0) return signal;
          ({ sp, gas, memorySize } = frame);
          view = memory.view;
        }
    }
  }
}

function save(frame: Frame, pc: number, sp: number, gas: number): void {
  frame.pc = pc;
  frame.sp = sp;
  frame.gas = gas;
}

/** Why an instruction could not begin. */
function halt({ transaction }: Machine, frame: Frame, op: number, sp: number, gas: number): number {
  const { instructions } = transaction;
  if (!isDefined(instructions, op)) return INVALID_OPCODE;
  if (sp - frame.base < instructions.lowest[op]) return STACK_UNDERFLOW;
  return gas < 0 ? OUT_OF_GAS : STACK_OVERFLOW;
}

function putTruth(s: Uint32Array, a: number, truth: boolean): void {
  s[a] = 1;
  s[a + 1] = truth ? 1 : 0;
}

function swapWords(s: Uint32Array, a: number, b: number): void {
  const m = s[a];
  const n = s[b];
  const length = m > n ? m : n;
  for (let i = 0; i <= length; i++) {
    const limb = s[a + i];
    s[a + i] = s[b + i];
    s[b + i] = limb;
  }
}

function loadWord(view: DataView, at: number, s: Uint32Array, a: number): void {
  s[a + 8] = view.getUint32(at);
  s[a + 7] = view.getUint32(at + 4);
  s[a + 6] = view.getUint32(at + 8);
  s[a + 5] = view.getUint32(at + 12);
  s[a + 4] = view.getUint32(at + 16);
  s[a + 3] = view.getUint32(at + 20);
  s[a + 2] = view.getUint32(at + 24);
  s[a + 1] = view.getUint32(at + 28);
  trim(s, a, LIMBS_MAX);
}

function storeWord(view: DataView, at: number, s: Uint32Array, a: number): void {
  const n = s[a];
  for (let i = LIMBS_MAX, to = at; i > 0; i--, to += 4) view.setUint32(to, i <= n ? s[a + i] : 0);
}
