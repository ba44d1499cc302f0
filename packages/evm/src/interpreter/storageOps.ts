/**
 * Storage, permanent and transient, and what writing to it costs: EIP-1283, 2200, 2929, 3529, 1153.
 */

import type { Slot } from '../journal/account.js';
import { equalWords, isZeroWord, putWord, SLOT, toWord, type Word } from '../words/word.js';
import type { Handler } from './environmentOps.js';
import { COLD_SLOT, charge, chargeSlot, WARM } from './gas.js';
import type { Machine } from './machine.js';
import { CONTINUE, OUT_OF_GAS, STATIC_STATE_CHANGE } from './signals.js';

/** A zero that becomes something. */
const SET = 20_000;
/** Any other change. */
const RESET = 5_000;
const CLEAR_REFUND = 15_000;
/** EIP-3529: RESET − COLD_SLOT + 1,900 for the key of an access list. */
const CLEAR_REFUND_LONDON = 4_800;
/** EIP-2200: with no more than this, nothing is written. */
const SENTRY = 2_300;

export const load: Handler = (machine, frame) => {
  const s = machine.stack;
  const a = frame.sp - SLOT;
  const slot = machine.journal.slotAt(frame.account, s, a);
  if (!chargeSlot(machine, frame, slot)) return OUT_OF_GAS;
  putWord(s, a, slot.value);
  return CONTINUE;
};

export const store: Handler = (machine, frame) => {
  if (frame.isStatic) return STATIC_STATE_CHANGE;
  const { features } = machine.transaction.instructions;
  if (features.istanbul && frame.gas <= SENTRY) return OUT_OF_GAS;
  const s = machine.stack;
  frame.sp -= 2 * SLOT;
  const slot = machine.journal.slotAt(frame.account, s, frame.sp + SLOT);
  const value = toWord(s, frame.sp);
  if (features.berlin && machine.journal.warmSlot(slot) && !charge(frame, COLD_SLOT)) return OUT_OF_GAS;
  const metered = features.istanbul || features.constantinopleOnly;
  const gas = metered ? meter(machine, slot, value) : simpleGas(machine, slot, value);
  if (!charge(frame, gas)) return OUT_OF_GAS;
  if (!equalWords(value, slot.value)) machine.journal.putSlot(slot, value);
  return CONTINUE;
};

/** Gas before EIP-1283, and again in Petersburg. */
function simpleGas({ journal }: Machine, slot: Slot, value: Word): number {
  const wasZero = isZeroWord(slot.value);
  if (isZeroWord(value)) {
    if (!wasZero) journal.refund += CLEAR_REFUND;
    return RESET;
  }
  return wasZero ? SET : RESET;
}

/** Gas and refunds by what the slot held before the transaction, holds now, and is to hold. */
function meter(machine: Machine, { original, value: current }: Slot, value: Word): number {
  const { features } = machine.transaction.instructions;
  const { journal } = machine;
  const load = features.berlin ? WARM : features.istanbul ? 800 : 200;
  const reset = features.berlin ? RESET - COLD_SLOT : RESET;
  const clears = features.london ? CLEAR_REFUND_LONDON : CLEAR_REFUND;
  if (equalWords(current, value)) return load;
  if (equalWords(original, current)) {
    if (isZeroWord(original)) return SET;
    if (isZeroWord(value)) journal.refund += clears;
    return reset;
  }
  if (!isZeroWord(original)) {
    if (isZeroWord(current)) journal.refund -= clears;
    if (isZeroWord(value)) journal.refund += clears;
  }
  if (equalWords(original, value)) journal.refund += (isZeroWord(original) ? SET : reset) - load;
  return load;
}

/** TLOAD. */
export const loadTransient: Handler = (machine, frame) => {
  const s = machine.stack;
  const a = frame.sp - SLOT;
  putWord(s, a, machine.journal.transientAt(frame.account, s, a).value);
  return CONTINUE;
};

/** TSTORE. */
export const storeTransient: Handler = (machine, frame) => {
  if (frame.isStatic) return STATIC_STATE_CHANGE;
  const s = machine.stack;
  frame.sp -= 2 * SLOT;
  const slot = machine.journal.transientAt(frame.account, s, frame.sp + SLOT);
  machine.journal.putSlot(slot, toWord(s, frame.sp));
  return CONTINUE;
};
