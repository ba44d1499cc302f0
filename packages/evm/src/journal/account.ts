/**
 * An account, and a storage slot, as one transaction sees them: what they were before it, what they are now, and what
 * the transaction has done with them. Only the journal writes to them.
 */
import { NO_PROGRAM, type Program } from '../interpreter/program.js';
import type { Precompile } from '../precompiles/types.js';
import type { AccountState, Address, Hash } from '../types.js';
import { type Word, ZERO_WORD } from '../words/word.js';
import type { WordKey } from './keys.js';

/** A slot of an account's storage. */
export class Slot {
  readonly key: Hash;
  /** Before the transaction. */
  readonly original: Word;
  value: Word;
  /** Accessed in this transaction (EIP-2929). */
  warm = false;

  constructor(key: Hash, original: Word, value: Word) {
    this.key = key;
    this.original = original;
    this.value = value;
  }
}

/** A slot of transient storage (EIP-1153). */
export class TransientSlot {
  value: Word = ZERO_WORD;
}

export class Account {
  readonly address: Address;
  /** Before the transaction. */
  readonly before: AccountState | undefined;
  /** What runs in place of code at this address. */
  readonly precompile: Precompile | undefined;
  state: AccountState | undefined;
  /** Accessed in this transaction (EIP-2929). */
  warm: boolean;
  /** If it is empty at the end, it goes (EIP-161). */
  touched = false;
  /** Made in this transaction (EIP-6780). */
  created = false;
  /** To be removed at the end. */
  destroyed = false;
  /** Storage as it was before is gone. */
  cleared = false;
  /** The program of the code with the hash `programHash`. */
  program: Program = NO_PROGRAM;
  programHash: Hash | undefined = undefined;
  slots: Map<WordKey, Slot> | undefined = undefined;
  transient: Map<WordKey, TransientSlot> | undefined = undefined;

  constructor(address: Address, before: AccountState | undefined, precompile: Precompile | undefined) {
    this.address = address;
    this.before = before;
    this.state = before;
    this.precompile = precompile;
    this.warm = precompile !== undefined;
  }
}

/** EIP-161: nonce 0, no balance, no code. */
export function isEmpty(state: AccountState): boolean {
  return state.nonce === 0n && state.balance === 0n && state.codeHash === undefined;
}
