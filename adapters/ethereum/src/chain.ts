/**
 * Reading the chain back from its rows: blocks, transactions with their receipts, accounts. Works at any version of
 * the store.
 */

import type { Reader } from '@coco/kv';
import { assert, ByteReader, ByteWriter } from '@coco/primitives';
import { decodeChainConfig } from './chainConfig.js';
import { decodeHeader, encodeHeader } from './codec/header.js';
import {
  blockKey,
  CONFIG_KEY,
  decodeNumber,
  decodePlace,
  decodeReceipt,
  decodeTransactionRow,
  HEAD_KEY,
  placeKey,
  TABLES,
  type TransactionPlace,
} from './tables.js';
import type { Address, ChainConfig, EthereumBlock, EthereumTransactionReceipt, Hash } from './types.js';

/** A transaction as it stands in a block. */
export interface StoredTransaction {
  readonly place: TransactionPlace;
  readonly sender: Address;
  readonly raw: Uint8Array;
}

/** Number of the newest block, or undefined before the genesis. */
export function readHeadNumber(reader: Reader): number | undefined {
  const row = reader.get(TABLES.chain, HEAD_KEY);
  return row === undefined ? undefined : decodeNumber(row);
}

/** The chain's configuration; asking before the genesis is a bug. */
export function readChainConfig(reader: Reader): ChainConfig {
  const row = reader.get(TABLES.chain, CONFIG_KEY);
  assert(row !== undefined, 'the chain has a configuration from its genesis on');
  return decodeChainConfig(row);
}

/** The newest block; asking before the genesis is a bug. */
export function readHead(reader: Reader): EthereumBlock {
  const number = readHeadNumber(reader);
  const block = number === undefined ? undefined : readBlock(reader, number);
  assert(block !== undefined, 'the chain has a block from its genesis on');
  return block;
}

export function readBlock(reader: Reader, number: number): EthereumBlock | undefined {
  const row = reader.get(TABLES.blocks, blockKey(number));
  return row === undefined ? undefined : decodeBlock(row);
}

/** Number of the block with this hash, or undefined when there is none. */
export function readBlockNumber(reader: Reader, hash: Hash): number | undefined {
  const row = reader.get(TABLES.blockNumbers, hash);
  return row === undefined ? undefined : decodeNumber(row);
}

/** Hash of a block without decoding the rest of it. */
export function readBlockHash(reader: Reader, number: number): Hash | undefined {
  return reader.get(TABLES.blocks, blockKey(number))?.subarray(0, 32);
}

/** Where the transaction with this hash is, or undefined when it is in no block. */
export function readPlace(reader: Reader, transactionHash: Hash): TransactionPlace | undefined {
  const row = reader.get(TABLES.transactionPlaces, transactionHash);
  return row === undefined ? undefined : decodePlace(row);
}

export function readTransaction(reader: Reader, place: TransactionPlace): StoredTransaction | undefined {
  const row = reader.get(TABLES.transactions, placeKey(place));
  return row === undefined ? undefined : { place, ...decodeTransactionRow(row) };
}

export function readReceipt(reader: Reader, place: TransactionPlace): EthereumTransactionReceipt | undefined {
  const row = reader.get(TABLES.receipts, placeKey(place));
  return row === undefined ? undefined : decodeReceipt(row);
}

/** Value of a row of `ethereum.blocks`. */
export function encodeBlock(block: EthereumBlock, header = encodeHeader(block.header)): Uint8Array {
  const writer = new ByteWriter(40 + 32 * block.transactionHashes.length + header.length);
  writer.raw(block.hash).u32(block.size).u32(block.transactionHashes.length);
  for (const hash of block.transactionHashes) writer.raw(hash);
  return writer.raw(header).finish();
}

/** The block in a row of `ethereum.blocks`. */
export function decodeBlock(row: Uint8Array): EthereumBlock {
  const reader = new ByteReader(row);
  const hash = reader.take(32);
  const size = reader.u32();
  const transactionHashes = Array.from({ length: reader.u32() }, () => reader.take(32));
  return { hash, size, transactionHashes, header: decodeHeader(reader.take(reader.remaining)) };
}
