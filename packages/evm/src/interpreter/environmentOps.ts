/**
 * Instructions that tell code where it is: itself, its caller, the transaction, the block, other accounts.
 */
import type { Account } from '../journal/account.js';
import { isEmpty } from '../journal/account.js';
import { putBigInt, putBytes, putNumber, putWord, SLOT, toNumber, type Word } from '../words/word.js';
import type { Block } from './block.js';
import type { Frame } from './frame.js';
import { chargeAccount } from './gas.js';
import type { Machine } from './machine.js';
import { CONTINUE, OUT_OF_GAS } from './signals.js';

const BLOCK_HASHES_MAX = 256;

/** An instruction: answers with a signal. Its fixed gas is paid, and the stack has room. */
export type Handler = (machine: Machine, frame: Frame) => number;

function pushBytes(machine: Machine, frame: Frame, bytes: Uint8Array): number {
  putBytes(machine.stack, frame.sp, bytes, 0, bytes.length);
  frame.sp += SLOT;
  return CONTINUE;
}

function pushNumber(machine: Machine, frame: Frame, value: number): number {
  putNumber(machine.stack, frame.sp, value);
  frame.sp += SLOT;
  return CONTINUE;
}

function pushBigInt(machine: Machine, frame: Frame, value: bigint): number {
  if (value === 0n) return pushNumber(machine, frame, 0);
  putBigInt(machine.stack, frame.sp, value);
  frame.sp += SLOT;
  return CONTINUE;
}

function pushWord(machine: Machine, frame: Frame, word: Word): number {
  putWord(machine.stack, frame.sp, word);
  frame.sp += SLOT;
  return CONTINUE;
}

export const address: Handler = (machine, frame) => pushBytes(machine, frame, frame.account.address);
export const caller: Handler = (machine, frame) => pushBytes(machine, frame, frame.caller.address);
export const callValue: Handler = (machine, frame) => pushBigInt(machine, frame, frame.value);
export const callDataSize: Handler = (machine, frame) => pushNumber(machine, frame, frame.input.length);
export const codeSize: Handler = (machine, frame) => pushNumber(machine, frame, frame.program.code.length);
export const returnDataSize: Handler = (machine, frame) => pushNumber(machine, frame, frame.returned.length);
export const memorySize: Handler = (machine, frame) => pushNumber(machine, frame, frame.memorySize);
export const selfBalance: Handler = (machine, frame) =>
  pushBigInt(machine, frame, frame.account.state?.balance ?? 0n);
export const origin: Handler = (machine, frame) =>
  pushBytes(machine, frame, machine.transaction.origin.address);
export const gasPrice: Handler = (machine, frame) => pushBigInt(machine, frame, machine.transaction.gasPrice);
export const chainId: Handler = (machine, frame) => pushBigInt(machine, frame, machine.transaction.chainId);

type BlockWord = { [Key in keyof Block]: Block[Key] extends Word ? Key : never }[keyof Block];

/** An instruction that shows a word of the block's environment. */
export function blockWord(name: BlockWord): Handler {
  return (machine, frame) => pushWord(machine, frame, machine.transaction.block[name]);
}

export const callDataLoad: Handler = (machine, frame) => {
  const s = machine.stack;
  const a = frame.sp - SLOT;
  const { input } = frame;
  const from = toNumber(s, a);
  if (from >= input.length) {
    putNumber(s, a, 0);
    return CONTINUE;
  }
  const there = input.length - from;
  if (there >= 32) putBytes(s, a, input, from, 32);
  else {
    const padded = new Uint8Array(32);
    padded.set(input.subarray(from));
    putBytes(s, a, padded, 0, 32);
  }
  return CONTINUE;
};

/** The account that the topmost word names, its access paid for; undefined when gas ran out. */
function otherAccount(machine: Machine, frame: Frame): Account | undefined {
  const account = machine.journal.accountAt(machine.stack, frame.sp - SLOT);
  return chargeAccount(machine, frame, account) ? account : undefined;
}

export const balance: Handler = (machine, frame) => {
  const account = otherAccount(machine, frame);
  if (account === undefined) return OUT_OF_GAS;
  putBigInt(machine.stack, frame.sp - SLOT, account.state?.balance ?? 0n);
  return CONTINUE;
};

export const extCodeSize: Handler = (machine, frame) => {
  const account = otherAccount(machine, frame);
  if (account === undefined) return OUT_OF_GAS;
  putNumber(machine.stack, frame.sp - SLOT, machine.program(account).code.length);
  return CONTINUE;
};

/** EIP-1052: zero for an account that is not there or empty. */
export const extCodeHash: Handler = (machine, frame) => {
  const account = otherAccount(machine, frame);
  if (account === undefined) return OUT_OF_GAS;
  const { state } = account;
  const s = machine.stack;
  const a = frame.sp - SLOT;
  if (state === undefined || isEmpty(state)) putNumber(s, a, 0);
  else putBytes(s, a, state.codeHash ?? EMPTY_HASH, 0, 32);
  return CONTINUE;
};

/** Keccak-256 of nothing. */
const EMPTY_HASH = Uint8Array.from(
  'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'.match(/../g) ?? [],
  (hex) => Number.parseInt(hex, 16),
);

export const blockHash: Handler = (machine, frame) => {
  const s = machine.stack;
  const a = frame.sp - SLOT;
  const number = toNumber(s, a);
  const { block } = machine.transaction;
  const known = number < block.number && number >= block.number - BLOCK_HASHES_MAX;
  const hash = known ? machine.journal.before.blockHash(number) : undefined;
  if (hash === undefined) putNumber(s, a, 0);
  else putBytes(s, a, hash, 0, 32);
  return CONTINUE;
};

/** EIP-4844. */
export const blobHash: Handler = (machine, frame) => {
  const s = machine.stack;
  const a = frame.sp - SLOT;
  const hash = machine.transaction.blobVersionedHashes[toNumber(s, a)];
  if (hash === undefined) putNumber(s, a, 0);
  else putBytes(s, a, hash, 0, 32);
  return CONTINUE;
};
