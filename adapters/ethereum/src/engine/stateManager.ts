/**
 * The state manager that the EVM library asks for, over a journal. The library awaits every answer, so that plain
 * values do where its interface says promises, and cost less.
 */

import { bytesWord, Journal, type Mark, wordBytes } from '@coco/evm';
import { assert, equalBytes } from '@coco/primitives';
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { Account, type Address, KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util';
import { ZERO_HASH } from '../codec/keccak.js';
import type { AccountState, StateReader } from '../types.js';

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
  #journal = new Journal(NOTHING);
  #marks: Mark[] = [];
  /** Asked at every message within a message; throws to end the execution. */
  onCheckpoint: () => void = () => undefined;

  readonly originalStorageCache = {
    get: (address: Address, slot: Uint8Array) => wordBytes(this.#slot(address, slot).original),
    clear: () => undefined,
  };

  /** Another message runs now. */
  begin(journal: Journal): void {
    this.#journal = journal;
    this.#marks = [];
  }

  blockHash(number: number): Uint8Array | undefined {
    return this.#journal.before.blockHash(number);
  }

  #account(address: Address) {
    return this.#journal.account(address.bytes);
  }

  #slot(address: Address, slot: Uint8Array) {
    return this.#journal.slot(this.#account(address), slot);
  }

  getAccount(address: Address): Account | undefined {
    const account = this.#account(address);
    if (account.state === undefined) return undefined;
    return new StoredAccount(account.state, () => this.#journal.hasStorage(account));
  }

  putAccount(address: Address, account?: Account): void {
    if (account === undefined) {
      this.deleteAccount(address);
      return;
    }
    const { nonce, balance, codeHash } = account;
    const code = equalBytes(codeHash, KECCAK256_NULL) ? {} : { codeHash };
    this.#journal.put(this.#account(address), { nonce, balance, ...code });
  }

  deleteAccount(address: Address): void {
    this.#journal.remove(this.#account(address));
  }

  modifyAccountFields(address: Address, fields: AccountFields): void {
    const account = this.getAccount(address) ?? new Account();
    this.putAccount(address, Object.assign(account, fields));
  }

  putCode(address: Address, code: Uint8Array): void {
    this.#journal.putCode(this.#account(address), code);
  }

  getCode(address: Address): Uint8Array {
    return this.#journal.code(this.#account(address));
  }

  getCodeSize(address: Address): number {
    return this.getCode(address).length;
  }

  getStorage(address: Address, slot: Uint8Array): Uint8Array {
    return wordBytes(this.#slot(address, slot).value);
  }

  putStorage(address: Address, slot: Uint8Array, value: Uint8Array): void {
    this.#journal.putSlot(this.#slot(address, slot), bytesWord(value));
  }

  clearStorage(address: Address): void {
    this.#journal.clearStorage(this.#account(address));
  }

  checkpoint(): void {
    this.onCheckpoint();
    this.#marks.push(this.#journal.mark());
  }

  commit(): void {
    this.#marks.pop();
  }

  revert(): void {
    const mark = this.#marks.pop();
    assert(mark !== undefined, 'a revert follows a checkpoint');
    this.#journal.goBack(mark);
  }

  clearCaches(): void {}

  /** As the library's type, of which the EVM calls no more than what is here. */
  asInterface(): StateManagerInterface {
    return this as unknown as StateManagerInterface;
  }
}
