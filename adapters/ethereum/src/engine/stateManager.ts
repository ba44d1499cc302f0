/**
 * The state manager that the EVM library asks for, over a journal. The library awaits every answer, so that plain
 * values do where its interface says promises, and cost less.
 */

import { equalBytes } from '@coco/primitives';
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { Account, type Address, KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util';
import { ZERO_HASH } from '../codec/keccak.js';
import { trimZeros } from '../codec/quantity.js';
import type { AccountState, StateReader } from '../types.js';
import { Journal } from './journal.js';

/** The state before the first message. */
const NOTHING: StateReader = {
  account: () => undefined,
  code: () => new Uint8Array(0),
  storage: () => new Uint8Array(0),
  hasStorage: () => false,
  blockHash: () => undefined,
};

/**
 * An account of the library's. Of its storage root only "empty or not" matters, and only where a contract is to be
 * created (EIP-7610): the storage is looked at when that is asked, since it means a scan.
 */
class StoredAccount extends Account {
  readonly #hasStorage: () => boolean;

  constructor({ nonce, balance, codeHash = KECCAK256_NULL }: AccountState, hasStorage: () => boolean) {
    super(nonce, balance, KECCAK256_RLP, codeHash);
    this.#hasStorage = hasStorage;
  }

  override get storageRoot(): Uint8Array {
    return this.#hasStorage() ? ZERO_HASH : KECCAK256_RLP;
  }

  override set storageRoot(_root: Uint8Array) {
    // Nobody keeps storage roots here.
  }
}

/** The methods of the interface that the EVM calls, answering at once. */
export class StateManager {
  /** The state of the message that runs now. */
  journal = new Journal(NOTHING);
  /** Asked at every message within a message; throws to end the execution. */
  onCheckpoint: () => void = () => undefined;

  readonly originalStorageCache = {
    get: (address: Address, slot: Uint8Array) => this.journal.originalStorage(address.bytes, slot),
    clear: () => undefined,
  };

  getAccount(address: Address): Account | undefined {
    const state = this.journal.account(address.bytes);
    if (state === undefined) return undefined;
    return new StoredAccount(state, () => this.journal.hasStorage(address.bytes));
  }

  putAccount(address: Address, account?: Account): void {
    if (account === undefined) {
      this.journal.deleteAccount(address.bytes);
      return;
    }
    const { nonce, balance, codeHash } = account;
    const code = equalBytes(codeHash, KECCAK256_NULL) ? {} : { codeHash };
    this.journal.putAccount(address.bytes, { nonce, balance, ...code });
  }

  deleteAccount(address: Address): void {
    this.journal.deleteAccount(address.bytes);
  }

  modifyAccountFields(address: Address, fields: AccountFields): void {
    const account = this.getAccount(address) ?? new Account();
    this.putAccount(address, Object.assign(account, fields));
  }

  putCode(address: Address, code: Uint8Array): void {
    this.journal.putCode(address.bytes, code);
  }

  getCode(address: Address): Uint8Array {
    return this.journal.code(address.bytes);
  }

  getCodeSize(address: Address): number {
    return this.journal.code(address.bytes).length;
  }

  getStorage(address: Address, slot: Uint8Array): Uint8Array {
    return this.journal.storage(address.bytes, slot);
  }

  putStorage(address: Address, slot: Uint8Array, value: Uint8Array): void {
    this.journal.putStorage(address.bytes, slot, trimZeros(value));
  }

  clearStorage(address: Address): void {
    this.journal.clearStorage(address.bytes);
  }

  checkpoint(): void {
    this.onCheckpoint();
    this.journal.checkpoint();
  }

  commit(): void {
    this.journal.commit();
  }

  revert(): void {
    this.journal.revert();
  }

  clearCaches(): void {}

  /** As the library's type, of which the EVM calls no more than what is here. */
  asInterface(): StateManagerInterface {
    return this as unknown as StateManagerInterface;
  }
}
