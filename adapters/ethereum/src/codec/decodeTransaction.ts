/**
 * The door for transactions: bytes from strangers become plain data or a coded refusal.
 *
 *   legacy    rlp [nonce, gasPrice, gasLimit, to, value, data, v, r, s]
 *   EIP-2930  0x01 ‖ rlp [chainId, nonce, gasPrice, gasLimit, to, value, data, accessList, yParity, r, s]
 *   EIP-1559  0x02 ‖ rlp [chainId, nonce, tip, maxFee, gasLimit, to, value, data, accessList, yParity, r, s]
 *   EIP-4844  0x03 ‖ rlp [… as 1559 up to accessList, maxFeePerBlobGas, blobHashes, yParity, r, s]
 *   EIP-7702  0x04 ‖ rlp [… as 1559 up to accessList, authorizationList, yParity, r, s]
 */
import { CocoError } from '@coco/primitives';
import type {
  AccessListEntry,
  AccessListTransaction,
  Authorization,
  BlobTransaction,
  EthereumTransaction,
  FeeMarketTransaction,
  Hash,
  LegacyTransaction,
  SetCodeTransaction,
} from '../types.js';
import { FieldReader, unfit } from './fields.js';
import { keccak256 } from './keccak.js';
import { decodeRlp, type Rlp } from './rlp.js';
import { checkSignature } from './signature.js';

/** How to decode. */
export interface DecodeOptions {
  /** The most bytes; beyond that COCO_ETHEREUM_TRANSACTION_SIZE. Default `TRANSACTION_BYTES_MAX`. */
  readonly bytesMax?: number;
  /** The hash of the bytes where it is known already. */
  readonly hash?: Hash;
  /** Accept s in the upper half of the group order, as before Homestead (EIP-2). Default false. */
  readonly highS?: boolean;
}

/** geth's limit on one transaction: 128 KiB. */
export const TRANSACTION_BYTES_MAX = 131_072;

/**
 * Decodes one transaction. Throws COCO_ETHEREUM_TRANSACTION_SIZE, COCO_ETHEREUM_RLP,
 * COCO_ETHEREUM_TRANSACTION_TYPE, COCO_ETHEREUM_TRANSACTION or COCO_ETHEREUM_SIGNATURE.
 */
export function decodeTransaction(raw: Uint8Array, options: DecodeOptions = {}): EthereumTransaction {
  const bytesMax = options.bytesMax ?? TRANSACTION_BYTES_MAX;
  if (raw.length > bytesMax) {
    throw new CocoError(
      'COCO_ETHEREUM_TRANSACTION_SIZE',
      `oversized data: transaction size ${raw.length}, limit ${bytesMax}`,
      { size: raw.length, bytesMax },
    );
  }
  if (raw.length === 0) throw unfit('it', 'has no bytes');
  const first = raw[0] as number;
  const legacy = first >= 0xc0;
  if (!legacy && (first === 0 || first > 4)) {
    throw new CocoError('COCO_ETHEREUM_TRANSACTION_TYPE', 'transaction type not supported', { type: first });
  }
  const list = decodeRlp(legacy ? raw : raw.subarray(1), RLP_LIMITS);
  const common = { raw, hash: options.hash ?? keccak256(raw) };
  const transaction = legacy ? decodeLegacy(list, common) : decodeTyped[first - 1]?.(list, common);
  if (transaction === undefined) throw unfit('its type', 'is unknown');
  checkSignature(transaction, options.highS === true);
  return transaction;
}

/** An access list nests deepest; each of its keys takes 33 bytes, so that the size limit bounds the items. */
const RLP_LIMITS = { depthMax: 4, itemsMax: 16_384 };

interface Common {
  readonly raw: Uint8Array;
  readonly hash: Hash;
}

function decodeLegacy(list: Rlp, common: Common): LegacyTransaction {
  const fields = new FieldReader(list, 'transaction', 9);
  const nonce = fields.quantity('nonce', 8);
  const gasPrice = fields.quantity('gasPrice', 32);
  const { gasLimit, to, value, data } = readPayload(fields);
  const v = fields.quantity('v', 9);
  const r = fields.quantity('r', 32);
  const s = fields.quantity('s', 32);
  const protectedByChain = v >= 35n;
  if (!protectedByChain && v !== 27n && v !== 28n) throw unfit('transaction v', `is ${v}`);
  const yParity = Number(protectedByChain ? (v - 35n) % 2n : v - 27n);
  const chain = protectedByChain ? { chainId: (v - 35n) / 2n } : {};
  return { type: 0, ...common, ...chain, nonce, gasPrice, gasLimit, ...to, value, data, v, yParity, r, s };
}

function readPayload(fields: FieldReader) {
  const gasLimit = fields.quantity('gasLimit', 8);
  const to = fields.optionalAddress('to');
  const value = fields.quantity('value', 32);
  const data = fields.bytes('data');
  return { gasLimit, to: to === undefined ? {} : { to }, value, data };
}

function readSignature(fields: FieldReader) {
  const yParity = fields.quantity('yParity', 1);
  if (yParity > 1n) throw unfit('transaction yParity', `is ${yParity}`);
  return { yParity: Number(yParity), r: fields.quantity('r', 32), s: fields.quantity('s', 32) };
}

/** The fields that 1559, 4844 and 7702 begin with. */
function readFeeMarket(fields: FieldReader) {
  const chainId = fields.quantity('chainId', 8);
  const nonce = fields.quantity('nonce', 8);
  const maxPriorityFeePerGas = fields.quantity('maxPriorityFeePerGas', 32);
  const maxFeePerGas = fields.quantity('maxFeePerGas', 32);
  const { gasLimit, to, value, data } = readPayload(fields);
  const accessList = decodeAccessList(fields.list('accessList'));
  return {
    to,
    rest: { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, value, data, accessList },
  };
}

const decodeTyped: readonly ((list: Rlp, common: Common) => EthereumTransaction)[] = [
  decodeAccessListTransaction,
  decodeFeeMarket,
  decodeBlob,
  decodeSetCode,
];

function decodeAccessListTransaction(list: Rlp, common: Common): AccessListTransaction {
  const fields = new FieldReader(list, 'transaction', 11);
  const chainId = fields.quantity('chainId', 8);
  const nonce = fields.quantity('nonce', 8);
  const gasPrice = fields.quantity('gasPrice', 32);
  const { gasLimit, to, value, data } = readPayload(fields);
  const accessList = decodeAccessList(fields.list('accessList'));
  const signature = readSignature(fields);
  return {
    type: 1,
    ...common,
    chainId,
    nonce,
    gasPrice,
    gasLimit,
    ...to,
    value,
    data,
    accessList,
    ...signature,
  };
}

function decodeFeeMarket(list: Rlp, common: Common): FeeMarketTransaction {
  const fields = new FieldReader(list, 'transaction', 12);
  const { to, rest } = readFeeMarket(fields);
  return { type: 2, ...common, ...rest, ...to, ...readSignature(fields) };
}

function decodeBlob(list: Rlp, common: Common): BlobTransaction {
  const fields = new FieldReader(list, 'transaction', 14);
  const { to, rest } = readFeeMarket(fields);
  if (to.to === undefined) throw unfit('blob transaction', 'of type create not allowed');
  const maxFeePerBlobGas = fields.quantity('maxFeePerBlobGas', 32);
  const blobVersionedHashes = fields
    .list('blobVersionedHashes')
    .map((hash) => bytesOf(hash, 'blob hash', 32));
  const signature = readSignature(fields);
  return { type: 3, ...common, ...rest, to: to.to, maxFeePerBlobGas, blobVersionedHashes, ...signature };
}

function decodeSetCode(list: Rlp, common: Common): SetCodeTransaction {
  const fields = new FieldReader(list, 'transaction', 13);
  const { to, rest } = readFeeMarket(fields);
  if (to.to === undefined) throw unfit('EIP-7702 transaction', 'cannot be used to create contract');
  const authorizationList = fields.list('authorizationList').map(decodeAuthorization);
  const signature = readSignature(fields);
  return { type: 4, ...common, ...rest, to: to.to, authorizationList, ...signature };
}

function decodeAuthorization(value: Rlp): Authorization {
  const fields = new FieldReader(value, 'authorization', 6);
  const chainId = fields.quantity('chainId', 32);
  const address = fields.bytes('address', 20);
  const nonce = fields.quantity('nonce', 8);
  const yParity = Number(fields.quantity('yParity', 1));
  return { chainId, address, nonce, yParity, r: fields.quantity('r', 32), s: fields.quantity('s', 32) };
}

function decodeAccessList(items: readonly Rlp[]): readonly AccessListEntry[] {
  return items.map((item) => {
    const fields = new FieldReader(item, 'access list entry', 2);
    const address = fields.bytes('address', 20);
    const storageKeys = fields.list('storageKeys').map((key) => bytesOf(key, 'storage key', 32));
    return { address, storageKeys };
  });
}

function bytesOf(value: Rlp, what: string, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw unfit(what, `is not ${length} bytes`);
  return value;
}
