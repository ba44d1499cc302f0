/**
 * One execution to be compared, as plain data that can be taken apart: a world, and a transaction or a call in it.
 */
import type {
  Address,
  BlockEnvironment,
  CallMessage,
  EthereumItem,
  ExecutionContext,
  ForkRules,
  Hash,
} from '../../types.js';
import { MemoryState } from '../memoryState.js';
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
export function contextOf({ environment, rules, accounts }: FuzzCase): ExecutionContext {
  const state = new MemoryState();
  for (const account of accounts) state.put({ ...account, code: accountCode(account) });
  return { state, environment, rules };
}
