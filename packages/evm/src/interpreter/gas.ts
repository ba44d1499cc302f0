/**
 * Paying for what an instruction needs: gas, and memory, which costs gas.
 */
import type { Account, Slot } from '../journal/account.js';
import { toBigInt, toNumber } from '../words/word.js';
import type { Frame } from './frame.js';
import type { Machine } from './machine.js';
import { MEMORY_BYTES_MAX, memoryGas } from './memory.js';

/** A first access (EIP-2929) beyond what the instruction costs anyway (100). */
const COLD_ACCOUNT_EXTRA = 2500;
export const COLD_ACCOUNT = 2600;
export const COLD_SLOT = 2100;
export const WARM = 100;

/**
 * Gas is counted in a number that is exact. Nobody can use up 2^52 of it; but code can see how much there is, and a
 * sixty-fourth of it is kept at every call, so that what is beyond waits in `reserve`.
 */
const GAS_HELD_MAX = 2 ** 52;
const ALL_HELD = BigInt(GAS_HELD_MAX);

/** All gas of a frame. */
export function totalGas(frame: Frame): bigint {
  return BigInt(frame.gas) + frame.reserve;
}

export function setGas(frame: Frame, total: bigint): void {
  frame.reserve = total > ALL_HELD ? total - ALL_HELD : 0n;
  frame.gas = Number(total - frame.reserve);
}

/** Gives back what a call did not use. */
export function returnGas(frame: Frame, child: Frame): void {
  const held = frame.gas + child.gas;
  if (held <= GAS_HELD_MAX && frame.reserve === 0n && child.reserve === 0n) frame.gas = held;
  else setGas(frame, totalGas(frame) + totalGas(child));
}

/**
 * Takes from `frame` the gas that a call wants, as the word at `wantedAt` (all there is, if that is undefined), and
 * gives it to `child`. All but a sixty-fourth at most (EIP-150); before that, what was wanted and nothing less: false
 * when there was not enough.
 */
export function giveGas(machine: Machine, frame: Frame, child: Frame, wantedAt: number | undefined): boolean {
  const keeps = machine.transaction.instructions.features.tangerineWhistle;
  if (frame.reserve !== 0n) return giveReserve(machine, frame, child, wantedAt, keeps);
  const most = keeps ? frame.gas - Math.floor(frame.gas / 64) : frame.gas;
  const wanted = wantedAt === undefined ? most : toNumber(machine.stack, wantedAt);
  if (wanted > most && !keeps) return false;
  child.gas = Math.min(wanted, most);
  child.reserve = 0n;
  frame.gas -= child.gas;
  return true;
}

function giveReserve(
  machine: Machine,
  frame: Frame,
  child: Frame,
  wantedAt: number | undefined,
  keeps: boolean,
): boolean {
  const total = totalGas(frame);
  const most = keeps ? total - total / 64n : total;
  const wanted = wantedAt === undefined ? most : toBigInt(machine.stack, wantedAt);
  if (wanted > most && !keeps) return false;
  const given = wanted < most ? wanted : most;
  setGas(child, given);
  setGas(frame, total - given);
  return true;
}

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
