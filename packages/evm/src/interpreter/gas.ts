/**
 * Paying for what an instruction needs: gas, and memory, which costs gas.
 */
import type { Account, Slot } from '../journal/account.js';
import type { Frame } from './frame.js';
import type { Machine } from './machine.js';
import { MEMORY_BYTES_MAX, memoryGas } from './memory.js';

/** A first access (EIP-2929) beyond what the instruction costs anyway (100). */
const COLD_ACCOUNT_EXTRA = 2500;
export const COLD_ACCOUNT = 2600;
export const COLD_SLOT = 2100;
export const WARM = 100;

/** Takes gas; false when there was not enough, and the frame must halt. */
export function charge(frame: Frame, amount: number): boolean {
  frame.gas -= amount;
  return frame.gas >= 0;
}

/** Number of 32-byte words that hold `size` bytes. */
export function wordsOf(size: number): number {
  return Math.ceil(size / 32);
}

/** Makes the memory reach to `offset + size` and takes the gas for it; false when there was not enough. */
export function grow(machine: Machine, frame: Frame, offset: number, size: number): boolean {
  if (size === 0) return true;
  const end = offset + size;
  const old = frame.memorySize;
  if (end <= old) return true;
  if (frame.memoryBase + end > MEMORY_BYTES_MAX) {
    frame.gas = -1;
    return false;
  }
  const grown = wordsOf(end) * 32;
  if (!charge(frame, memoryGas(grown) - memoryGas(old))) return false;
  machine.memory.clear(frame.memoryBase + old, frame.memoryBase + grown);
  frame.memorySize = grown;
  return true;
}

/** Takes what a first access to an account costs beyond a later one. */
export function chargeAccount(machine: Machine, frame: Frame, account: Account): boolean {
  if (!machine.transaction.instructions.features.berlin) return true;
  return !machine.journal.warm(account) || charge(frame, COLD_ACCOUNT_EXTRA);
}

/** Takes what a first access to a slot costs beyond a later one. */
export function chargeSlot(machine: Machine, frame: Frame, slot: Slot): boolean {
  if (!machine.transaction.instructions.features.berlin) return true;
  return !machine.journal.warmSlot(slot) || charge(frame, COLD_SLOT - WARM);
}
