/**
 * Block headers as bytes (yellow paper 4.3, and the fields that later forks appended), and their hash.
 */
import { CocoError } from '@coco/primitives';
import type { BlockHeader, Hash } from '../types.js';
import { keccak256 } from './keccak.js';
import { unsignedBytes, unsignedValue } from './quantity.js';
import { decodeRlp, encodeRlp } from './rlp.js';

/** The RLP of `header`. A field of a later fork may be present only if all fields before it are. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  const fields = [
    header.parentHash,
    header.ommersHash,
    header.coinbase,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    unsignedBytes(header.difficulty),
    unsignedBytes(BigInt(header.number)),
    unsignedBytes(header.gasLimit),
    unsignedBytes(header.gasUsed),
    unsignedBytes(BigInt(header.timestamp)),
    header.extraData,
    header.mixHash,
    header.nonce,
  ];
  const { baseFeePerGas, withdrawalsRoot, blobGasUsed, excessBlobGas } = header;
  if (baseFeePerGas !== undefined) fields.push(unsignedBytes(baseFeePerGas));
  if (withdrawalsRoot !== undefined) fields.push(withdrawalsRoot);
  if (blobGasUsed !== undefined) fields.push(unsignedBytes(blobGasUsed));
  if (excessBlobGas !== undefined) fields.push(unsignedBytes(excessBlobGas));
  if (header.parentBeaconBlockRoot !== undefined) fields.push(header.parentBeaconBlockRoot);
  if (header.requestsHash !== undefined) fields.push(header.requestsHash);
  return encodeRlp(fields);
}

/** Keccak-256 of the header's RLP: the block's hash. */
export function headerHash(encoded: Uint8Array): Hash {
  return keccak256(encoded);
}

/** The header that `encodeHeader` wrote; COCO_ETHEREUM_RLP when it is not one. */
export function decodeHeader(encoded: Uint8Array): BlockHeader {
  const fields = decodeRlp(encoded, { depthMax: 1, itemsMax: 32 });
  if (fields instanceof Uint8Array || fields.length < 15 || fields.length > 21) {
    throw new CocoError('COCO_ETHEREUM_RLP', 'rlp: not a block header');
  }
  const bytes = (index: number): Uint8Array => fields[index] as Uint8Array;
  const big = (index: number): bigint => unsignedValue(bytes(index));
  return {
    parentHash: bytes(0),
    ommersHash: bytes(1),
    coinbase: bytes(2),
    stateRoot: bytes(3),
    transactionsRoot: bytes(4),
    receiptsRoot: bytes(5),
    logsBloom: bytes(6),
    difficulty: big(7),
    number: Number(big(8)),
    gasLimit: big(9),
    gasUsed: big(10),
    timestamp: Number(big(11)),
    extraData: bytes(12),
    mixHash: bytes(13),
    nonce: bytes(14),
    ...(fields.length > 15 ? { baseFeePerGas: big(15) } : {}),
    ...(fields.length > 16 ? { withdrawalsRoot: bytes(16) } : {}),
    ...(fields.length > 17 ? { blobGasUsed: big(17) } : {}),
    ...(fields.length > 18 ? { excessBlobGas: big(18) } : {}),
    ...(fields.length > 19 ? { parentBeaconBlockRoot: bytes(19) } : {}),
    ...(fields.length > 20 ? { requestsHash: bytes(20) } : {}),
  };
}
