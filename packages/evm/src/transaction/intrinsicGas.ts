/**
 * Gas that a transaction costs before any code runs (yellow paper, section 6.2; EIP-2, 2028, 2930, 3860, 7623, 7702).
 */
import { isActive } from '../forks.js';
import type { ForkRules } from '../types.js';
import type { Message } from './message.js';

const TRANSACTION = 21_000;
const CREATE = 32_000;
const ZERO_BYTE = 4;
const BYTE = 68;
const BYTE_SINCE_ISTANBUL = 16;
const INITCODE_WORD = 2;
const ACCESS_LIST_ADDRESS = 2_400;
const ACCESS_LIST_KEY = 1_900;
/** Per entry of an authorization list, whether or not it turns out valid (EIP-7702, PER_EMPTY_ACCOUNT_COST). */
const AUTHORIZATION = 25_000;
const FLOOR_PER_TOKEN = 10;
const TOKENS_PER_BYTE = 4;

export interface IntrinsicGas {
  /** Used up before execution. */
  readonly gas: bigint;
  /** The least that is used altogether; 0 before Prague. */
  readonly floor: bigint;
}

/** The intrinsic gas of a message. */
export function intrinsicGas(
  {
    to,
    data,
    accessList,
    authorizationList,
  }: Pick<Message, 'to' | 'data' | 'accessList' | 'authorizationList'>,
  rules: ForkRules,
): IntrinsicGas {
  const { length } = data;
  let zeros = 0;
  for (let i = 0; i < length; i++) if (data[i] === 0) zeros++;
  const others = length - zeros;
  let gas =
    TRANSACTION + zeros * ZERO_BYTE + others * (isActive(rules, 'istanbul') ? BYTE_SINCE_ISTANBUL : BYTE);
  if (to === undefined && isActive(rules, 'homestead')) gas += CREATE;
  if (to === undefined && isActive(rules, 'shanghai')) gas += INITCODE_WORD * Math.ceil(length / 32);
  for (const { storageKeys } of accessList) gas += ACCESS_LIST_ADDRESS + ACCESS_LIST_KEY * storageKeys.length;
  gas += AUTHORIZATION * authorizationList.length;
  const tokens = zeros + TOKENS_PER_BYTE * others;
  const floor = isActive(rules, 'prague') ? TRANSACTION + FLOOR_PER_TOKEN * tokens : 0;
  return { gas: BigInt(gas), floor: BigInt(floor) };
}
