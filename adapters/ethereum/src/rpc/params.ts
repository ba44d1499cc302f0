/**
 * Parameters of a call: JSON that a stranger wrote, turned into the adapter's words or into an error -32602 that
 * says which argument is wrong and why. `index` is the argument's position, counted from 0, as geth counts.
 */
import type { Address, Hash } from '../types.js';
import { invalidParam, RPC_CODES, RpcError } from './errors.js';

/** Which block a call is about. */
export type BlockSelector =
  | { readonly kind: 'tag'; readonly tag: BlockTag }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'hash'; readonly hash: Hash };

/** `safe` and `finalized` are the same as `latest` here: what is committed is final. */
export type BlockTag = 'earliest' | 'latest' | 'safe' | 'finalized' | 'pending';

const TAGS: ReadonlySet<unknown> = new Set<BlockTag>(['earliest', 'latest', 'safe', 'finalized', 'pending']);

/** Bytes of any length: "0x" and an even number of hexadecimal digits. */
export function parseData(value: unknown, index: number, name = 'data'): Uint8Array {
  const text = parseHexText(value, index, name);
  if (text.length % 2 !== 0) throw invalidParam(index, `${name}: hex string of odd length`);
  const bytes = fromHexDigits(text.slice(2));
  if (bytes === undefined) throw invalidParam(index, `${name}: invalid hex string`);
  return bytes;
}

/** Natively, but into an array of its own: a slice of Node's shared slab would keep the whole slab alive. */
function fromHexDigits(digits: string): Uint8Array | undefined {
  const bytes = new Uint8Array(digits.length / 2);
  return Buffer.from(bytes.buffer).write(digits, 'hex') === bytes.length ? bytes : undefined;
}

/** 20 bytes. */
export function parseAddress(value: unknown, index: number, name = 'address'): Address {
  return parseSized(value, index, name, 20);
}

/** 32 bytes. */
export function parseHash(value: unknown, index: number, name = 'hash'): Hash {
  return parseSized(value, index, name, 32);
}

function parseSized(value: unknown, index: number, name: string, size: number): Uint8Array {
  const text = parseHexText(value, index, name);
  if (text.length !== 2 + 2 * size) {
    throw invalidParam(index, `${name}: hex string has length ${text.length - 2}, want ${2 * size}`);
  }
  return parseData(text, index, name);
}

function parseHexText(value: unknown, index: number, name: string): string {
  if (value === undefined) throw missingParam(index, name);
  if (typeof value !== 'string') throw invalidParam(index, `${name}: not a string`);
  if (!value.startsWith('0x') && !value.startsWith('0X')) {
    throw invalidParam(
      index,
      `${name}: ${value === '' ? 'empty hex string' : 'hex string without 0x prefix'}`,
    );
  }
  return value;
}

function missingParam(index: number, name: string): Error {
  return invalidParam(index, `missing value for required argument ${index} (${name})`);
}

const QUANTITY = /^0[xX](0|[1-9a-fA-F][0-9a-fA-F]*)$/;

/** An unsigned integer below 2^`bits`: "0x0", or hexadecimal digits without leading zero. */
export function parseQuantity(value: unknown, index: number, name: string, bits: 64 | 256): bigint {
  const text = parseHexText(value, index, name);
  if (!QUANTITY.test(text)) {
    const reason =
      text.length === 2
        ? 'hex string "0x"'
        : /^0[xX]0+[0-9a-fA-F]+$/.test(text)
          ? 'hex number with leading zero digits'
          : 'invalid hex string';
    throw invalidParam(index, `${name}: ${reason}`);
  }
  if (text.length - 2 > bits / 4) throw invalidParam(index, `${name}: hex number > ${bits} bits`);
  return BigInt(text);
}

/** A quantity that is used as a JavaScript number, such as an index; too large ones become `MAX_SAFE_INTEGER`. */
export function parseIndex(value: unknown, index: number, name: string): number {
  const quantity = parseQuantity(value, index, name, 64);
  return quantity > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(quantity);
}

/** A boolean; absent means false. */
export function parseFlag(value: unknown, index: number, name: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw invalidParam(index, `${name}: not a boolean`);
  return value;
}

/** A storage key as geth takes it: at most 32 bytes, leading zeros optional. */
export function parseStorageKey(value: unknown, index: number): Hash {
  const text = parseHexText(value, index, 'storage key');
  const digits = text.slice(2);
  if (!/^[0-9a-fA-F]*$/.test(digits)) {
    throw new RpcError(RPC_CODES.invalidParams, `invalid hex in storage key: ${JSON.stringify(value)}`);
  }
  if (digits.length > 64) {
    throw invalidParam(index, `storage key too long (want at most 32 bytes): ${digits.length} digits`);
  }
  return fromHexDigits(digits.padStart(64, '0')) as Hash;
}

/** A JSON object. */
export function parseObject(value: unknown, index: number, name: string): Readonly<Record<string, unknown>> {
  if (value === undefined) throw missingParam(index, name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidParam(index, `${name}: not an object`);
  }
  return value as Record<string, unknown>;
}

/** A number of a block, or a tag. */
export function parseBlockNumber(value: unknown, index: number, fallback?: BlockTag): BlockSelector {
  if (value === undefined || value === null) {
    if (fallback === undefined) throw missingParam(index, 'block number');
    return { kind: 'tag', tag: fallback };
  }
  if (TAGS.has(value)) return { kind: 'tag', tag: value as BlockTag };
  const number = parseQuantity(value, index, 'block number', 64);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidParam(index, 'block number: larger than any block');
  }
  return { kind: 'number', number: Number(number) };
}

/** A number, a tag, a hash, or an object with a number or a hash (EIP-1898). */
export function parseBlock(value: unknown, index: number, fallback?: BlockTag): BlockSelector {
  if (typeof value === 'string' && value.length === 66) {
    return { kind: 'hash', hash: parseHash(value, index, 'block hash') };
  }
  if (typeof value !== 'object' || value === null) return parseBlockNumber(value, index, fallback);
  const { blockNumber, blockHash, requireCanonical } = parseObject(value, index, 'block');
  parseFlag(requireCanonical, index, 'requireCanonical');
  if (blockHash !== undefined && blockHash !== null) {
    if (blockNumber !== undefined && blockNumber !== null) {
      throw invalidParam(index, 'cannot specify both BlockHash and BlockNumber, choose one or the other');
    }
    return { kind: 'hash', hash: parseHash(blockHash, index, 'blockHash') };
  }
  if (blockNumber === undefined) throw invalidParam(index, 'block: neither blockNumber nor blockHash');
  return parseBlockNumber(blockNumber, index);
}
