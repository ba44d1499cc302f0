/**
 * One execution to be compared, as plain data that can be taken apart: a world, and a transaction or a call in it.
 */
import { toHex } from '@coco/primitives';
import { mapKey } from '../../codec/address.js';
import { keccak256 } from '../../codec/keccak.js';
import { trimZeros } from '../../codec/quantity.js';
import type {
  AccountState,
  Address,
  BlockEnvironment,
  CallMessage,
  EthereumItem,
  ExecutionContext,
  ForkRules,
  Hash,
  StateReader,
} from '../../types.js';
import { assembleProgram, type Program } from './program.js';

/** An account before the execution. */
export interface FuzzAccount {
  readonly address: Address;
  readonly nonce: bigint;
  readonly balance: bigint;
  /** Absent: no code. */
  readonly code?: Program | Uint8Array;
  /** By slot; no value is zero. */
  readonly storage: readonly (readonly [slot: Hash, value: Hash])[];
}

/** What is executed. */
export type FuzzAction =
  | { readonly kind: 'transaction'; readonly item: EthereumItem; readonly initcode?: Program }
  | { readonly kind: 'call'; readonly message: CallMessage; readonly initcode?: Program };

/** All that an execution depends on. */
export interface FuzzCase {
  readonly rules: ForkRules;
  readonly environment: BlockEnvironment;
  readonly accounts: readonly FuzzAccount[];
  readonly action: FuzzAction;
}

/** The code of an account as bytes. */
export function accountCode({ code }: FuzzAccount): Uint8Array {
  if (code === undefined) return new Uint8Array(0);
  return code instanceof Uint8Array ? code : assembleProgram(code);
}

/** The action with its init code, if it has any, in its data. */
export function assembledAction(action: FuzzAction): FuzzAction {
  if (action.initcode === undefined) return action;
  const data = assembleProgram(action.initcode);
  if (action.kind === 'call') return { ...action, message: { ...action.message, data } };
  return { ...action, item: { ...action.item, transaction: { ...action.item.transaction, data } } };
}

/** The context of an execution over the accounts of a case, which it only reads. */
export function contextOf(fuzzCase: FuzzCase): ExecutionContext {
  const { environment, rules, accounts } = fuzzCase;
  return { state: readerOf(accounts), environment, rules };
}

function readerOf(accounts: readonly FuzzAccount[]): StateReader {
  const states = new Map<string, AccountState>();
  const codes = new Map<string, Uint8Array>();
  const storage = new Map<string, Uint8Array>();
  const withStorage = new Set<string>();
  for (const account of accounts) {
    const { address, nonce, balance } = account;
    const code = accountCode(account);
    const codeHash = keccak256(code);
    if (code.length > 0) codes.set(mapKey(codeHash), code);
    states.set(mapKey(address), code.length > 0 ? { nonce, balance, codeHash } : { nonce, balance });
    for (const [slot, value] of account.storage) {
      storage.set(mapKey(address) + mapKey(slot), trimZeros(value));
      withStorage.add(mapKey(address));
    }
  }
  return {
    account: (address) => states.get(mapKey(address)),
    code(codeHash) {
      const code = codes.get(mapKey(codeHash));
      if (code === undefined) throw new Error(`asked for a code that nobody has: ${toHex(codeHash)}`);
      return code;
    },
    storage: (address, slot) => storage.get(mapKey(address) + mapKey(slot)) ?? new Uint8Array(0),
    hasStorage: (address) => withStorage.has(mapKey(address)),
    blockHash: (number) => keccak256(Uint8Array.from([number & 255, (number >> 8) & 255])),
  };
}
