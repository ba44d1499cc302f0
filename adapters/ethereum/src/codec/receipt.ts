/**
 * Receipts as the receipts root of a block commits to them: [status, cumulative gas, bloom, logs], behind the type
 * byte for typed transactions (EIP-2718). Before Byzantium the first field was a state root instead of a status.
 */
import { concatBytes } from '@coco/primitives';
import type { EthereumTransactionReceipt } from '../types.js';
import { logsBloom } from './bloom.js';
import { unsignedBytes } from './quantity.js';
import { encodeRlp, type Rlp } from './rlp.js';

/** The bytes that go into the receipts trie. */
export function encodeConsensusReceipt(
  receipt: Pick<EthereumTransactionReceipt, 'type' | 'status' | 'cumulativeGasUsed' | 'logs'>,
  bloom: Uint8Array = logsBloom(receipt.logs),
): Uint8Array {
  const logs: Rlp = receipt.logs.map((log) => [log.address, log.topics, log.data]);
  const status = unsignedBytes(BigInt(receipt.status));
  const body = encodeRlp([status, unsignedBytes(receipt.cumulativeGasUsed), bloom, logs]);
  return receipt.type === 0 ? body : concatBytes(Uint8Array.of(receipt.type), body);
}
