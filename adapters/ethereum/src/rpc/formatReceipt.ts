/**
 * Receipts and logs as eth_getTransactionReceipt and eth_getLogs show them (execution-apis, schemas/receipt.yaml).
 */
import { logsBloom } from '../codec/bloom.js';
import type {
  Address,
  EthereumBlock,
  EthereumTransaction,
  EthereumTransactionReceipt,
  Hash,
  Log,
} from '../types.js';
import { formatData, formatQuantity } from './format.js';

/** What belongs to one receipt. */
export interface ReceiptParts {
  readonly receipt: EthereumTransactionReceipt;
  readonly transaction: EthereumTransaction;
  readonly sender: Address;
  readonly block: EthereumBlock;
  /** Index in the block. */
  readonly index: number;
  /** Wei per blob gas in the block (EIP-4844). */
  readonly blobBaseFee: bigint;
}

/** JSON of a receipt. */
export function formatReceipt(parts: ReceiptParts): Record<string, unknown> {
  const { receipt, transaction, sender, block, index } = parts;
  const { to, hash } = transaction;
  return {
    blockHash: formatData(block.hash),
    blockNumber: formatQuantity(block.header.number),
    contractAddress: receipt.contractAddress === undefined ? null : formatData(receipt.contractAddress),
    cumulativeGasUsed: formatQuantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: formatQuantity(receipt.effectiveGasPrice),
    from: formatData(sender),
    gasUsed: formatQuantity(receipt.gasUsed),
    ...formatBlobs(transaction, parts.blobBaseFee),
    logs: receipt.logs.map((log, i) => formatLog(log, block, index, receipt.firstLogIndex + i)),
    logsBloom: receipt.logs.length === 0 ? EMPTY_BLOOM : formatData(logsBloom(receipt.logs)),
    status: formatQuantity(receipt.status),
    to: to === undefined ? null : formatData(to),
    transactionHash: formatData(hash),
    transactionIndex: formatQuantity(index),
    type: formatQuantity(receipt.type),
  };
}

const EMPTY_BLOOM = `0x${'00'.repeat(256)}`;
const GAS_PER_BLOB = 131_072;

function formatBlobs(transaction: EthereumTransaction, blobBaseFee: bigint): Record<string, unknown> {
  if (transaction.type !== 3) return {};
  return {
    blobGasPrice: formatQuantity(blobBaseFee),
    blobGasUsed: formatQuantity(GAS_PER_BLOB * transaction.blobVersionedHashes.length),
  };
}

/** JSON of one log; `logIndex` counts within the block. */
export function formatLog(log: Log, block: EthereumBlock, index: number, logIndex: number): unknown {
  return {
    address: formatData(log.address),
    topics: log.topics.map(formatData),
    data: formatData(log.data),
    blockNumber: formatQuantity(block.header.number),
    transactionHash: formatData(block.transactionHashes[index] as Hash),
    transactionIndex: formatQuantity(index),
    blockHash: formatData(block.hash),
    blockTimestamp: formatQuantity(block.header.timestamp),
    logIndex: formatQuantity(logIndex),
    removed: false,
  };
}
