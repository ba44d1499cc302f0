/**
 * A market between two ERC-20 tokens in the manner of Uniswap v2 (constant product, 0.3 % fee), and a trader that swaps
 * through it: what one transaction of a decentralised exchange asks of an engine. Assembled here; the interface and
 * the events are the well-known ones, so that wallets and explorers understand them.
 *
 * Storage of the market: 0, 1 the tokens; 2 time ‖ reserve 1 ‖ reserve 0 (32, 112, 112 bits); 3 whether it is unlocked.
 */
import { concatBytes, toHex, utf8 } from '@coco/primitives';
import { keccak256 } from '../../codec/keccak.js';
import { paddedBytes } from '../../codec/quantity.js';
import type { Address } from '../../types.js';
import { assemble, initcode } from '../assemble.js';

/** What to send as data of the transaction that deploys a market between two tokens. */
export function marketInitcode(token0: Address, token1: Address): Uint8Array {
  const first = `0x${toHex(token0)} 0x00 SSTORE 0x${toHex(token1)} 0x01 SSTORE 0x01 0x03 SSTORE`;
  return initcode(MARKET, first);
}

/** What deploys a trader: whoever calls it swaps its tokens in that market. */
export function traderInitcode(market: Address, token0: Address, token1: Address): Uint8Array {
  return initcode(traderCode(`0x${toHex(market)}`, `0x${toHex(token0)}`, `0x${toHex(token1)}`));
}

/** Call data of the market's sync(): its reserves become what it has. */
export function marketSync(): Uint8Array {
  return paddedBytes(BigInt(selector('sync()')), 4);
}

/** Call data for a trader: gives `amount` of token 0 for token 1, or the other way round. */
export function traderSwap(amount: bigint, from: 0 | 1): Uint8Array {
  return concatBytes(paddedBytes(amount, 32), paddedBytes(BigInt(from), 32));
}

/** Topics of the market's events. */
export const SYNC_TOPIC: Uint8Array = keccak256(utf8('Sync(uint112,uint112)'));
export const SWAP_TOPIC: Uint8Array = keccak256(
  utf8('Swap(address,uint256,uint256,uint256,uint256,address)'),
);

function selector(signature: string): string {
  return `0x${toHex(keccak256(utf8(signature)).subarray(0, 4))}`;
}

// Expressions: each leaves one word on the stack. Operators take their first operand from the top.
const apply = (operator: string) => (a: string | number, b: string | number) => `${b} ${a} ${operator}`;
const [add, sub, mul, div] = [apply('ADD'), apply('SUB'), apply('MUL'), apply('DIV')];
const [and, or, gt, lt] = [apply('AND'), apply('OR'), apply('GT'), apply('LT')];
const shl = (bits: number, word: string) => `${word} ${bits} SHL`;
const shr = (bits: number, word: string) => `${word} ${bits} SHR`;
const argument = (index: number) => `${4 + 32 * index} CALLDATALOAD`;
const slot = (index: number) => `${index} SLOAD`;

/** Variables live in memory, beyond what calls use: `get` leaves the value, `set` takes it. */
const place = (name: string) => 0x100 + 0x20 * VARIABLES.indexOf(name);
const VARIABLES = ['reserve0', 'reserve1', 'balance0', 'balance1', 'in0', 'in1', 'out0', 'out1', 'amount'];
const get = (name: string) => `${place(name)} MLOAD`;
const set = (name: string, value: string) => `${value} ${place(name)} MSTORE`;
const require = (condition: string) => `${condition} ISZERO @fail JUMPI`;
const RESERVE_MASK = `0x${'ff'.repeat(14)}`;
const ADDRESS_MASK = `0x${'ff'.repeat(20)}`;

/** Calls `to` with a selector and arguments; the answer is left in memory from 0 on. */
function call(to: string, signature: string, parameters: readonly string[], outputBytes = 32): string {
  const stores = parameters.map((parameter, index) => `${parameter} ${4 + 32 * index} MSTORE`).join(' ');
  const size = 4 + 32 * parameters.length;
  return `
    ${shl(224, selector(signature))} 0x00 MSTORE ${stores}
    ${outputBytes} 0x00 ${size} 0x00 0x00 ${to} GAS CALL ISZERO @fail JUMPI
  `;
}

const transfer = (token: string, to: string, amount: string) => `
  ${call(token, 'transfer(address,uint256)', [to, amount])}
  ${require('0x00 MLOAD')}
`;

/** Keeps the balances as reserves, and says so. */
const UPDATE = `
  ${require(`${gt(RESERVE_MASK, get('balance0'))}`)}
  ${require(`${gt(RESERVE_MASK, get('balance1'))}`)}
  ${or(or(get('balance0'), shl(112, get('balance1'))), shl(224, 'TIMESTAMP'))} 0x02 SSTORE
  ${get('balance0')} 0x00 MSTORE ${get('balance1')} 0x20 MSTORE
  0x${toHex(SYNC_TOPIC)} 0x40 0x00 LOG1
`;

const READ_RESERVES = `
  ${set('reserve0', and(slot(2), RESERVE_MASK))}
  ${set('reserve1', and(shr(112, slot(2)), RESERVE_MASK))}
`;
const READ_BALANCES = [0, 1]
  .map(
    (index) =>
      `${call(slot(index), 'balanceOf(address)', ['ADDRESS'])} ${set(`balance${index}`, '0x00 MLOAD')}`,
  )
  .join('\n');

/** What came in: how much more there is than what the reserve should have become. */
const received = (index: number) => `
  ${set(`in${index}`, '0x00')}
  ${gt(get(`balance${index}`), sub(get(`reserve${index}`), get(`out${index}`)))} ISZERO @none${index} JUMPI
  ${set(`in${index}`, sub(get(`balance${index}`), sub(get(`reserve${index}`), get(`out${index}`))))}
  :none${index}
`;
const adjusted = (index: number) => sub(mul(get(`balance${index}`), 1000), mul(get(`in${index}`), 3));

const MARKET = assemble(`
  CALLVALUE @fail JUMPI
  0x00 CALLDATALOAD 0xe0 SHR
  DUP1 ${selector('swap(uint256,uint256,address,bytes)')} EQ @swap JUMPI
  DUP1 ${selector('getReserves()')} EQ @getReserves JUMPI
  DUP1 ${selector('sync()')} EQ @sync JUMPI
  DUP1 ${selector('token0()')} EQ @token0 JUMPI
  DUP1 ${selector('token1()')} EQ @token1 JUMPI
  :fail 0x00 0x00 REVERT

  :swap
    ${require(slot(3))} 0x00 0x03 SSTORE
    ${set('out0', argument(0))} ${set('out1', argument(1))}
    ${require(or(get('out0'), get('out1')))}
    ${READ_RESERVES}
    ${require(lt(get('out0'), get('reserve0')))} ${require(lt(get('out1'), get('reserve1')))}
    ${get('out0')} ISZERO @paid0 JUMPI
      ${transfer(slot(0), and(argument(2), ADDRESS_MASK), get('out0'))}
    :paid0
    ${get('out1')} ISZERO @paid1 JUMPI
      ${transfer(slot(1), and(argument(2), ADDRESS_MASK), get('out1'))}
    :paid1
    ${READ_BALANCES}
    ${received(0)} ${received(1)}
    ${require(or(get('in0'), get('in1')))}
    ${lt(mul(adjusted(0), adjusted(1)), mul(mul(get('reserve0'), get('reserve1')), 1_000_000))} @fail JUMPI
    ${UPDATE}
    ${get('in0')} 0x00 MSTORE ${get('in1')} 0x20 MSTORE ${get('out0')} 0x40 MSTORE ${get('out1')} 0x60 MSTORE
    ${and(argument(2), ADDRESS_MASK)} CALLER 0x${toHex(SWAP_TOPIC)} 0x80 0x00 LOG3
    0x01 0x03 SSTORE STOP

  :sync ${READ_BALANCES} ${UPDATE} STOP
  :getReserves
    ${READ_RESERVES}
    ${get('reserve0')} 0x00 MSTORE ${get('reserve1')} 0x20 MSTORE ${shr(224, slot(2))} 0x40 MSTORE
    0x60 0x00 RETURN
  :token0 ${slot(0)} 0x00 MSTORE 0x20 0x00 RETURN
  :token1 ${slot(1)} 0x00 MSTORE 0x20 0x00 RETURN
`);

/** What the market gives for an amount: amount × 997 × out ÷ (in × 1000 + amount × 997). */
const amountOut = (reserveIn: string, reserveOut: string) =>
  div(mul(mul(get('amount'), 997), get(reserveOut)), add(mul(get(reserveIn), 1000), mul(get('amount'), 997)));

function traderCode(market: string, token0: string, token1: string): Uint8Array {
  const direction = (from: 0 | 1) => `
    ${transfer(from === 0 ? token0 : token1, market, get('amount'))}
    ${call(market, 'getReserves()', [], 96)}
    ${set('reserve0', '0x00 MLOAD')} ${set('reserve1', '0x20 MLOAD')}
    ${set('out0', from === 0 ? '0x00' : amountOut('reserve1', 'reserve0'))}
    ${set('out1', from === 0 ? amountOut('reserve0', 'reserve1') : '0x00')}
    ${call(market, 'swap(uint256,uint256,address,bytes)', [get('out0'), get('out1'), 'ADDRESS', '0x80', '0x00'], 0)}
    STOP
  `;
  return assemble(`
    ${set('amount', '0x00 CALLDATALOAD')}
    0x20 CALLDATALOAD @second JUMPI
    ${direction(0)}
    :second ${direction(1)}
    :fail 0x00 0x00 REVERT
  `);
}
