/**
 * Transactions and receipts read back with everything that they are shown with.
 */
import type { Reader } from '@coco/kv';
import { assert } from '@coco/primitives';
import { readBlock, readReceipt, readTransaction } from '../chain.js';
import { decodeTransaction } from '../codec/decodeTransaction.js';
import { environmentOf } from '../environment.js';
import { blockKey, decodePlace, decodeReceipt, prefixEnd, TABLES, type TransactionPlace } from '../tables.js';
import type { EthereumBlock, EthereumItem, EthereumTransactionReceipt } from '../types.js';
import type { ReceiptParts } from './formatReceipt.js';
import type { TransactionLocation } from './formatTransaction.js';

/** A committed transaction and its place. */
export interface FoundTransaction extends EthereumItem {
  readonly block: EthereumBlock;
  readonly location: TransactionLocation;
}

/** The transaction at a place where there is one. */
export function loadTransaction(reader: Reader, place: TransactionPlace): FoundTransaction {
  const block = readBlock(reader, place.blockNumber);
  assert(block !== undefined, `block ${place.blockNumber} is stored`);
  return inBlock(reader, block, place.index);
}

/** All transactions of a block, in order. */
export function loadTransactions(reader: Reader, block: EthereumBlock): readonly FoundTransaction[] {
  return block.transactionHashes.map((_, index) => inBlock(reader, block, index));
}

/** The transaction with this index in `block`, which has so many. */
export function inBlock(reader: Reader, block: EthereumBlock, index: number): FoundTransaction {
  const { header, hash: blockHash, transactionHashes } = block;
  const stored = readTransaction(reader, { blockNumber: header.number, index });
  const hash = transactionHashes[index];
  assert(
    stored !== undefined && hash !== undefined,
    `transaction ${index} of block ${header.number} is stored`,
  );
  const { sender, raw } = stored;
  const location = {
    blockHash,
    blockNumber: header.number,
    blockTimestamp: header.timestamp,
    index,
    baseFee: header.baseFeePerGas ?? 0n,
  };
  return {
    transaction: decodeTransaction(raw, { bytesMax: raw.length, hash, highS: true }),
    sender,
    block,
    location,
  };
}

/** A transaction with its receipt. */
export function loadReceipt(
  reader: Reader,
  { transaction, sender, block, location }: FoundTransaction,
): ReceiptParts {
  const { index } = location;
  const { header } = block;
  const receipt = readReceipt(reader, { blockNumber: header.number, index });
  assert(receipt !== undefined, `receipt ${index} of block ${header.number} is stored`);
  return { receipt, transaction, sender, block, index, blobBaseFee: environmentOf(header).blobBaseFee };
}

/** A receipt with its index in the block. */
export interface IndexedReceipt {
  readonly index: number;
  readonly receipt: EthereumTransactionReceipt;
}

/** The receipts of a block, in order. */
export function* loadReceipts(reader: Reader, blockNumber: number): Iterable<IndexedReceipt> {
  const from = blockKey(blockNumber);
  const to = prefixEnd(from);
  const range = to === undefined ? { from } : { from, to };
  for (const { key, value } of reader.range(TABLES.receipts, range)) {
    yield { index: decodePlace(key).index, receipt: decodeReceipt(value) };
  }
}
