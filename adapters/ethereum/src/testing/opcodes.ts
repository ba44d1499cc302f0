/**
 * The instruction set as tests know it: what each opcode takes from the stack and leaves on it, and since when it
 * is one. Written down apart from any engine, so that it cannot share a mistake with one.
 */
import type { ForkName } from '../types.js';

/** One opcode; PUSH1 to PUSH32 and what pushes labels are not among them. */
export interface Opcode {
  readonly name: string;
  readonly code: number;
  /** Words taken from the stack. */
  readonly pops: number;
  /** Words left on it. */
  readonly pushes: number;
  readonly since: ForkName;
}

/** All opcodes but PUSHn, DUPn and SWAPn: name, code, pops, pushes, and the fork if not the first. */
const TABLE = `
  STOP 00 0 0, ADD 01 2 1, MUL 02 2 1, SUB 03 2 1, DIV 04 2 1, SDIV 05 2 1, MOD 06 2 1, SMOD 07 2 1, ADDMOD 08 3 1,
  MULMOD 09 3 1, EXP 0a 2 1, SIGNEXTEND 0b 2 1, LT 10 2 1, GT 11 2 1, SLT 12 2 1, SGT 13 2 1, EQ 14 2 1,
  ISZERO 15 1 1, AND 16 2 1, OR 17 2 1, XOR 18 2 1, NOT 19 1 1, BYTE 1a 2 1, SHL 1b 2 1 constantinople,
  SHR 1c 2 1 constantinople, SAR 1d 2 1 constantinople, CLZ 1e 1 1 osaka, KECCAK256 20 2 1, ADDRESS 30 0 1,
  BALANCE 31 1 1, ORIGIN 32 0 1, CALLER 33 0 1, CALLVALUE 34 0 1, CALLDATALOAD 35 1 1, CALLDATASIZE 36 0 1,
  CALLDATACOPY 37 3 0, CODESIZE 38 0 1, CODECOPY 39 3 0, GASPRICE 3a 0 1, EXTCODESIZE 3b 1 1, EXTCODECOPY 3c 4 0,
  RETURNDATASIZE 3d 0 1 byzantium, RETURNDATACOPY 3e 3 0 byzantium, EXTCODEHASH 3f 1 1 constantinople,
  BLOCKHASH 40 1 1, COINBASE 41 0 1, TIMESTAMP 42 0 1, NUMBER 43 0 1, PREVRANDAO 44 0 1, GASLIMIT 45 0 1,
  CHAINID 46 0 1 istanbul, SELFBALANCE 47 0 1 istanbul, BASEFEE 48 0 1 london, BLOBHASH 49 1 1 cancun,
  BLOBBASEFEE 4a 0 1 cancun, POP 50 1 0, MLOAD 51 1 1, MSTORE 52 2 0, MSTORE8 53 2 0, SLOAD 54 1 1, SSTORE 55 2 0,
  JUMP 56 1 0, JUMPI 57 2 0, PC 58 0 1, MSIZE 59 0 1, GAS 5a 0 1, JUMPDEST 5b 0 0, TLOAD 5c 1 1 cancun,
  TSTORE 5d 2 0 cancun, MCOPY 5e 3 0 cancun, PUSH0 5f 0 1 shanghai, LOG0 a0 2 0, LOG1 a1 3 0, LOG2 a2 4 0,
  LOG3 a3 5 0, LOG4 a4 6 0, CREATE f0 3 1, CALL f1 7 1, CALLCODE f2 7 1, RETURN f3 2 0,
  DELEGATECALL f4 6 1 homestead, CREATE2 f5 4 1 constantinople, STATICCALL fa 6 1 byzantium, REVERT fd 2 0 byzantium,
  INVALID fe 0 0, SELFDESTRUCT ff 1 0
`;

/** By name. */
export const OPCODES: ReadonlyMap<string, Opcode> = new Map(TABLE.trim().split(',').map(parse));

const byCode = new Map([...OPCODES.values()].map((opcode) => [opcode.code, opcode]));

function parse(entry: string): [string, Opcode] {
  const [name, code, pops, pushes, since = 'frontier'] = entry.trim().split(/\s+/) as [
    string,
    string,
    string,
    string,
  ];
  return [
    name,
    {
      name,
      code: Number.parseInt(code, 16),
      pops: Number(pops),
      pushes: Number(pushes),
      since: since as ForkName,
    },
  ];
}

/** The byte of an opcode. */
export function byteOf(name: string): number {
  const numbered = /^(PUSH|DUP|SWAP)([1-9]\d*)$/.exec(name);
  if (numbered !== null) {
    const base = { PUSH: 0x5f, DUP: 0x7f, SWAP: 0x8f }[numbered[1] as 'PUSH' | 'DUP' | 'SWAP'];
    return base + Number(numbered[2]);
  }
  const opcode = OPCODES.get(name);
  if (opcode === undefined) throw new Error(`no opcode ${name}`);
  return opcode.code;
}

/** What a byte is called where it is executed. */
export function nameOf(code: number): string {
  if (code > 0x5f && code <= 0x7f) return `PUSH${code - 0x5f}`;
  if (code > 0x7f && code <= 0x8f) return `DUP${code - 0x7f}`;
  if (code > 0x8f && code <= 0x9f) return `SWAP${code - 0x8f}`;
  return byCode.get(code)?.name ?? `0x${code.toString(16).padStart(2, '0')}`;
}
