/**
 * The words of the Ethereum adapter: transactions, blocks, receipts and the narrow interface of an EVM. All plain
 * data.
 *
 * Conventions: bytes are `Uint8Array` (an `Address` has 20, a `Hash` 32); amounts that clients choose (nonce, gas,
 * wei, chain id) are `bigint`; positions that the chain itself counts (block number, index, time) are `number`.
 */

import type {
  AccessListFields,
  Address,
  BlobFields,
  CallMessage,
  CallOutcome as EvmCallOutcome,
  TransactionOutcome as EvmTransactionOutcome,
  ExecutionContext,
  FeeMarketFields,
  ForkSchedule,
  Hash,
  LegacyFields,
  Log,
  SetCodeFields,
} from '@coco/evm';
import type { Refusal } from './refusal.js';

export type {
  AccessListEntry,
  AccountState,
  Address,
  Authorization,
  BlockEnvironment,
  CallMessage,
  Execution,
  ExecutionContext,
  ForkName,
  ForkRules,
  Hash,
  Log,
  StateChanges,
  StateReader,
} from '@coco/evm';
export type { Refusal };

/** What every transaction has besides what its execution depends on. */
interface Signed {
  /** Keccak-256 of `raw`. */
  readonly hash: Hash;
  /** The canonical bytes that were decoded: what eth_sendRawTransaction takes and blocks are hashed over. */
  readonly raw: Uint8Array;
  /** 0 or 1: which of the two possible public keys. */
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
}

/** Type 0; `chainId` is absent before EIP-155. */
export interface LegacyTransaction extends LegacyFields, Signed {
  /** As signed: 27, 28, or 35 + 2 × chainId + yParity. */
  readonly v: bigint;
}

/** EIP-2930. */
export interface AccessListTransaction extends AccessListFields, Signed {}

/** EIP-1559. */
export interface FeeMarketTransaction extends FeeMarketFields, Signed {}

/** EIP-4844, without the sidecar. Executed in blocks of others; from clients only where a setting allows it. */
export interface BlobTransaction extends BlobFields, Signed {}

/** EIP-7702. */
export interface SetCodeTransaction extends SetCodeFields, Signed {}

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

/** What a chain is from its genesis on: geth's `config`, and what every block inherits. */
export interface ChainConfig extends ForkSchedule {
  /** Who is paid for transactions: the genesis block's coinbase, all zeros by default. */
  readonly coinbase: Address;
  /** Wei per gas that is burnt, since London: the genesis block's, 0 by default. It does not change. */
  readonly baseFee: bigint;
}

/** A transaction was executed (successfully or not, it is part of the block), or may not be part of this block. */
export type TransactionOutcome = WithRefusal<EvmTransactionOutcome>;

/** What a call gave; nothing is changed, unless the caller applies `changes` (only system calls do). */
export type CallOutcome = WithRefusal<EvmCallOutcome>;

type WithRefusal<Outcome extends { readonly outcome: string }> =
  | Extract<Outcome, { readonly outcome: 'executed' }>
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
  /** Who executes: Coco's own EVM, or the reference that it is tested against. Default coco. */
  readonly engine: 'coco' | 'ethereumjs';
  /** Threads that recover senders; 0 recovers on the calling thread. */
  readonly recoveryThreads: number;
}
