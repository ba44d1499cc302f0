/**
 * Making a block of the transactions that were executed: header, hash, and all of its rows.
 *
 * Transactions root, receipts root, bloom, gas and hash are Ethereum's own. The state root is not: Coco keeps no
 * Merkle-Patricia trie of the state. In its place stands
 *
 *   stateRoot = SHA-256(parent's stateRoot ‖ digest of the rows that this block changed, see BlockState.flush)
 *
 * so that the block's hash commits to every change of state since the genesis. Proofs about single accounts are not
 * made from it; the ledger's receipts prove writes (TX-4).
 */

import { sha256 } from '@coco/crypto';
import type { Transaction } from '@coco/kv';
import { encodeBlock } from './chain.js';
import { mapKey } from './codec/address.js';
import { BLOOM_BYTES, logsBloom, mergeBloom } from './codec/bloom.js';
import { encodeHeader, headerHash } from './codec/header.js';
import { EMPTY_LIST_HASH } from './codec/keccak.js';
import { encodeConsensusReceipt } from './codec/receipt.js';
import { rlpHeaderLength } from './codec/rlp.js';
import { orderedTrieRoot } from './codec/trieRoot.js';
import { forkFields } from './forkFields.js';
import {
  blockKey,
  encodeReceipt,
  encodeTransactionRow,
  HEAD_KEY,
  logKey,
  placeKey,
  TABLES,
} from './tables.js';
import type {
  Address,
  BlockEnvironment,
  BlockHeader,
  EthereumBlock,
  EthereumItem,
  EthereumTransactionReceipt,
  ForkRules,
  Hash,
} from './types.js';

/** A transaction that was executed, in the order of the block. */
export interface Executed {
  readonly item: EthereumItem;
  readonly receipt: EthereumTransactionReceipt;
}

/** What a block is made of. */
export interface BlockInput {
  readonly parent: EthereumBlock;
  readonly environment: BlockEnvironment;
  readonly rules: ForkRules;
  readonly executed: readonly Executed[];
  readonly stateDigest: Hash;
}

const NO_BYTES = new Uint8Array(0);
const ZERO_NONCE = new Uint8Array(8);

/** The block over `input`; writes nothing. */
export function makeBlock(input: BlockInput): EthereumBlock {
  const { parent, environment, rules, executed, stateDigest } = input;
  const logsBloomOfBlock = new Uint8Array(BLOOM_BYTES);
  const receipts = executed.map(({ receipt }) => {
    const bloom = logsBloom(receipt.logs);
    mergeBloom(logsBloomOfBlock, bloom);
    return encodeConsensusReceipt(receipt, bloom);
  });
  const blobs = executed.reduce((sum, { item }) => sum + blobCount(item), 0);
  const raws = executed.map(({ item }) => item.transaction.raw);
  const header: BlockHeader = {
    parentHash: parent.hash,
    ommersHash: EMPTY_LIST_HASH,
    coinbase: environment.coinbase,
    stateRoot: sha256(parent.header.stateRoot, stateDigest),
    transactionsRoot: orderedTrieRoot(raws),
    receiptsRoot: orderedTrieRoot(receipts),
    logsBloom: logsBloomOfBlock,
    difficulty: environment.difficulty,
    number: environment.number,
    gasLimit: environment.gasLimit,
    gasUsed: executed.at(-1)?.receipt.cumulativeGasUsed ?? 0n,
    timestamp: environment.timestamp,
    extraData: NO_BYTES,
    mixHash: environment.prevRandao,
    nonce: ZERO_NONCE,
    ...forkFields(rules, environment.baseFee, blobs),
  };
  const transactionHashes = executed.map(({ item }) => item.transaction.hash);
  return finishBlock(header, transactionHashes, raws);
}

function blobCount({ transaction }: EthereumItem): number {
  return transaction.type === 3 ? transaction.blobVersionedHashes.length : 0;
}

/** A block from its header: hash and size. */
export function finishBlock(
  header: BlockHeader,
  transactionHashes: readonly Hash[],
  raws: readonly Uint8Array[],
): EthereumBlock {
  const encoded = encodeHeader(header);
  let bodySize = 0;
  for (const raw of raws) {
    // Typed transactions stand in the list as strings, legacy ones as the lists that they are.
    bodySize += raw.length + ((raw[0] as number) >= 0xc0 ? 0 : rlpHeaderLength(raw.length));
  }
  const noOmmers = 1;
  const noWithdrawals = header.withdrawalsRoot === undefined ? 0 : 1;
  const content = encoded.length + rlpHeaderLength(bodySize) + bodySize + noOmmers + noWithdrawals;
  const size = rlpHeaderLength(content) + content;
  return { hash: headerHash(encoded), header, size, transactionHashes };
}

/** Writes all rows of a block except those of the state. */
export function writeBlock(
  transaction: Transaction,
  block: EthereumBlock,
  executed: readonly Executed[],
): void {
  const { number } = block.header;
  const key = blockKey(number);
  transaction.put(TABLES.blocks, key, encodeBlock(block));
  transaction.put(TABLES.blockNumbers, block.hash, key);
  transaction.put(TABLES.chain, HEAD_KEY, key);
  const loggers = new Map<string, Address>();
  executed.forEach(({ item, receipt }, index) => {
    const place = placeKey({ blockNumber: number, index });
    const { raw, hash } = item.transaction;
    transaction.put(TABLES.transactions, place, encodeTransactionRow(item.sender, raw));
    transaction.put(TABLES.transactionPlaces, hash, place);
    transaction.put(TABLES.receipts, place, encodeReceipt(receipt));
    for (const { address } of receipt.logs) loggers.set(mapKey(address), address);
  });
  for (const address of loggers.values()) transaction.put(TABLES.logs, logKey(address, number), NO_BYTES);
}

/** What the ledger's receipt proves of a batch: SHA-256 of the hash of its block (see README.md). */
export function claimsDigest(block: EthereumBlock): Uint8Array {
  return sha256(block.hash);
}
