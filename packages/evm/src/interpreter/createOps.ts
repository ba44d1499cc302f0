/**
 * CREATE, CREATE2 (EIP-1014) and SELFDESTRUCT.
 */
import { isEmpty } from '../journal/account.js';
import { keccak256 } from '../keccak.js';
import type { Address } from '../types.js';
import { isZero, SLOT, toBigInt, toBytes, toNumber } from '../words/word.js';
import { finish, resume } from './calls.js';
import { contractAddress, saltedContractAddress } from './contractAddress.js';
import { startCreation } from './creation.js';
import type { Handler } from './environmentOps.js';
import type { Frame } from './frame.js';
import { childOf, DEPTH_MAX } from './frames.js';
import { COLD_ACCOUNT, charge, giveGas, grow, wordsOf } from './gas.js';
import type { Machine } from './machine.js';
import { slice } from './memoryOps.js';
import {
  CALL_TOO_DEEP,
  CONTINUE,
  ENTER,
  INITCODE_TOO_LARGE,
  INSUFFICIENT_BALANCE,
  isRefusal,
  NONCE_AT_MAXIMUM,
  OUT_OF_GAS,
  STATIC_STATE_CHANGE,
  SUCCESS,
} from './signals.js';
import { traceDestruction, traceEnter } from './tracing.js';

/** The most bytes of init code (EIP-3860). */
export const INITCODE_BYTES_MAX = 49_152;
const INITCODE_WORD = 2;
const KECCAK_WORD = 6;
const NONCE_MAX = 2n ** 64n - 1n;
const NEW_ACCOUNT = 25_000;
const DESTRUCTION_REFUND = 24_000;

/** An instruction that creates. Operands: value, offset, size, and for CREATE2 a salt. */
export function create(kind: 'CREATE' | 'CREATE2'): Handler {
  const salted = kind === 'CREATE2';
  return (machine, frame) => {
    if (frame.isStatic) return STATIC_STATE_CHANGE;
    const s = machine.stack;
    const { features } = machine.transaction.instructions;
    const valueAt = frame.sp - SLOT;
    const offset = toNumber(s, valueAt - SLOT);
    const size = toNumber(s, valueAt - 2 * SLOT);
    if (features.shanghai && size > INITCODE_BYTES_MAX) return INITCODE_TOO_LARGE;
    const perWord = (salted ? KECCAK_WORD : 0) + (features.shanghai ? INITCODE_WORD : 0);
    if (!charge(frame, perWord * wordsOf(size)) || !grow(machine, frame, offset, size)) return OUT_OF_GAS;
    const initcode = slice(machine, frame, offset, size);
    const salt = salted ? toBytes(s, valueAt - 3 * SLOT) : undefined;
    const value = isZero(s, valueAt) ? 0n : toBigInt(s, valueAt);
    frame.sp = valueAt - (salted ? 3 : 2) * SLOT;
    const child = childOf(machine, frame);
    giveGas(machine, frame, child, undefined);
    child.kind = kind;
    child.creates = true;
    child.isStatic = false;
    child.caller = frame.account;
    child.value = value;
    child.input = NO_INPUT;
    const signal = begin(machine, child, initcode, salt);
    if (signal === ENTER) return ENTER;
    resume(machine, frame, child, isRefusal(signal) ? signal : finish(machine, child, signal));
    return CONTINUE;
  };
}

const NO_INPUT = new Uint8Array(0);

function begin(machine: Machine, child: Frame, initcode: Uint8Array, salt: Uint8Array | undefined): number {
  const { journal } = machine;
  const { caller } = child;
  const { nonce, balance } = caller.state ?? { nonce: 0n, balance: 0n };
  if (child.depth > DEPTH_MAX) return CALL_TOO_DEEP;
  if (balance < child.value) return INSUFFICIENT_BALANCE;
  if (nonce === NONCE_MAX) return NONCE_AT_MAXIMUM;
  const address: Address =
    salt === undefined
      ? contractAddress(caller.address, nonce)
      : saltedContractAddress(caller.address, salt, keccak256(initcode));
  journal.setNonce(caller, nonce + 1n);
  child.account = journal.account(address);
  // It stays accessed even if the creation fails (EIP-2929).
  if (machine.transaction.instructions.features.berlin) journal.warm(child.account);
  if (machine.transaction.tracer !== undefined) {
    traceEnter(machine.transaction.tracer, child, caller, child.account, initcode);
  }
  return startCreation(machine, child, initcode);
}

/** SELFDESTRUCT: all of the balance goes to the beneficiary, and, within limits, the account (EIP-6780). */
export const selfDestruct: Handler = (machine, frame) => {
  if (frame.isStatic) return STATIC_STATE_CHANGE;
  const { features } = machine.transaction.instructions;
  const { journal } = machine;
  const { account } = frame;
  frame.sp -= SLOT;
  const beneficiary = journal.accountAt(machine.stack, frame.sp);
  if (features.berlin && journal.warm(beneficiary) && !charge(frame, COLD_ACCOUNT)) return OUT_OF_GAS;
  const balance = account.state?.balance ?? 0n;
  const isNew = features.spuriousDragon
    ? balance !== 0n && (beneficiary.state === undefined || isEmpty(beneficiary.state))
    : features.tangerineWhistle && beneficiary.state === undefined;
  if (isNew && !charge(frame, NEW_ACCOUNT)) return OUT_OF_GAS;
  if (!features.london && !account.destroyed) journal.refund += DESTRUCTION_REFUND;
  const destroys = !features.cancun || account.created;
  if (beneficiary !== account) {
    journal.addBalance(beneficiary, balance);
    journal.addBalance(account, -balance);
  } else if (destroys) journal.addBalance(account, -balance);
  if (destroys) journal.setDestroyed(account);
  if (machine.transaction.tracer !== undefined) {
    traceDestruction(machine.transaction.tracer, frame, beneficiary, balance);
  }
  return SUCCESS;
};
