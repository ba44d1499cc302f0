/**
 * The words of the Ethereum adapter: transactions, blocks, receipts and the narrow interface of an EVM. All plain
 * data.
 *
 * Conventions: bytes are `Uint8Array` (an `Address` has 20, a `Hash` 32); amounts that clients choose (nonce, gas,
 * wei, chain id) are `bigint`; positions that the chain itself counts (block number, index, time) are `number`.
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

/** What every transaction has. */
interface TransactionBase {
  /** Keccak-256 of `raw`. */
  readonly hash: Hash;
  /** The canonical bytes that were decoded: what eth_sendRawTransaction takes and blocks are hashed over. */
  readonly raw: Uint8Array;
  /** Below 2^64. */
  readonly nonce: bigint;
  /** Below 2^64. */
  readonly gasLimit: bigint;
  /** Absent: creates a contract. */
  readonly to?: Address;
  /** Wei, below 2^256. */
  readonly value: bigint;
  readonly data: Uint8Array;
  /** 0 or 1: which of the two possible public keys. */
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
}

/** Type 0; `chainId` is absent before EIP-155. */
export interface LegacyTransaction extends TransactionBase {
  readonly type: 0;
  readonly chainId?: bigint;
  readonly gasPrice: bigint;
  /** As signed: 27, 28, or 35 + 2 × chainId + yParity. */
  readonly v: bigint;
}

/** EIP-2930. */
export interface AccessListTransaction extends TransactionBase {
  readonly type: 1;
  readonly chainId: bigint;
  readonly gasPrice: bigint;
  readonly accessList: readonly AccessListEntry[];
}

/** EIP-1559. */
export interface FeeMarketTransaction extends TransactionBase {
  readonly type: 2;
  readonly chainId: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly accessList: readonly AccessListEntry[];
}

/** EIP-4844, without the sidecar. Executed in blocks of others; from clients only where a setting allows it. */
export interface BlobTransaction extends TransactionBase {
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
export interface SetCodeTransaction extends TransactionBase {
  readonly type: 4;
  readonly to: Address;
  readonly chainId: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly accessList: readonly AccessListEntry[];
  readonly authorizationList: readonly Authorization[];
}

/** A transaction as decoded from its bytes; well-formed, its signature not yet recovered. */
export type EthereumTransaction =
  | LegacyTransaction
  | AccessListTransaction
  | FeeMarketTransaction
  | BlobTransaction
  | SetCodeTransaction;

/** The adapter's `Item`: a decoded transaction whose sender is known. */
export interface EthereumItem {
  readonly transaction: EthereumTransaction;
  readonly sender: Address;
}

/** One event of a contract (LOG0..LOG4). */
export interface Log {
  readonly address: Address;
  /** 0..4. */
  readonly topics: readonly Hash[];
  readonly data: Uint8Array;
}

/** What a transaction did. Its place (block, index, hash) is where it is stored, see tables.ts. */
export interface EthereumTransactionReceipt {
  /** As the transaction's. */
  readonly type: number;
  /** 1 success, 0 failure (EIP-658). */
  readonly status: 0 | 1;
  readonly gasUsed: bigint;
  /** Gas used in the block up to and including this transaction. */
  readonly cumulativeGasUsed: bigint;
  /** Wei per gas that was paid. */
  readonly effectiveGasPrice: bigint;
  /** Present when a contract was created (also when its creation failed, as geth shows it). */
  readonly contractAddress?: Address;
  /** Index in the block of the first of `logs`. */
  readonly firstLogIndex: number;
  readonly logs: readonly Log[];
  /** Return or revert data when the transaction failed, cut at `REVERT_BYTES_MAX`; empty otherwise. */
  readonly revertData: Uint8Array;
}

/** Block header (yellow paper 4.3). Later fields are present from their fork on. */
export interface BlockHeader {
  readonly parentHash: Hash;
  readonly ommersHash: Hash;
  readonly coinbase: Address;
  /** Not a Merkle-Patricia root: see block.ts. */
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  /** 256 bytes. */
  readonly logsBloom: Uint8Array;
  readonly difficulty: bigint;
  readonly number: number;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly extraData: Uint8Array;
  /** prevRandao since the merge. */
  readonly mixHash: Hash;
  /** 8 bytes. */
  readonly nonce: Uint8Array;
  /** London. */
  readonly baseFeePerGas?: bigint;
  /** Shanghai. */
  readonly withdrawalsRoot?: Hash;
  /** Cancun. */
  readonly blobGasUsed?: bigint;
  readonly excessBlobGas?: bigint;
  readonly parentBeaconBlockRoot?: Hash;
  /** Prague. */
  readonly requestsHash?: Hash;
}

/** A block as stored: the transactions themselves are rows of their own. */
export interface EthereumBlock {
  readonly hash: Hash;
  readonly header: BlockHeader;
  /** Bytes of the whole block in RLP. */
  readonly size: number;
  readonly transactionHashes: readonly Hash[];
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

/** What a chain is from its genesis on: geth's `config`, and what every block inherits. */
export interface ChainConfig {
  /** Below 2^64. */
  readonly chainId: bigint;
  /** Activation by block number (up to paris) or by time in seconds (from shanghai on). Absent means never. */
  readonly activations: Readonly<Partial<Record<ForkName, number>>>;
  /** Who is paid for transactions: the genesis block's coinbase, all zeros by default. */
  readonly coinbase: Address;
  /** Wei per gas that is burnt, since London: the genesis block's, 0 by default. It does not change. */
  readonly baseFee: bigint;
}

/** What code can learn about the block that it runs in. */
export interface BlockEnvironment {
  readonly number: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly coinbase: Address;
  readonly gasLimit: bigint;
  /** Wei; 0 before London, and by default after. */
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

/** What an engine may read. Returned bytes must not be written to. */
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
  /** Asked now and then; true stops the execution with the outcome `timeout` (a limit besides gas). */
  readonly expired?: () => boolean;
}

/** A transaction was executed (successfully or not, it is part of the block), or may not be part of this block. */
export type TransactionOutcome =
  | {
      readonly outcome: 'executed';
      readonly execution: Execution;
      readonly effectiveGasPrice: bigint;
      readonly changes: StateChanges;
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** What a call gave; nothing is changed, unless the caller applies `changes` (only system calls do). */
export type CallOutcome =
  | { readonly outcome: 'executed'; readonly execution: Execution; readonly changes: StateChanges }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** A value now or later: an engine that is synchronous costs no turn of the event loop. */
export type Awaitable<T> = T | Promise<T>;

/** An EVM: one decoded transaction or message over a state that it only reads. Calls may overlap. */
export interface EvmEngine {
  readonly name: string;
  /** Checks and executes one transaction (yellow paper, section 6), fees and refunds included. */
  execute(item: EthereumItem, context: ExecutionContext): Awaitable<TransactionOutcome>;
  /** Executes a message: no nonce is checked, and no balance beyond `value` and `gasLimit × gasPrice`. */
  call(message: CallMessage, context: ExecutionContext): Awaitable<CallOutcome>;
}

/** The adapter's `Result`. */
export type EthereumResult =
  | {
      readonly kind: 'executed';
      readonly blockNumber: number;
      readonly index: number;
      readonly receipt: EthereumTransactionReceipt;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Limits and choices of the adapter; `defaultSettings` in settings.ts. */
export interface EthereumSettings {
  /** The most bytes of one raw transaction. */
  readonly transactionBytesMax: number;
  /** The most gas that one transaction may ask for, besides the block's limit and EIP-7825. */
  readonly transactionGasMax: bigint;
  /** The most gas that eth_call and eth_estimateGas may use. */
  readonly callGasMax: bigint;
  /** The longest that one transaction or call may run, whatever its gas. */
  readonly executionMsMax: number;
  /** Refuse transactions that are signed without a chain id (before EIP-155). Default false. */
  readonly replayProtectedOnly: boolean;
  /** Accept blob transactions (without their blobs) from clients. Default false. */
  readonly blobTransactions: boolean;
  /** Threads that recover senders; 0 recovers on the calling thread. */
  readonly recoveryThreads: number;
}
