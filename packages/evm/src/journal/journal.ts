/**
 * The state as one transaction sees it: what was there before, under what it has changed so far. Any moment can be
 * marked and gone back to. Every engine executes over a journal; what is left in it at the end is the change set.
 */
import { keccak256 } from '../keccak.js';
import type { Precompile } from '../precompiles/types.js';
import type { AccountState, Address, Hash, Log, StateChanges, StateReader } from '../types.js';
import {
  bytesWord,
  equalWords,
  isZeroWord,
  putBytes,
  SLOT,
  toBytes,
  type Word,
  wordBytes,
  ZERO_WORD,
} from '../words/word.js';
import { Account, isEmpty, Slot, TransientSlot } from './account.js';
import { addressAt, addressKey, addressKeyAt, hashKey, wordKey } from './keys.js';
import { type Undo, undo } from './undo.js';

/** A point in time to which a journal can go back. */
export interface Mark {
  readonly changes: number;
  readonly logs: number;
  readonly refund: number;
}

const NO_CODE = new Uint8Array(0);
const NOBODY: AccountState = { nonce: 0n, balance: 0n };
/** The precompile RIPEMD-160 stays touched even when the touching call is undone (EIP-161's exception of 2016). */
const STAYS_TOUCHED = addressKey(Uint8Array.from({ length: 20 }, (_, i) => (i === 19 ? 3 : 0)));
/** Precompiles by `addressKey`. */
export type Precompiles = ReadonlyMap<string, Precompile>;
const NO_PRECOMPILES: Precompiles = new Map();

export class Journal {
  readonly before: StateReader;
  readonly logs: Log[] = [];
  /** Gas that is to be given back at the end (yellow paper, A_r). */
  refund = 0;
  readonly #precompiles: Precompiles;
  readonly #accounts = new Map<string, Account>();
  readonly #code = new Map<string, { readonly codeHash: Hash; readonly code: Uint8Array }>();
  readonly #undo: Undo[] = [];
  readonly #word = new Uint32Array(SLOT);

  constructor(before: StateReader, precompiles: Precompiles = NO_PRECOMPILES) {
    this.before = before;
    this.#precompiles = precompiles;
  }

  /** The account with this address, whether or not there is one. */
  account(address: Address): Account {
    const key = addressKey(address);
    return this.#accounts.get(key) ?? this.#load(key, address);
  }

  /** The account whose address is the lower 20 bytes of the word at `a`. */
  accountAt(s: Uint32Array, a: number): Account {
    const key = addressKeyAt(s, a);
    return this.#accounts.get(key) ?? this.#load(key, addressAt(s, a));
  }

  #load(key: string, address: Address): Account {
    const account = new Account(address, this.before.account(address), this.#precompiles.get(key));
    this.#accounts.set(key, account);
    return account;
  }

  /** Writes an account, which also touches it. */
  put(account: Account, state: AccountState): void {
    this.#undo.push({ what: 'state', account, previous: account.state });
    account.state = state;
    this.#touch(account);
  }

  #touch(account: Account): void {
    if (account.touched) return;
    account.touched = true;
    if (addressKey(account.address) !== STAYS_TOUCHED) this.#undo.push({ what: 'touched', account });
  }

  /** Touches an account without changing it; makes an empty one where there is none and `creates` says so. */
  touch(account: Account, creates: boolean): void {
    if (account.state === undefined) {
      if (creates) this.put(account, NOBODY);
    } else if (isEmpty(account.state)) this.#touch(account);
  }

  /** Adds to the balance (a negative amount takes away); makes the account where there is none. */
  addBalance(account: Account, amount: bigint): void {
    const state = account.state ?? NOBODY;
    this.put(account, { ...state, balance: state.balance + amount });
  }

  setNonce(account: Account, nonce: bigint): void {
    this.put(account, { ...(account.state ?? NOBODY), nonce });
  }

  /** Marks an account as made by this transaction. */
  setCreated(account: Account): void {
    if (account.created) return;
    account.created = true;
    this.#undo.push({ what: 'created', account });
  }

  /** Marks an account as one to be removed at the end. */
  setDestroyed(account: Account): void {
    if (account.destroyed) return;
    account.destroyed = true;
    this.#undo.push({ what: 'destroyed', account });
  }

  /** Marks an account as accessed; true when it had not been before. */
  warm(account: Account): boolean {
    if (account.warm) return false;
    account.warm = true;
    this.#undo.push({ what: 'warm', account });
    return true;
  }

  /** Marks a slot as accessed; true when it had not been before. */
  warmSlot(slot: Slot): boolean {
    if (slot.warm) return false;
    slot.warm = true;
    this.#undo.push({ what: 'warmSlot', slot });
    return true;
  }

  /** Removes an account with all of its storage. */
  remove(account: Account): void {
    this.#undo.push({ what: 'state', account, previous: account.state });
    account.state = undefined;
    this.clearStorage(account);
  }

  /** Code of an account; empty when it has none. */
  code(account: Account): Uint8Array {
    const codeHash = account.state?.codeHash;
    if (codeHash === undefined) return NO_CODE;
    if (this.#code.size === 0) return this.before.code(codeHash);
    return this.#code.get(hashKey(codeHash))?.code ?? this.before.code(codeHash);
  }

  /** Sets the code of an account; empty code takes it away. */
  putCode(account: Account, code: Uint8Array): void {
    const { nonce, balance } = account.state ?? NOBODY;
    if (code.length === 0) {
      this.put(account, { nonce, balance });
      return;
    }
    const codeHash = keccak256(code);
    this.#code.set(hashKey(codeHash), { codeHash, code });
    this.put(account, { nonce, balance, codeHash });
  }

  /** The slot of an account's storage whose key is the word at `a`. */
  slotAt(account: Account, s: Uint32Array, a: number): Slot {
    account.slots ??= new Map();
    const key = wordKey(s, a);
    let slot = account.slots.get(key);
    if (slot === undefined) {
      slot = this.#loadSlot(account, toBytes(s, a));
      account.slots.set(key, slot);
    }
    return slot;
  }

  #loadSlot(account: Account, key: Hash): Slot {
    const original = bytesWord(this.before.storage(account.address, key));
    return new Slot(key, original, account.cleared ? ZERO_WORD : original);
  }

  /** The slot with a key of 32 bytes. */
  slot(account: Account, key: Hash): Slot {
    putBytes(this.#word, 0, key, 0, key.length);
    return this.slotAt(account, this.#word, 0);
  }

  putSlot(slot: Slot | TransientSlot, value: Word): void {
    this.#undo.push({ what: 'slot', slot, previous: slot.value });
    slot.value = value;
  }

  /** The slot of an account's transient storage whose key is the word at `a`. */
  transientAt(account: Account, s: Uint32Array, a: number): TransientSlot {
    account.transient ??= new Map();
    const key = wordKey(s, a);
    let slot = account.transient.get(key);
    if (slot === undefined) {
      slot = new TransientSlot();
      account.transient.set(key, slot);
    }
    return slot;
  }

  clearStorage(account: Account): void {
    if (account.slots === undefined && (account.cleared || !this.before.hasStorage(account.address))) return;
    this.#undo.push({ what: 'storage', account, previous: account.slots, cleared: account.cleared });
    account.slots = undefined;
    account.cleared = true;
  }

  /** False when the account surely has no storage: none before, or all cleared since, and none written. */
  hasStorage(account: Account): boolean {
    for (const { value } of account.slots?.values() ?? []) if (!isZeroWord(value)) return true;
    return !account.cleared && this.before.hasStorage(account.address);
  }

  mark(): Mark {
    return { changes: this.#undo.length, logs: this.logs.length, refund: this.refund };
  }

  /** Undoes what was done since `mark`. */
  goBack(mark: Mark): void {
    while (this.#undo.length > mark.changes) undo(this.#undo.pop() as Undo);
    this.logs.length = mark.logs;
    this.refund = mark.refund;
  }

  /** Removes the accounts that are marked for it, and, if `alsoEmpty` (EIP-161), those touched and empty. */
  sweep(alsoEmpty: boolean): void {
    for (const account of this.#accounts.values()) {
      if (account.destroyed) this.remove(account);
      else if (alsoEmpty && account.touched && account.state !== undefined && isEmpty(account.state)) {
        if (account.before === undefined) account.state = undefined;
        else this.remove(account);
      }
    }
  }

  /** Everything that is different now, in an order that depends on nothing but the transaction. */
  changes(): StateChanges {
    const clearedStorage: Address[] = [];
    const accounts: { address: Address; account: AccountState | undefined }[] = [];
    const storage: { address: Address; slot: Hash; value: Uint8Array }[] = [];
    for (const account of this.#accounts.values()) {
      const { address, state, slots, cleared } = account;
      if (state !== account.before) accounts.push({ address, account: state });
      if (cleared) clearedStorage.push(address);
      for (const { key, original, value } of slots?.values() ?? []) {
        const unchanged = cleared ? isZeroWord(value) : value === original || equalWords(value, original);
        if (!unchanged) storage.push({ address, slot: key, value: wordBytes(value) });
      }
    }
    return { code: this.#newCode(), clearedStorage, accounts, storage };
  }

  /** Code that an account has now; what was undone or destroyed leaves none behind. */
  #newCode(): { readonly codeHash: Hash; readonly code: Uint8Array }[] {
    if (this.#code.size === 0) return [];
    const inUse = new Set<string>();
    for (const { state } of this.#accounts.values()) {
      if (state?.codeHash !== undefined) inUse.add(hashKey(state.codeHash));
    }
    return [...this.#code].filter(([key]) => inUse.has(key)).map(([, code]) => code);
  }
}
