/**
 * A state in plain maps, for engines that are tested or measured without a store.
 */
import { toHex } from '@coco/primitives';
import { fromMapKey, mapKey } from '../codec/address.js';
import { keccak256 } from '../codec/keccak.js';
import { trimZeros } from '../codec/quantity.js';
import type { AccountState, Address, Hash, StateChanges, StateReader } from '../types.js';

/** An account as it is put into a state. */
export interface MemoryAccount {
  readonly address: Address;
  readonly nonce: bigint;
  readonly balance: bigint;
  /** Empty: none. */
  readonly code: Uint8Array;
  readonly storage: readonly (readonly [slot: Hash, value: Uint8Array])[];
}

const NO_BYTES = new Uint8Array(0);

/** Accounts, code and storage by what names them. */
export class MemoryState implements StateReader {
  readonly #accounts = new Map<string, AccountState>();
  readonly #codes = new Map<string, Uint8Array>();
  readonly #storage = new Map<string, Map<string, Uint8Array>>();

  put({ address, nonce, balance, code, storage }: MemoryAccount): void {
    const key = mapKey(address);
    if (code.length === 0) this.#accounts.set(key, { nonce, balance });
    else {
      const codeHash = keccak256(code);
      this.#codes.set(mapKey(codeHash), code);
      this.#accounts.set(key, { nonce, balance, codeHash });
    }
    for (const [slot, value] of storage) this.#write(key, slot, trimZeros(value));
  }

  /** Does what an execution says it did. */
  apply({ code, clearedStorage, accounts, storage }: StateChanges): void {
    for (const { codeHash, code: bytes } of code) this.#codes.set(mapKey(codeHash), bytes);
    for (const address of clearedStorage) this.#storage.delete(mapKey(address));
    for (const { address, account } of accounts) {
      if (account === undefined) this.#accounts.delete(mapKey(address));
      else this.#accounts.set(mapKey(address), account);
    }
    for (const { address, slot, value } of storage) this.#write(mapKey(address), slot, value);
  }

  #write(key: string, slot: Hash, value: Uint8Array): void {
    let slots = this.#storage.get(key);
    if (slots === undefined) {
      slots = new Map();
      this.#storage.set(key, slots);
    }
    if (value.length === 0) slots.delete(mapKey(slot));
    else slots.set(mapKey(slot), value);
  }

  /** The same state, which can be changed apart from this one. */
  copy(): MemoryState {
    const copy = new MemoryState();
    for (const [key, account] of this.#accounts) copy.#accounts.set(key, account);
    for (const [key, code] of this.#codes) copy.#codes.set(key, code);
    for (const [key, slots] of this.#storage) copy.#storage.set(key, new Map(slots));
    return copy;
  }

  /** All that is here. */
  *all(): Generator<MemoryAccount> {
    for (const [key, { nonce, balance, codeHash }] of this.#accounts) {
      const code = codeHash === undefined ? NO_BYTES : this.code(codeHash);
      const slots = [...(this.#storage.get(key) ?? [])];
      const storage = slots.map(([slot, value]) => [fromMapKey(slot), value] as const);
      yield { address: fromMapKey(key), nonce, balance, code, storage };
    }
  }

  account(address: Address): AccountState | undefined {
    return this.#accounts.get(mapKey(address));
  }

  code(codeHash: Hash): Uint8Array {
    const code = this.#codes.get(mapKey(codeHash));
    if (code === undefined) throw new Error(`asked for a code that nobody has: ${toHex(codeHash)}`);
    return code;
  }

  storage(address: Address, slot: Hash): Uint8Array {
    return this.#storage.get(mapKey(address))?.get(mapKey(slot)) ?? NO_BYTES;
  }

  hasStorage(address: Address): boolean {
    return (this.#storage.get(mapKey(address))?.size ?? 0) > 0;
  }

  /** Every number has one. */
  blockHash(number: number): Hash {
    return keccak256(Uint8Array.from([number & 255, (number >> 8) & 255]));
  }
}
