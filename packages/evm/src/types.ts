/**
 * The words of the EVM: what it is given (transactions, blocks, a state to read) and what it answers (an execution and
 * its changes). All plain data.
 *
 * Conventions: bytes are `Uint8Array` (an `Address` has 20, a `Hash` 32); amounts that clients choose (nonce, gas,
 * wei, chain id) are `bigint`; positions that the chain itself counts (block number, time) are `number`.
 */
import type { Refusal } from './refusal.js';

export type { Refusal };

/** 20 bytes. */
export type Address = Uint8Array;
/** 32 bytes. */
export type Hash = Uint8Array;

/** One entry of an access list (EIP-2930). */
export interface AccessListEntry {
  readonly address: Address;
  readonly storageKeys: readonly Hash[];
}

/** One signed delegation of an account to code (EIP-7702). The authority is recovered when it is executed. */
export interface Authorization {
  readonly chainId: bigint;
  readonly address: Address;
  readonly nonce: bigint;
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
}

/** What every transaction has that matters to its execution. */
export interface TransactionFieldsBase {
  /** Below 2^64. */
  readonly nonce: bigint;
  /** Below 2^64. */
  readonly gasLimit: bigint;
  /** Absent: creates a contract. */
  readonly to?: Address;
  /** Wei, below 2^256. */
  readonly value: bigint;
  readonly data: Uint8Array;
}

/** Type 0; `chainId` is absent before EIP-155. */
export interface LegacyFields extends TransactionFieldsBase {
  readonly type: 0;
  readonly chainId?: bigint;
  readonly gasPrice: bigint;
}

/** EIP-2930. */
export interface AccessListFields extends TransactionFieldsBase {
  readonly type: 1;
  readonly chainId: bigint;
  readonly gasPrice: bigint;
  readonly accessList: readonly AccessListEntry[];
}

/** EIP-1559. */
export interface FeeMarketFields extends TransactionFieldsBase {
  readonly type: 2;
  readonly chainId: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly accessList: readonly AccessListEntry[];
}

/** EIP-4844, without the sidecar. */
export interface BlobFields extends TransactionFieldsBase {
  readonly type: 3;
  readonly to: Address;
  readonly chainId: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly accessList: readonly AccessListEntry[];
  readonly maxFeePerBlobGas: bigint;
  readonly blobVersionedHashes: readonly Hash[];
}

/** EIP-7702. */
export interface SetCodeFields extends TransactionFieldsBase {
  readonly type: 4;
  readonly to: Address;
  readonly chainId: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly accessList: readonly AccessListEntry[];
  readonly authorizationList: readonly Authorization[];
}

/** A transaction as far as its execution depends on it: without its signature, bytes and hash. */
export type TransactionFields =
  | LegacyFields
  | AccessListFields
  | FeeMarketFields
  | BlobFields
  | SetCodeFields;

/** A transaction with the account that signed it. */
export interface SentTransaction {
  readonly transaction: TransactionFields;
  readonly sender: Address;
}

/** One event of a contract (LOG0..LOG4). */
export interface Log {
  readonly address: Address;
  /** 0..4. */
  readonly topics: readonly Hash[];
  readonly data: Uint8Array;
}

/** Mainnet's rule sets in order of activation. */
export type ForkName =
  | 'frontier'
  | 'homestead'
  | 'dao'
  | 'tangerineWhistle'
  | 'spuriousDragon'
  | 'byzantium'
  | 'constantinople'
  | 'petersburg'
  | 'istanbul'
  | 'muirGlacier'
  | 'berlin'
  | 'london'
  | 'arrowGlacier'
  | 'grayGlacier'
  | 'paris'
  | 'shanghai'
  | 'cancun'
  | 'prague'
  | 'osaka';

/** Which rules hold in one block: see `forkRules` and `isActive` in forks.ts. */
export interface ForkRules {
  readonly chainId: bigint;
  readonly fork: ForkName;
}

/** When a chain's rules change: part of geth's `config`. */
export interface ForkSchedule {
  /** Below 2^64. */
  readonly chainId: bigint;
  /** Activation by block number (up to paris) or by time in seconds (from shanghai on). Absent means never. */
  readonly activations: Readonly<Partial<Record<ForkName, number>>>;
}

/** What code can learn about the block that it runs in. */
export interface BlockEnvironment {
  readonly number: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly coinbase: Address;
  readonly gasLimit: bigint;
  /** Wei; 0 before London. */
  readonly baseFee: bigint;
  /** 0 from Paris on. */
  readonly difficulty: bigint;
  /** Shown by PREVRANDAO from Paris on. */
  readonly prevRandao: Hash;
  /** Wei per blob gas (Cancun). */
  readonly blobBaseFee: bigint;
}

/** An account's state. An account that is not there has nonce 0, no balance and no code. */
export interface AccountState {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** Keccak-256 of the code; absent when there is none. */
  readonly codeHash?: Hash;
}

/** What an execution may read. Returned bytes must not be written to, by either side. */
export interface StateReader {
  account(address: Address): AccountState | undefined;
  /** Code by its hash; asking for a hash that no account has is a bug. */
  code(codeHash: Hash): Uint8Array;
  /** Value of a slot (32-byte key) without leading zeros; empty when it is zero. */
  storage(address: Address, slot: Hash): Uint8Array;
  /** True when the account has any storage left (EIP-7610). */
  hasStorage(address: Address): boolean;
  /** Hash of an earlier block, or undefined when there is none. */
  blockHash(number: number): Hash | undefined;
}

/** What an execution changed, as data; the caller decides whether it happens. Apply in the order of the fields. */
export interface StateChanges {
  readonly code: readonly { readonly codeHash: Hash; readonly code: Uint8Array }[];
  /** Accounts all of whose storage goes, before `storage` is written. */
  readonly clearedStorage: readonly Address[];
  /** `undefined`: the account is removed. */
  readonly accounts: readonly { readonly address: Address; readonly account: AccountState | undefined }[];
  /** Values without leading zeros; empty removes the slot. */
  readonly storage: readonly { readonly address: Address; readonly slot: Hash; readonly value: Uint8Array }[];
}

/** How running code ended. `error` is absent on success; "revert" for REVERT, else a name such as "out of gas". */
export interface Execution {
  readonly status: 0 | 1;
  readonly gasUsed: bigint;
  readonly logs: readonly Log[];
  /** What was returned, or the data of a revert. */
  readonly output: Uint8Array;
  readonly error?: string;
  /** Present when a contract was to be created. */
  readonly createdAddress?: Address;
}

/** One message to be executed without a signature: eth_call, eth_estimateGas, system calls. */
export interface CallMessage {
  readonly from: Address;
  readonly to?: Address;
  readonly gasLimit: bigint;
  /** Wei per gas; 0 when no fee is to be charged. */
  readonly gasPrice: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList?: readonly AccessListEntry[];
  readonly authorizationList?: readonly Authorization[];
}

/** Where and how to execute. */
export interface ExecutionContext {
  readonly state: StateReader;
  readonly environment: BlockEnvironment;
  readonly rules: ForkRules;
  /** Asked now and then; true stops the execution with the refusal `timeout` (a limit besides gas). */
  readonly expired?: () => boolean;
}

/** A transaction was executed (successfully or not, it is part of the block), or may not be part of this block. */
export type TransactionOutcome =
  | {
      readonly outcome: 'executed';
      readonly execution: Execution;
      /** Wei per gas that was paid. */
      readonly effectiveGasPrice: bigint;
      readonly changes: StateChanges;
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** What a call gave; nothing is changed, unless the caller applies `changes` (only system calls do). */
export type CallOutcome =
  | { readonly outcome: 'executed'; readonly execution: Execution; readonly changes: StateChanges }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };
