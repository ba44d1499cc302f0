/**
 * The state as one transaction sees it: what was there before, under what it has changed so far, with checkpoints to
 * which it can go back. Every engine executes over a journal; what is left in it at the end is the change set.
 */
import { assert } from '@coco/primitives';
import { fromMapKey, mapKey } from '../codec/address.js';
import { keccak256 } from '../codec/keccak.js';
import type { AccountState, Address, Hash, StateChanges, StateReader } from '../types.js';

interface AccountEntry {
  readonly address: Address;
  readonly account: AccountState | undefined;
}

interface SlotEntry {
  readonly slot: Hash;
  readonly value: Uint8Array;
}

const NO_CODE = new Uint8Array(0);
/** The precompile RIPEMD-160 stays touched even when the touching call is undone (EIP-161's exception of 2016). */
const STAYS_TOUCHED = mapKey(Uint8Array.from({ length: 20 }, (_, i) => (i === 19 ? 3 : 0)));

export class Journal {
  readonly #before: StateReader;
  readonly #accounts = new Map<string, AccountEntry>();
  readonly #storage = new Map<string, Map<string, SlotEntry>>();
  readonly #cleared = new Set<string>();
  readonly #touched = new Set<string>();
  readonly #addresses = new Map<string, Address>();
  readonly #code = new Map<string, { readonly codeHash: Hash; readonly code: Uint8Array }>();
  readonly #undo: (() => void)[] = [];
  readonly #checkpoints: number[] = [];

  constructor(before: StateReader) {
    this.#before = before;
  }

  account(address: Address): AccountState | undefined {
    const entry = this.#accounts.get(mapKey(address));
    return entry === undefined ? this.#before.account(address) : entry.account;
  }

  /** Writes an account, which also touches it: if it is empty at the end, it goes (EIP-161). */
  putAccount(address: Address, account: AccountState): void {
    const key = mapKey(address);
    this.#setAccount(key, { address, account });
    this.#touch(key);
  }

  /** Removes an account with all of its storage. */
  deleteAccount(address: Address): void {
    const key = mapKey(address);
    this.#setAccount(key, { address, account: undefined });
    this.clearStorage(address);
  }

  #setAccount(key: string, entry: AccountEntry): void {
    const previous = this.#accounts.get(key);
    this.#accounts.set(key, entry);
    this.#undo.push(() => restore(this.#accounts, key, previous));
  }

  #touch(key: string): void {
    if (this.#touched.has(key)) return;
    this.#touched.add(key);
    if (key !== STAYS_TOUCHED) this.#undo.push(() => this.#touched.delete(key));
  }

  /** Code of an account; empty when it has none. */
  code(address: Address): Uint8Array {
    const codeHash = this.account(address)?.codeHash;
    if (codeHash === undefined) return NO_CODE;
    return this.#code.get(mapKey(codeHash))?.code ?? this.#before.code(codeHash);
  }

  /** Sets the code of an account; empty code takes it away. */
  putCode(address: Address, code: Uint8Array): void {
    const { nonce, balance } = this.account(address) ?? { nonce: 0n, balance: 0n };
    if (code.length === 0) {
      this.putAccount(address, { nonce, balance });
      return;
    }
    const codeHash = keccak256(code);
    this.#code.set(mapKey(codeHash), { codeHash, code });
    this.putAccount(address, { nonce, balance, codeHash });
  }

  /** Value of a slot without leading zeros. */
  storage(address: Address, slot: Hash): Uint8Array {
    const key = mapKey(address);
    const entry = this.#storage.get(key)?.get(mapKey(slot));
    if (entry !== undefined) return entry.value;
    return this.#cleared.has(key) ? NO_CODE : this.#before.storage(address, slot);
  }

  /** Value of a slot before this transaction. */
  originalStorage(address: Address, slot: Hash): Uint8Array {
    return this.#before.storage(address, slot);
  }

  /** `value` without leading zeros; empty for zero. */
  putStorage(address: Address, slot: Hash, value: Uint8Array): void {
    const key = mapKey(address);
    let slots = this.#storage.get(key);
    if (slots === undefined) {
      slots = new Map();
      this.#storage.set(key, slots);
      this.#addresses.set(key, address);
    }
    const slotKey = mapKey(slot);
    const previous = slots.get(slotKey);
    const written = slots;
    written.set(slotKey, { slot, value });
    this.#undo.push(() => restore(written, slotKey, previous));
  }

  clearStorage(address: Address): void {
    const key = mapKey(address);
    const slots = this.#storage.get(key);
    const wasCleared = this.#cleared.has(key);
    if (slots === undefined && (wasCleared || !this.#before.hasStorage(address))) return;
    this.#storage.delete(key);
    this.#cleared.add(key);
    this.#addresses.set(key, address);
    this.#undo.push(() => {
      restore(this.#storage, key, slots);
      if (!wasCleared) this.#cleared.delete(key);
    });
  }

  /** False when the account surely has no storage: none before, or all cleared since, and none written. */
  hasStorage(address: Address): boolean {
    const key = mapKey(address);
    for (const { value } of this.#storage.get(key)?.values() ?? []) if (value.length > 0) return true;
    return !this.#cleared.has(key) && this.#before.hasStorage(address);
  }

  blockHash(number: number): Hash | undefined {
    return this.#before.blockHash(number);
  }

  checkpoint(): void {
    this.#checkpoints.push(this.#undo.length);
  }

  /** Keeps what was done since the last checkpoint. */
  commit(): void {
    assert(this.#checkpoints.pop() !== undefined, 'a commit follows a checkpoint');
  }

  /** Undoes what was done since the last checkpoint. */
  revert(): void {
    const length = this.#checkpoints.pop();
    assert(length !== undefined, 'a revert follows a checkpoint');
    while (this.#undo.length > length) this.#undo.pop()?.();
  }

  /** Removes accounts that were touched and are empty (EIP-161, from Spurious Dragon on). */
  removeEmptyTouched(): void {
    for (const key of this.#touched) {
      const address = fromMapKey(key);
      const account = this.account(address);
      if (account === undefined || !isEmpty(account)) continue;
      if (this.#before.account(address) === undefined) this.#accounts.delete(key);
      else this.deleteAccount(address);
    }
  }

  /** Everything that is different now, in an order that does not depend on the way there. */
  changes(): StateChanges {
    const storage = [];
    for (const [key, slots] of this.#storage) {
      const address = this.#addresses.get(key) as Address;
      for (const { slot, value } of slots.values()) storage.push({ address, slot, value });
    }
    return {
      code: [...this.#code.values()],
      clearedStorage: [...this.#cleared].map((key) => this.#addresses.get(key) as Address),
      accounts: [...this.#accounts.values()],
      storage,
    };
  }
}

function restore<Value>(map: Map<string, Value>, key: string, previous: Value | undefined): void {
  if (previous === undefined) map.delete(key);
  else map.set(key, previous);
}

/** EIP-161: nonce 0, no balance, no code. */
export function isEmpty(account: AccountState): boolean {
  return account.nonce === 0n && account.balance === 0n && account.codeHash === undefined;
}
