/**
 * A little world for this room's tests: accounts in maps, and messages that run in it and leave their changes there.
 */
import { fromHex, toHex } from '@coco/primitives';
import { createEvm, type Evm } from '../createEvm.js';
import { keccak256 } from '../keccak.js';
import type { Tracer } from '../tracer.js';
import type {
  AccountState,
  Address,
  BlockEnvironment,
  CallMessage,
  CallOutcome,
  Execution,
  ExecutionContext,
  ForkName,
  StateChanges,
  StateReader,
  TransactionFields,
  TransactionOutcome,
} from '../types.js';
import { bigIntBytes } from '../words/bigIntBytes.js';
import { assemble } from './assemble.js';

const NO_BYTES = new Uint8Array(0);

/** The address that ends in this number. */
export function addressOf(number: number): Address {
  const address = new Uint8Array(20);
  address[18] = number >> 8;
  address[19] = number;
  return address;
}

/** 32 bytes of a number. */
export function word(value: bigint): Uint8Array {
  const bytes = bigIntBytes(value);
  const padded = new Uint8Array(32);
  padded.set(bytes, 32 - bytes.length);
  return padded;
}

/** The number in bytes. */
export function numberIn(bytes: Uint8Array): bigint {
  return BigInt(`0x0${toHex(bytes)}`);
}

/** Who sends everything, and where code is put unless something else is said. */
export const ALICE = addressOf(0xa11c);
export const CONTRACT = addressOf(0xc0de);
export const COINBASE = addressOf(0xc01b);

export class World implements StateReader {
  readonly accounts = new Map<string, AccountState>();
  readonly slots = new Map<string, Uint8Array>();
  readonly codes = new Map<string, Uint8Array>();
  fork: ForkName;
  environment: BlockEnvironment = {
    number: 1000,
    timestamp: 1_700_000_000,
    coinbase: COINBASE,
    gasLimit: 2n ** 40n,
    baseFee: 0n,
    difficulty: 7n,
    prevRandao: word(9n),
    blobBaseFee: 3n,
  };
  expired: (() => boolean) | undefined;
  readonly evm: Evm;

  constructor(fork: ForkName, evm = createEvm()) {
    this.fork = fork;
    this.evm = evm;
    this.put(ALICE, { balance: 10n ** 18n });
  }

  /** Puts an account there; `code` is source for the assembler, or bytes. */
  put(
    address: Address,
    {
      nonce = 0n,
      balance = 0n,
      code = NO_BYTES,
      storage = {},
    }: {
      readonly nonce?: bigint;
      readonly balance?: bigint;
      readonly code?: string | Uint8Array;
      readonly storage?: Readonly<Record<number, bigint>>;
    },
  ): this {
    const bytes = typeof code === 'string' ? assemble(code) : code;
    const codeHash = keccak256(bytes);
    this.codes.set(toHex(codeHash), bytes);
    const state = bytes.length === 0 ? { nonce, balance } : { nonce, balance, codeHash };
    this.accounts.set(toHex(address), state);
    for (const [slot, value] of Object.entries(storage)) {
      this.slots.set(`${toHex(address)}/${toHex(word(BigInt(slot)))}`, bigIntBytes(value));
    }
    return this;
  }

  account(address: Address): AccountState | undefined {
    return this.accounts.get(toHex(address));
  }

  code(codeHash: Uint8Array): Uint8Array {
    return this.codes.get(toHex(codeHash)) ?? NO_BYTES;
  }

  storage(address: Address, slot: Uint8Array): Uint8Array {
    return this.slots.get(`${toHex(address)}/${toHex(slot)}`) ?? NO_BYTES;
  }

  hasStorage(address: Address): boolean {
    return [...this.slots.keys()].some((key) => key.startsWith(toHex(address)));
  }

  blockHash(number: number): Uint8Array {
    return word(BigInt(number));
  }

  apply({ code, clearedStorage, accounts, storage }: StateChanges): void {
    for (const { codeHash, code: bytes } of code) this.codes.set(toHex(codeHash), bytes);
    for (const address of clearedStorage) {
      for (const key of [...this.slots.keys()]) if (key.startsWith(toHex(address))) this.slots.delete(key);
    }
    for (const { address, account } of accounts) {
      if (account === undefined) this.accounts.delete(toHex(address));
      else this.accounts.set(toHex(address), account);
    }
    for (const { address, slot, value } of storage) {
      const key = `${toHex(address)}/${toHex(slot)}`;
      if (value.length === 0) this.slots.delete(key);
      else this.slots.set(key, value);
    }
  }

  get context(): ExecutionContext {
    const { environment, fork, expired } = this;
    const rules = { chainId: 1n, fork };
    return { state: this, environment, rules, ...(expired === undefined ? {} : { expired }) };
  }

  /** Value of a slot of an account. */
  slot(number: number, address = CONTRACT): bigint {
    return numberIn(this.storage(address, word(BigInt(number))));
  }

  balance(address: Address): bigint {
    return this.account(address)?.balance ?? 0n;
  }

  tryCall(message: Partial<CallMessage> = {}, tracer?: Tracer): CallOutcome {
    const blank = {
      from: ALICE,
      to: CONTRACT,
      gasLimit: 1_000_000n,
      gasPrice: 0n,
      value: 0n,
      data: NO_BYTES,
    };
    return this.evm.call({ ...blank, ...message }, this.context, tracer);
  }

  /** Calls the contract, and keeps what it changed. */
  call(message: Partial<CallMessage> = {}, tracer?: Tracer): Execution {
    const outcome = this.tryCall(message, tracer);
    if (outcome.outcome === 'refused') throw new Error(outcome.refusal.reason);
    this.apply(outcome.changes);
    return outcome.execution;
  }

  /** Runs `code` as the contract's; answers what it did. */
  run(code: string | Uint8Array, message: Partial<CallMessage> = {}): Execution {
    const { balance = 0n, nonce = 0n } = this.account(CONTRACT) ?? {};
    this.put(CONTRACT, { code, balance, nonce });
    return this.call(message);
  }

  /** What code without operands of its own leaves on the stack. */
  topOf(code: string): bigint {
    return numberIn(this.run(`${code} 0 MSTORE 32 0 RETURN`).output);
  }

  /** Executes a transaction of Alice's, and keeps what it changed. */
  send(fields: Partial<TransactionFields> = {}): TransactionOutcome {
    const nonce = this.account(ALICE)?.nonce ?? 0n;
    const blank = { type: 0, nonce, gasLimit: 1_000_000n, gasPrice: 0n, value: 0n, data: NO_BYTES };
    const fees = { chainId: 1n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, accessList: [] };
    const to = 'to' in fields ? {} : { to: CONTRACT };
    const transaction = { ...blank, ...(fields.type === undefined ? {} : fees), ...to, ...fields };
    const item = { transaction: transaction as TransactionFields, sender: ALICE };
    const outcome = this.evm.execute(item, this.context);
    if (outcome.outcome === 'executed') this.apply(outcome.changes);
    return outcome;
  }
}

/** Bytes of hexadecimal. */
export function hex(text: string): Uint8Array {
  return fromHex(text) ?? NO_BYTES;
}
