/**
 * Blocks, transactions and accounts in the JSON of public nodes, as the adapter's own data.
 */
import { fromHex } from '@coco/primitives';
import { decodeTransaction } from '../codec/decodeTransaction.js';
import { encodeTransaction, type SignedFields } from '../codec/encodeTransaction.js';
import type { BlockEnvironment, BlockHeader, EthereumTransaction } from '../types.js';

type Json = Readonly<Record<string, string>>;

/** Bytes of 0x-prefixed hexadecimal. */
export function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text.slice(2));
  if (bytes === undefined) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}

/** 32 bytes of a quantity that may be written short. */
export function hexWord(text: string): Uint8Array {
  return hexBytes(`0x${text.slice(2).padStart(64, '0')}`);
}

/** The transaction that eth_getTransactionByHash describes; its hash proves that nothing was lost. */
export function transactionFromJson(json: Json & { readonly [key: string]: unknown }): EthereumTransaction {
  const type = Number(json.type ?? 0);
  const v = BigInt(json.v ?? 0);
  const chainId =
    type === 0 ? (v >= 35n ? { chainId: (v - 35n) / 2n } : {}) : { chainId: BigInt(json.chainId ?? 1) };
  const list = (key: string) => (json[key] ?? []) as unknown as readonly Json[];
  const accessList = list('accessList').map((entry) => ({
    address: hexBytes(entry.address as string),
    storageKeys: (entry.storageKeys as unknown as readonly string[]).map(hexBytes),
  }));
  const authorizationList = list('authorizationList').map((entry) => ({
    chainId: BigInt(entry.chainId as string),
    address: hexBytes(entry.address as string),
    nonce: BigInt(entry.nonce as string),
    yParity: Number(entry.yParity ?? entry.v),
    r: BigInt(entry.r as string),
    s: BigInt(entry.s as string),
  }));
  const fields = {
    type,
    ...chainId,
    nonce: BigInt(json.nonce as string),
    gasPrice: BigInt(json.gasPrice ?? 0),
    maxPriorityFeePerGas: BigInt(json.maxPriorityFeePerGas ?? 0),
    maxFeePerGas: BigInt(json.maxFeePerGas ?? 0),
    maxFeePerBlobGas: BigInt(json.maxFeePerBlobGas ?? 0),
    gasLimit: BigInt(json.gas as string),
    ...(json.to ? { to: hexBytes(json.to) } : {}),
    value: BigInt(json.value as string),
    data: hexBytes(json.input as string),
    accessList,
    authorizationList,
    blobVersionedHashes: ((json.blobVersionedHashes ?? []) as unknown as readonly string[]).map(hexBytes),
    v,
    yParity: Number(json.yParity ?? v),
    r: BigInt(json.r as string),
    s: BigInt(json.s as string),
  };
  const raw = encodeTransaction(fields as unknown as SignedFields);
  return decodeTransaction(raw, { highS: true, bytesMax: 2 ** 24 });
}

/** The header that eth_getBlockByNumber describes. */
export function headerFromJson(json: Json): BlockHeader {
  const bytes = (key: string) => hexBytes(json[key] as string);
  const big = (key: string) => BigInt(json[key] as string);
  return {
    parentHash: bytes('parentHash'),
    ommersHash: bytes('sha3Uncles'),
    coinbase: bytes('miner'),
    stateRoot: bytes('stateRoot'),
    transactionsRoot: bytes('transactionsRoot'),
    receiptsRoot: bytes('receiptsRoot'),
    logsBloom: bytes('logsBloom'),
    difficulty: big('difficulty'),
    number: Number(big('number')),
    gasLimit: big('gasLimit'),
    gasUsed: big('gasUsed'),
    timestamp: Number(big('timestamp')),
    extraData: bytes('extraData'),
    mixHash: bytes('mixHash'),
    nonce: bytes('nonce'),
    ...('baseFeePerGas' in json ? { baseFeePerGas: big('baseFeePerGas') } : {}),
    ...('withdrawalsRoot' in json ? { withdrawalsRoot: bytes('withdrawalsRoot') } : {}),
    ...('blobGasUsed' in json ? { blobGasUsed: big('blobGasUsed') } : {}),
    ...('excessBlobGas' in json ? { excessBlobGas: big('excessBlobGas') } : {}),
    ...('parentBeaconBlockRoot' in json ? { parentBeaconBlockRoot: bytes('parentBeaconBlockRoot') } : {}),
    ...('requestsHash' in json ? { requestsHash: bytes('requestsHash') } : {}),
  };
}

/** Wei per blob gas that follows from a Cancun header (EIP-4844, fake_exponential). */
export function blobBaseFee(excessBlobGas: bigint): bigint {
  const denominator = 3_338_477n;
  let sum = 0n;
  let term = denominator;
  for (let i = 1n; term > 0n; i++) {
    sum += term;
    term = (term * excessBlobGas) / (denominator * i);
  }
  return sum / denominator;
}

/** The environment of a public block, blob fee included. */
export function publicEnvironment(header: BlockHeader): BlockEnvironment {
  const { number, timestamp, coinbase, gasLimit, difficulty, excessBlobGas } = header;
  return {
    number,
    timestamp,
    coinbase,
    gasLimit,
    difficulty,
    baseFee: header.baseFeePerGas ?? 0n,
    prevRandao: header.mixHash,
    blobBaseFee: excessBlobGas === undefined ? 0n : blobBaseFee(excessBlobGas),
  };
}
