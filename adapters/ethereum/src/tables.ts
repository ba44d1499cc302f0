/**
 * Every row that the adapter keeps. None of the tables is `public:`, so that all of it is encrypted in the ledger
 * (CONF-1). Numbers in keys are big-endian, so that key order is number order; numbers in values are little-endian.
 *
 *   table                        key                             value
 *   ethereum.accounts            address 20                      flags+length 1 · nonce u64 · balance 0..32 · code hash 32?
 *   ethereum.code                code hash 32                    code
 *   ethereum.storage             address 20 · slot 32            value 1..32, no leading zero; absent means zero
 *   ethereum.blocks              number u64                      hash 32 · size u32 · count u32 · count × transaction hash 32
 *                                                                · header RLP
 *   ethereum.block_numbers       block hash 32                   number u64
 *   ethereum.transactions        number u64 · index u32          sender 20 · raw transaction
 *   ethereum.transaction_places  transaction hash 32             number u64 · index u32
 *   ethereum.receipts            number u64 · index u32          see encodeReceipt
 *   ethereum.logs                address 20 · number u64         empty: "this contract logged something in this block"
 *   ethereum.chain               "config" | "head"               genesis as canonical JSON | number u64 of the newest block
 */
import { ByteReader, ByteWriter, utf8 } from '@coco/primitives';
import { unsignedBytes, unsignedValue } from './codec/quantity.js';
import type { AccountState, Address, EthereumTransactionReceipt, Hash, Log } from './types.js';

/** Names of the tables. */
export const TABLES = {
  accounts: 'ethereum.accounts',
  code: 'ethereum.code',
  storage: 'ethereum.storage',
  blocks: 'ethereum.blocks',
  blockNumbers: 'ethereum.block_numbers',
  transactions: 'ethereum.transactions',
  transactionPlaces: 'ethereum.transaction_places',
  receipts: 'ethereum.receipts',
  logs: 'ethereum.logs',
  chain: 'ethereum.chain',
} as const;

/** The prefix of all of them. */
export const TABLE_PREFIX = 'ethereum.';

/** Key of the newest block's number in `ethereum.chain`. */
export const HEAD_KEY: Uint8Array = utf8('head');
/** Key of the chain's configuration in `ethereum.chain`. */
export const CONFIG_KEY: Uint8Array = utf8('config');

/** Where a transaction is. */
export interface TransactionPlace {
  readonly blockNumber: number;
  readonly index: number;
}

/** Key of a block: its number, also the prefix of the keys of its transactions. */
export function blockKey(number: number): Uint8Array {
  return new ByteWriter(8).u64BigEndian(number).finish();
}

/** Key of a transaction and of its receipt. */
export function placeKey(place: TransactionPlace): Uint8Array {
  const key = new Uint8Array(12);
  const view = new DataView(key.buffer);
  view.setUint32(0, Math.floor(place.blockNumber / 2 ** 32));
  view.setUint32(4, place.blockNumber % 2 ** 32);
  view.setUint32(8, place.index);
  return key;
}

/** The place that a key of `ethereum.transactions`, or a value of `ethereum.transaction_places`, names. */
export function decodePlace(bytes: Uint8Array): TransactionPlace {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    blockNumber: view.getUint32(0) * 2 ** 32 + view.getUint32(4),
    index: view.getUint32(8),
  };
}

/** Number from a row of `ethereum.block_numbers` or of the head. */
export function decodeNumber(bytes: Uint8Array): number {
  return new ByteReader(bytes).u64BigEndian();
}

/** Key of a storage slot. */
export function storageKey(address: Address, slot: Hash): Uint8Array {
  const key = new Uint8Array(52);
  key.set(address);
  key.set(slot, 20);
  return key;
}

/** Key of the index of logs by contract. */
export function logKey(address: Address, blockNumber: number): Uint8Array {
  const key = new Uint8Array(28);
  key.set(address);
  key.set(blockKey(blockNumber), 20);
  return key;
}

/** The first key after all that begin with `prefix`, or undefined when `prefix` is all 0xff. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  const end = prefix.slice();
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i] !== 255) {
      end[i] = (end[i] as number) + 1;
      return end.subarray(0, i + 1);
    }
  }
  return undefined;
}

const HAS_CODE = 0x80;

/** Value of a row of `ethereum.accounts`. */
export function encodeAccount(account: AccountState): Uint8Array {
  const balance = unsignedBytes(account.balance);
  const out = new Uint8Array(9 + balance.length + (account.codeHash === undefined ? 0 : 32));
  out[0] = balance.length | (account.codeHash === undefined ? 0 : HAS_CODE);
  new DataView(out.buffer).setBigUint64(1, account.nonce, true);
  out.set(balance, 9);
  if (account.codeHash !== undefined) out.set(account.codeHash, 9 + balance.length);
  return out;
}

/** The account in a row of `ethereum.accounts`. */
export function decodeAccount(bytes: Uint8Array): AccountState {
  const flags = bytes[0] as number;
  const end = 9 + (flags & ~HAS_CODE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nonce = view.getBigUint64(1, true);
  const balance = unsignedValue(bytes.subarray(9, end));
  if ((flags & HAS_CODE) === 0) return { nonce, balance };
  return { nonce, balance, codeHash: bytes.subarray(end, end + 32) };
}

/** A row of `ethereum.transactions`. */
export function encodeTransactionRow(sender: Address, raw: Uint8Array): Uint8Array {
  const out = new Uint8Array(20 + raw.length);
  out.set(sender);
  out.set(raw, 20);
  return out;
}

/** Sender and raw bytes from a row of `ethereum.transactions`. */
export function decodeTransactionRow(bytes: Uint8Array): { sender: Address; raw: Uint8Array } {
  return { sender: bytes.subarray(0, 20), raw: bytes.subarray(20) };
}

const CREATED = 2;

/**
 * Value of a row of `ethereum.receipts`: type u8 · flags u8 (1 success, 2 has contract address) · gas used u64 ·
 * cumulative gas u64 · price (u8 length, big-endian bytes) · [contract address 20] · first log index u32 · revert
 * data (u32 length) · logs u32 × (address 20 · topics u8 × 32 · data (u32 length)).
 */
export function encodeReceipt(receipt: EthereumTransactionReceipt): Uint8Array {
  const price = unsignedBytes(receipt.effectiveGasPrice);
  const writer = new ByteWriter(128 + 160 * receipt.logs.length)
    .u8(receipt.type)
    .u8(receipt.status | (receipt.contractAddress === undefined ? 0 : CREATED))
    .u64(Number(receipt.gasUsed))
    .u64(Number(receipt.cumulativeGasUsed))
    .u8(price.length)
    .raw(price);
  if (receipt.contractAddress !== undefined) writer.raw(receipt.contractAddress);
  writer.u32(receipt.firstLogIndex).sized32(receipt.revertData).u32(receipt.logs.length);
  for (const log of receipt.logs) {
    writer.raw(log.address).u8(log.topics.length);
    for (const topic of log.topics) writer.raw(topic);
    writer.sized32(log.data);
  }
  return writer.finish();
}

/** The receipt in a row of `ethereum.receipts`. */
export function decodeReceipt(bytes: Uint8Array): EthereumTransactionReceipt {
  const reader = new ByteReader(bytes);
  const type = reader.u8();
  const flags = reader.u8();
  const gasUsed = BigInt(reader.u64());
  const cumulativeGasUsed = BigInt(reader.u64());
  const effectiveGasPrice = unsignedValue(reader.take(reader.u8()));
  const contractAddress = (flags & CREATED) === 0 ? undefined : reader.take(20);
  const firstLogIndex = reader.u32();
  const revertData = reader.sized32();
  const logs: Log[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const address = reader.take(20);
    const topics = Array.from({ length: reader.u8() }, () => reader.take(32));
    logs.push({ address, topics, data: reader.sized32() });
  }
  return {
    type,
    status: (flags & 1) as 0 | 1,
    gasUsed,
    cumulativeGasUsed,
    effectiveGasPrice,
    ...(contractAddress === undefined ? {} : { contractAddress }),
    firstLogIndex,
    revertData,
    logs,
  };
}
