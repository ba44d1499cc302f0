/**
 * A plain ERC-20 token for tests, benchmarks and demonstrations, assembled here. Its constructor gives the whole
 * supply to whoever deploys it. Balances are laid out as Solidity does: at keccak256(address ‖ slot 0).
 */
import { concatBytes, toHex, utf8 } from '@coco/primitives';
import { paddedBytes } from '../codec/quantity.js';
import type { Address } from '../types.js';
import { assemble, initcode } from './assemble.js';

/** Topic of `Transfer(address,address,uint256)`. */
const TRANSFER = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

/** Everything that the deployer gets: 10^9 tokens of 18 decimals. */
export const ERC20_SUPPLY = 10n ** 27n;

/** Stack: …, address → …, storage slot of its balance. */
const BALANCE_SLOT = '0x00 MSTORE 0x00 0x20 MSTORE 0x40 0x00 KECCAK256';
/** Stack: value → ; returns it. */
const RETURN_WORD = '0x00 MSTORE 0x20 0x00 RETURN';

/** Reverts with Error(string), as Solidity's `require` does. */
function revertWith(reason: string): string {
  const text = utf8(reason);
  const words: string[] = [];
  for (let at = 0; at < text.length; at += 32) {
    const word = new Uint8Array(32);
    word.set(text.subarray(at, at + 32));
    words.push(`0x${toHex(word)} ${0x44 + at} MSTORE`);
  }
  const selector = `0x08c379a0${'0'.repeat(56)} 0x00 MSTORE`;
  const size = 0x44 + 32 * words.length;
  return `${selector} 0x20 0x04 MSTORE ${text.length} 0x24 MSTORE ${words.join(' ')} ${size} 0x00 REVERT`;
}

/** Returns a string of at most 32 bytes as the ABI has it. */
function returnText(text: string): string {
  const word = new Uint8Array(32);
  word.set(utf8(text));
  return `0x20 0x00 MSTORE ${text.length} 0x20 MSTORE 0x${toHex(word)} 0x40 MSTORE 0x60 0x00 RETURN`;
}

const runtime = assemble(`
  CALLVALUE @fail JUMPI
  0x00 CALLDATALOAD 0xe0 SHR
  DUP1 0xa9059cbb EQ @transfer JUMPI
  DUP1 0x70a08231 EQ @balanceOf JUMPI
  DUP1 0x18160ddd EQ @totalSupply JUMPI
  DUP1 0x313ce567 EQ @decimals JUMPI
  DUP1 0x06fdde03 EQ @name JUMPI
  DUP1 0x95d89b41 EQ @symbol JUMPI
  :fail 0x00 0x00 REVERT

  :transfer
    0x24 CALLDATALOAD 0x04 CALLDATALOAD       // amount, to
    DUP1 0xa0 SHR @fail JUMPI
    DUP1 ISZERO @toZero JUMPI
    CALLER ${BALANCE_SLOT} DUP1 SLOAD         // amount, to, slot, balance
    DUP4 DUP2 LT @exceeds JUMPI
    DUP4 SWAP1 SUB SWAP1 SSTORE               // amount, to
    DUP1 0x00 MSTORE 0x40 0x00 KECCAK256      // amount, to, slot
    DUP1 SLOAD DUP4 ADD SWAP1 SSTORE          // amount, to
    SWAP1 0x00 MSTORE                         // to
    CALLER ${TRANSFER} 0x20 0x00 LOG3
    0x01 ${RETURN_WORD}
  :toZero ${revertWith('ERC20: transfer to the zero address')}
  :exceeds ${revertWith('ERC20: transfer amount exceeds balance')}

  :balanceOf 0x04 CALLDATALOAD ${BALANCE_SLOT} SLOAD ${RETURN_WORD}
  :totalSupply 0x02 SLOAD ${RETURN_WORD}
  :decimals 18 ${RETURN_WORD}
  :name ${returnText('Coco Test Token')}
  :symbol ${returnText('CTT')}
`);

const constructorCode = `
  ${ERC20_SUPPLY} DUP1 0x02 SSTORE            // supply
  CALLER ${BALANCE_SLOT}                      // supply, slot
  DUP2 SWAP1 SSTORE                           // supply
  0x00 MSTORE CALLER 0x00 ${TRANSFER} 0x20 0x00 LOG3
`;

/** What to send as data of the transaction that deploys it. */
export const ERC20_INITCODE: Uint8Array = initcode(runtime, constructorCode);

/** Human-readable signatures, as viem's `parseAbi` and ethers take them. */
export const ERC20_SIGNATURES = [
  'constructor()',
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
  'function transfer(address to, uint256 amount) returns (bool)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
] as const;

/** JSON ABI of the same. */
export const ERC20_ABI = [
  { type: 'constructor', stateMutability: 'nonpayable', inputs: [] },
  view('name', [], 'string'),
  view('symbol', [], 'string'),
  view('decimals', [], 'uint8'),
  view('totalSupply', [], 'uint256'),
  view('balanceOf', [{ name: 'account', type: 'address' }], 'uint256'),
  {
    type: 'function',
    name: 'transfer',
    stateMutability: 'nonpayable',
    inputs: [
      { name: 'to', type: 'address' },
      { name: 'amount', type: 'uint256' },
    ],
    outputs: [{ name: '', type: 'bool' }],
  },
  {
    type: 'event',
    name: 'Transfer',
    anonymous: false,
    inputs: [
      { name: 'from', type: 'address', indexed: true },
      { name: 'to', type: 'address', indexed: true },
      { name: 'value', type: 'uint256', indexed: false },
    ],
  },
] as const;

function view<const Name extends string, const Input, const Type extends string>(
  name: Name,
  inputs: readonly Input[],
  type: Type,
) {
  return { type: 'function', name, stateMutability: 'view', inputs, outputs: [{ name: '', type }] } as const;
}

/** Call data of transfer(to, amount). */
export function erc20Transfer(to: Address, amount: bigint): Uint8Array {
  return concatBytes(Uint8Array.of(0xa9, 0x05, 0x9c, 0xbb), new Uint8Array(12), to, paddedBytes(amount, 32));
}

/** Call data of balanceOf(account). */
export function erc20BalanceOf(account: Address): Uint8Array {
  return concatBytes(Uint8Array.of(0x70, 0xa0, 0x82, 0x31), new Uint8Array(12), account);
}
