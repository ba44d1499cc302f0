/**
 * A block as eth_getBlockByNumber shows it (execution-apis, schemas/block.yaml).
 */
import type { EthereumBlock } from '../types.js';
import { formatData, formatQuantity } from './format.js';

/** JSON of `block`; `transactions` are hashes or whole transactions, formatted already. */
export function formatBlock(block: EthereumBlock, transactions: readonly unknown[]): Record<string, unknown> {
  const { header } = block;
  const quantity = (name: string, value: bigint | undefined): Record<string, string> => {
    return value === undefined ? {} : { [name]: formatQuantity(value) };
  };
  const data = (name: string, value: Uint8Array | undefined): Record<string, string> => {
    return value === undefined ? {} : { [name]: formatData(value) };
  };
  return {
    ...quantity('baseFeePerGas', header.baseFeePerGas),
    ...quantity('blobGasUsed', header.blobGasUsed),
    difficulty: formatQuantity(header.difficulty),
    ...quantity('excessBlobGas', header.excessBlobGas),
    extraData: formatData(header.extraData),
    gasLimit: formatQuantity(header.gasLimit),
    gasUsed: formatQuantity(header.gasUsed),
    hash: formatData(block.hash),
    logsBloom: formatData(header.logsBloom),
    miner: formatData(header.coinbase),
    mixHash: formatData(header.mixHash),
    nonce: formatData(header.nonce),
    number: formatQuantity(header.number),
    ...data('parentBeaconBlockRoot', header.parentBeaconBlockRoot),
    parentHash: formatData(header.parentHash),
    receiptsRoot: formatData(header.receiptsRoot),
    ...data('requestsHash', header.requestsHash),
    sha3Uncles: formatData(header.ommersHash),
    size: formatQuantity(block.size),
    stateRoot: formatData(header.stateRoot),
    timestamp: formatQuantity(header.timestamp),
    transactions,
    transactionsRoot: formatData(header.transactionsRoot),
    uncles: [],
    ...(header.withdrawalsRoot === undefined ? {} : { withdrawals: [] }),
    ...data('withdrawalsRoot', header.withdrawalsRoot),
  };
}
