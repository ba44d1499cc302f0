/**
 * The transaction object of eth_call, eth_estimateGas and eth_createAccessList, checked as geth checks it
 * (internal/ethapi, TransactionArgs).
 */
import type { AccessListEntry, Address, Authorization } from '../types.js';
import { invalidParam } from './errors.js';
import { parseAddress, parseData, parseHash, parseObject, parseQuantity } from './params.js';

/** A call as a client describes it; what it left out is absent. */
export interface CallRequest {
  readonly from: Address;
  readonly to?: Address;
  readonly gas?: bigint;
  readonly gasPrice?: bigint;
  readonly maxFeePerGas?: bigint;
  readonly maxPriorityFeePerGas?: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList?: readonly AccessListEntry[];
  readonly authorizationList?: readonly Authorization[];
}

const ZERO_ADDRESS = new Uint8Array(20);

/** The call in argument `index`; its chain id, if given, must be `chainId`. */
export function parseCall(value: unknown, index: number, chainId: bigint): CallRequest {
  const json = parseObject(value, index, 'transaction');
  const amount = (name: string, bits: 64 | 256): bigint | undefined => {
    const given = json[name];
    return isAbsent(given) ? undefined : parseQuantity(given, index, name, bits);
  };
  amount('nonce', 64);
  const gas = amount('gas', 64);
  const gasPrice = amount('gasPrice', 256);
  const maxFeePerGas = amount('maxFeePerGas', 256);
  const maxPriorityFeePerGas = amount('maxPriorityFeePerGas', 256);
  if (gasPrice !== undefined && (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined)) {
    throw invalidParam(index, 'both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified');
  }
  if (
    maxFeePerGas !== undefined &&
    maxPriorityFeePerGas !== undefined &&
    maxFeePerGas < maxPriorityFeePerGas
  ) {
    throw invalidParam(
      index,
      `maxFeePerGas (${maxFeePerGas}) < maxPriorityFeePerGas (${maxPriorityFeePerGas})`,
    );
  }
  const theirChainId = amount('chainId', 256);
  if (theirChainId !== undefined && theirChainId !== chainId) {
    throw invalidParam(index, `chainId does not match node's (have=${theirChainId}, want=${chainId})`);
  }
  const { from, to, accessList, authorizationList } = json;
  return {
    from: isAbsent(from) ? ZERO_ADDRESS : parseAddress(from, index, 'from'),
    ...(isAbsent(to) ? {} : { to: parseAddress(to, index, 'to') }),
    ...(gas === undefined ? {} : { gas }),
    ...(gasPrice === undefined ? {} : { gasPrice }),
    ...(maxFeePerGas === undefined ? {} : { maxFeePerGas }),
    ...(maxPriorityFeePerGas === undefined ? {} : { maxPriorityFeePerGas }),
    value: amount('value', 256) ?? 0n,
    data: parseInput(json, index),
    ...(isAbsent(accessList) ? {} : { accessList: parseAccessList(accessList, index) }),
    ...(isAbsent(authorizationList)
      ? {}
      : { authorizationList: parseList(authorizationList, index, 'authorizationList', parseAuthorization) }),
  };
}

/** `input` is the name today, `data` the old one. */
function parseInput(json: Readonly<Record<string, unknown>>, index: number): Uint8Array {
  const input = isAbsent(json.input) ? undefined : parseData(json.input, index, 'input');
  const data = isAbsent(json.data) ? undefined : parseData(json.data, index, 'data');
  if (input !== undefined && data !== undefined && Buffer.compare(input, data) !== 0) {
    throw invalidParam(
      index,
      'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
    );
  }
  return input ?? data ?? new Uint8Array(0);
}

function parseAccessList(value: unknown, index: number): readonly AccessListEntry[] {
  return parseList(value, index, 'accessList', (item) => {
    const { address, storageKeys } = parseObject(item, index, 'accessList');
    return {
      address: parseAddress(address, index, 'accessList.address'),
      storageKeys: isAbsent(storageKeys)
        ? []
        : parseList(storageKeys, index, 'accessList.storageKeys', (key) =>
            parseHash(key, index, 'accessList.storageKeys'),
          ),
    };
  });
}

function parseAuthorization(value: unknown, index: number): Authorization {
  const { chainId, address, nonce, yParity, r, s } = parseObject(value, index, 'authorizationList');
  const parity = parseQuantity(yParity, index, 'authorizationList.yParity', 64);
  if (parity > 255n) throw invalidParam(index, 'authorizationList.yParity: hex number > 8 bits');
  return {
    chainId: parseQuantity(chainId, index, 'authorizationList.chainId', 256),
    address: parseAddress(address, index, 'authorizationList.address'),
    nonce: parseQuantity(nonce, index, 'authorizationList.nonce', 64),
    yParity: Number(parity),
    r: parseQuantity(r, index, 'authorizationList.r', 256),
    s: parseQuantity(s, index, 'authorizationList.s', 256),
  };
}

function parseList<T>(
  value: unknown,
  index: number,
  name: string,
  parse: (item: unknown, index: number) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw invalidParam(index, `${name}: not an array`);
  return value.map((item) => parse(item, index));
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
