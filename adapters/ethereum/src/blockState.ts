/**
 * The state while a block is made: rows of the store, under the changes of the transactions executed so far. Nothing
 * reaches the store until the block is finished, so that a transaction that is refused leaves no trace, and an
 * account that a hundred transactions change is written once.
 */

import { sha256 } from '@coco/crypto';
import type { Reader, Transaction } from '@coco/kv';
import { compareBytes, utf8 } from '@coco/primitives';
import { readBlockHash } from './chain.js';
import type { CodeCache } from './codeCache.js';
import { mapKey } from './codec/address.js';
import { decodeAccount, encodeAccount, prefixEnd, storageKey, TABLES } from './tables.js';
import type { AccountState, Address, Hash, StateChanges, StateReader } from './types.js';

interface CachedAccount {
  readonly address: Address;
  /** As in the store. */
  readonly before: AccountState | undefined;
  now: AccountState | undefined;
}

interface CachedSlot {
  readonly slot: Hash;
  /** As in the store; empty when it has no such row. */
  readonly before: Uint8Array;
  now: Uint8Array;
}

interface CachedStorage {
  readonly address: Address;
  readonly slots: Map<string, CachedSlot>;
  /** All rows of the store are gone, whatever they say. */
  cleared: boolean;
}

const NO_BYTES = new Uint8Array(0);

export class BlockState implements StateReader {
  readonly #reader: Reader;
  readonly #codes: CodeCache;
  readonly #accounts = new Map<string, CachedAccount>();
  readonly #storage = new Map<string, CachedStorage>();
  readonly #newCode = new Map<string, { readonly codeHash: Hash; readonly code: Uint8Array }>();

  constructor(reader: Reader, codes: CodeCache) {
    this.#reader = reader;
    this.#codes = codes;
  }

  account(address: Address): AccountState | undefined {
    return this.#cachedAccount(address).now;
  }

  #cachedAccount(address: Address): CachedAccount {
    const key = mapKey(address);
    let cached = this.#accounts.get(key);
    if (cached === undefined) {
      const row = this.#reader.get(TABLES.accounts, address);
      const before = row === undefined ? undefined : decodeAccount(row);
      cached = { address, before, now: before };
      this.#accounts.set(key, cached);
    }
    return cached;
  }

  code(codeHash: Hash): Uint8Array {
    return this.#newCode.get(mapKey(codeHash))?.code ?? this.#codes.read(this.#reader, codeHash);
  }

  storage(address: Address, slot: Hash): Uint8Array {
    const storage = this.#cachedStorage(address);
    return this.#cachedSlot(storage, slot).now;
  }

  #cachedStorage(address: Address): CachedStorage {
    const key = mapKey(address);
    let cached = this.#storage.get(key);
    if (cached === undefined) {
      cached = { address, slots: new Map(), cleared: false };
      this.#storage.set(key, cached);
    }
    return cached;
  }

  #cachedSlot(storage: CachedStorage, slot: Hash): CachedSlot {
    const key = mapKey(slot);
    let cached = storage.slots.get(key);
    if (cached === undefined) {
      const before = this.#reader.get(TABLES.storage, storageKey(storage.address, slot)) ?? NO_BYTES;
      cached = { slot, before, now: storage.cleared ? NO_BYTES : before };
      storage.slots.set(key, cached);
    }
    return cached;
  }

  hasStorage(address: Address): boolean {
    const storage = this.#cachedStorage(address);
    for (const { now } of storage.slots.values()) if (now.length > 0) return true;
    if (storage.cleared) return false;
    for (const { key } of this.#storedRows(address)) {
      const known = storage.slots.get(mapKey(key.subarray(20)));
      if (known === undefined || known.now.length > 0) return true;
    }
    return false;
  }

  #storedRows(address: Address) {
    const to = prefixEnd(address);
    return this.#reader.range(TABLES.storage, to === undefined ? { from: address } : { from: address, to });
  }

  blockHash(number: number): Hash | undefined {
    return readBlockHash(this.#reader, number);
  }

  /** Makes the changes of one transaction; they are seen by the next. */
  apply(changes: StateChanges): void {
    for (const entry of changes.code) this.#newCode.set(mapKey(entry.codeHash), entry);
    for (const address of changes.clearedStorage) {
      const storage = this.#cachedStorage(address);
      storage.cleared = true;
      for (const slot of storage.slots.values()) slot.now = NO_BYTES;
    }
    for (const { address, account } of changes.accounts) this.#cachedAccount(address).now = account;
    for (const { address, slot, value } of changes.storage) {
      this.#cachedSlot(this.#cachedStorage(address), slot).now = value;
    }
  }

  /**
   * Writes to `transaction` what is different now, and returns a digest of it: SHA-256 over all rows, sorted, as
   * table name · 0 · key length u32 · key · value length u32 · value (a removed row: length 0).
   */
  flush(transaction: Transaction): Hash {
    const rows: Row[] = [...this.#changedAccounts(), ...this.#changedStorage()];
    for (const { codeHash, code } of this.#newCode.values()) {
      if (!this.#reader.has(TABLES.code, codeHash))
        rows.push({ table: TABLES.code, key: codeHash, value: code });
    }
    rows.sort((a, b) => (a.table === b.table ? compareBytes(a.key, b.key) : a.table < b.table ? -1 : 1));
    const parts: Uint8Array[] = [];
    for (const { table, key, value } of rows) {
      if (value.length === 0) transaction.remove(table, key);
      else transaction.put(table, key, value);
      parts.push(TABLE_PREFIXES[table] as Uint8Array, lengthBytes(key), key, lengthBytes(value), value);
    }
    return sha256(...parts);
  }

  *#changedAccounts(): Iterable<Row> {
    for (const { address, before, now } of this.#accounts.values()) {
      if (sameAccount(before, now)) continue;
      yield {
        table: TABLES.accounts,
        key: address,
        value: now === undefined ? NO_BYTES : encodeAccount(now),
      };
    }
  }

  *#changedStorage(): Iterable<Row> {
    for (const { address, slots, cleared } of this.#storage.values()) {
      for (const { slot, before, now } of slots.values()) {
        if (compareBytes(before, now) === 0) continue;
        yield { table: TABLES.storage, key: storageKey(address, slot), value: now };
      }
      if (!cleared) continue;
      for (const { key } of this.#storedRows(address)) {
        if (!slots.has(mapKey(key.subarray(20)))) yield { table: TABLES.storage, key, value: NO_BYTES };
      }
    }
  }
}

interface Row {
  readonly table: string;
  readonly key: Uint8Array;
  /** Empty: the row is removed. */
  readonly value: Uint8Array;
}

const TABLE_PREFIXES: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  [TABLES.accounts, TABLES.code, TABLES.storage].map((table) => [table, utf8(`${table}\0`)]),
);

function lengthBytes(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, bytes.length, true);
  return out;
}

function sameAccount(a: AccountState | undefined, b: AccountState | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.nonce !== b.nonce || a.balance !== b.balance) return false;
  if (a.codeHash === undefined || b.codeHash === undefined) return a.codeHash === b.codeHash;
  return compareBytes(a.codeHash, b.codeHash) === 0;
}
