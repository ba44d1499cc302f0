/**
 * CALL, CALLCODE, DELEGATECALL and STATICCALL: what they cost (EIP-150, 161, 2929, 7702) and the frames they ask for.
 */
import { type Account, isEmpty } from '../journal/account.js';
import type { CallKind } from '../tracer.js';
import { isZero, SLOT, toBigInt, toNumber } from '../words/word.js';
import { finish, resume, startCall } from './calls.js';
import type { Handler } from './environmentOps.js';
import type { Frame } from './frame.js';
import { childOf } from './frames.js';
import { COLD_ACCOUNT, charge, chargeAccount, giveGas, grow, WARM } from './gas.js';
import type { Machine } from './machine.js';
import { view } from './memoryOps.js';
import { NO_PROGRAM, type Program } from './program.js';
import { CONTINUE, ENTER, OUT_OF_GAS, STATIC_STATE_CHANGE } from './signals.js';
import { traceEnter } from './tracing.js';

const VALUE = 9_000;
const NEW_ACCOUNT = 25_000;
/** Given to the called code, on top, when value moves. */
const STIPEND = 2_300;

/** An instruction that calls. Operands: gas, address, value (CALL and CALLCODE only), input, output. */
export function call(kind: CallKind): Handler {
  const spends = kind === 'CALL' || kind === 'CALLCODE';
  return (machine, frame) => {
    const s = machine.stack;
    const gasAt = frame.sp - SLOT;
    const valueAt = gasAt - 2 * SLOT;
    const inputAt = spends ? valueAt - SLOT : valueAt;
    const movesValue = spends && !isZero(s, valueAt);
    if (movesValue && kind === 'CALL' && frame.isStatic) return STATIC_STATE_CHANGE;
    const inputOffset = toNumber(s, inputAt);
    const inputSize = toNumber(s, inputAt - SLOT);
    const outputOffset = toNumber(s, inputAt - 2 * SLOT);
    const outputSize = toNumber(s, inputAt - 3 * SLOT);
    if (!grow(machine, frame, inputOffset, inputSize) || !grow(machine, frame, outputOffset, outputSize)) {
      return OUT_OF_GAS;
    }
    const target = machine.journal.accountAt(s, gasAt - SLOT);
    if (!chargeAccount(machine, frame, target)) return OUT_OF_GAS;
    const program = programOf(machine, frame, target);
    if (program === undefined) return OUT_OF_GAS;
    if (movesValue && !charge(frame, VALUE)) return OUT_OF_GAS;
    if (kind === 'CALL' && makesAccount(machine, target, movesValue) && !charge(frame, NEW_ACCOUNT)) {
      return OUT_OF_GAS;
    }
    const child = childOf(machine, frame);
    if (!giveGas(machine, frame, child, gasAt)) return OUT_OF_GAS;
    if (movesValue) child.gas += STIPEND;
    const value = movesValue ? toBigInt(s, valueAt) : 0n;
    frame.sp = inputAt - 3 * SLOT;
    child.base = frame.sp;
    setParties(child, kind, frame, target, value);
    child.input = view(machine, frame, inputOffset, inputSize);
    child.outputAt = outputOffset;
    child.outputSize = outputSize;
    if (machine.transaction.tracer !== undefined) {
      traceEnter(machine.transaction.tracer, child, frame.account, target, child.input);
    }
    const signal = startCall(machine, child, target.precompile, program);
    if (signal === ENTER) return ENTER;
    resume(machine, frame, child, finish(machine, child, signal));
    return CONTINUE;
  };
}

/** Whose storage, whose value, who called. */
function setParties(child: Frame, kind: CallKind, frame: Frame, target: Account, value: bigint): void {
  const keepsStorage = kind === 'CALLCODE' || kind === 'DELEGATECALL';
  child.kind = kind;
  child.creates = false;
  child.isStatic = frame.isStatic || kind === 'STATICCALL';
  child.account = keepsStorage ? frame.account : target;
  child.caller = kind === 'DELEGATECALL' ? frame.caller : frame.account;
  child.value = kind === 'DELEGATECALL' ? frame.value : value;
}

/**
 * The code that a call to `target` runs. If that delegates, it is the code of another account, whose access is paid
 * for (EIP-7702); undefined when gas ran out. A precompile runs only at its own address.
 */
function programOf(machine: Machine, frame: Frame, target: Account): Program | undefined {
  const program = machine.program(target);
  if (program.delegate === undefined || !machine.transaction.instructions.features.prague) return program;
  const delegate = machine.journal.account(program.delegate);
  const gas = machine.journal.warm(delegate) ? COLD_ACCOUNT : WARM;
  if (!charge(frame, gas)) return undefined;
  return delegate.precompile === undefined ? machine.program(delegate) : NO_PROGRAM;
}

/** EIP-161: only value makes an account; before, every call to one that was not there did. */
function makesAccount(machine: Machine, { state }: Account, movesValue: boolean): boolean {
  if (!machine.transaction.instructions.features.spuriousDragon) return state === undefined;
  return movesValue && (state === undefined || isEmpty(state));
}
