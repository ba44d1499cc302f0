/**
 * The instructions: what they take from the stack and leave there, the fork that brought them, and the part of their
 * gas that does not depend on their operands (yellow paper, appendix H; EIP-150, 1884, 2929 and others for changes).
 */
import { FORKS } from '../forks.js';
import type { ForkName } from '../types.js';

export interface Opcode {
  readonly code: number;
  readonly name: string;
  readonly pops: number;
  readonly pushes: number;
  readonly gas: number;
  readonly since: ForkName;
}

/** code, name, pops, pushes, gas, fork (Frontier where none is named). */
const TABLE = `
00 STOP 0 0 0
01 ADD 2 1 3
02 MUL 2 1 5
03 SUB 2 1 3
04 DIV 2 1 5
05 SDIV 2 1 5
06 MOD 2 1 5
07 SMOD 2 1 5
08 ADDMOD 3 1 8
09 MULMOD 3 1 8
0a EXP 2 1 10
0b SIGNEXTEND 2 1 5
10 LT 2 1 3
11 GT 2 1 3
12 SLT 2 1 3
13 SGT 2 1 3
14 EQ 2 1 3
15 ISZERO 1 1 3
16 AND 2 1 3
17 OR 2 1 3
18 XOR 2 1 3
19 NOT 1 1 3
1a BYTE 2 1 3
1b SHL 2 1 3 constantinople
1c SHR 2 1 3 constantinople
1d SAR 2 1 3 constantinople
1e CLZ 1 1 5 osaka
20 KECCAK256 2 1 30
30 ADDRESS 0 1 2
31 BALANCE 1 1 20
32 ORIGIN 0 1 2
33 CALLER 0 1 2
34 CALLVALUE 0 1 2
35 CALLDATALOAD 1 1 3
36 CALLDATASIZE 0 1 2
37 CALLDATACOPY 3 0 3
38 CODESIZE 0 1 2
39 CODECOPY 3 0 3
3a GASPRICE 0 1 2
3b EXTCODESIZE 1 1 20
3c EXTCODECOPY 4 0 20
3d RETURNDATASIZE 0 1 2 byzantium
3e RETURNDATACOPY 3 0 3 byzantium
3f EXTCODEHASH 1 1 400 constantinople
40 BLOCKHASH 1 1 20
41 COINBASE 0 1 2
42 TIMESTAMP 0 1 2
43 NUMBER 0 1 2
44 DIFFICULTY 0 1 2
45 GASLIMIT 0 1 2
46 CHAINID 0 1 2 istanbul
47 SELFBALANCE 0 1 5 istanbul
48 BASEFEE 0 1 2 london
49 BLOBHASH 1 1 3 cancun
4a BLOBBASEFEE 0 1 2 cancun
50 POP 1 0 2
51 MLOAD 1 1 3
52 MSTORE 2 0 3
53 MSTORE8 2 0 3
54 SLOAD 1 1 50
55 SSTORE 2 0 0
56 JUMP 1 0 8
57 JUMPI 2 0 10
58 PC 0 1 2
59 MSIZE 0 1 2
5a GAS 0 1 2
5b JUMPDEST 0 0 1
5c TLOAD 1 1 100 cancun
5d TSTORE 2 0 100 cancun
5e MCOPY 3 0 3 cancun
5f PUSH0 0 1 2 shanghai
a0 LOG0 2 0 375
a1 LOG1 3 0 750
a2 LOG2 4 0 1125
a3 LOG3 5 0 1500
a4 LOG4 6 0 1875
f0 CREATE 3 1 32000
f1 CALL 7 1 40
f2 CALLCODE 7 1 40
f3 RETURN 2 0 0
f4 DELEGATECALL 6 1 40 homestead
f5 CREATE2 4 1 32000 constantinople
fa STATICCALL 6 1 40 byzantium
fd REVERT 2 0 0 byzantium
ff SELFDESTRUCT 1 0 0
`;

/** From which fork on an instruction costs something else. From Berlin on, of what is warm already (EIP-2929). */
const REPRICED: readonly (readonly [ForkName, string, number])[] = [
  ['tangerineWhistle', 'EXTCODESIZE EXTCODECOPY CALL CALLCODE DELEGATECALL', 700],
  ['tangerineWhistle', 'BALANCE', 400],
  ['tangerineWhistle', 'SLOAD', 200],
  ['tangerineWhistle', 'SELFDESTRUCT', 5000],
  ['byzantium', 'STATICCALL', 700],
  ['istanbul', 'SLOAD', 800],
  ['istanbul', 'BALANCE EXTCODEHASH', 700],
  ['berlin', 'BALANCE EXTCODESIZE EXTCODECOPY EXTCODEHASH SLOAD', 100],
  ['berlin', 'CALL CALLCODE DELEGATECALL STATICCALL', 100],
];

const PUSH1 = 0x60;
const DUP1 = 0x80;
const SWAP1 = 0x90;

/** All instructions, at the gas of the fork that brought them. */
export const OPCODES: readonly Opcode[] = [
  ...TABLE.trim()
    .split('\n')
    .map((line): Opcode => {
      const [code, name, pops, pushes, gas, since] = line.split(' ');
      return {
        code: Number.parseInt(code, 16),
        name,
        pops: Number(pops),
        pushes: Number(pushes),
        gas: Number(gas),
        since: (since ?? 'frontier') as ForkName,
      };
    }),
  ...series(PUSH1, 32, 'PUSH', () => ({ pops: 0, pushes: 1 })),
  ...series(DUP1, 16, 'DUP', (n) => ({ pops: n, pushes: n + 1 })),
  ...series(SWAP1, 16, 'SWAP', (n) => ({ pops: n + 1, pushes: n + 1 })),
];

function series(
  first: number,
  count: number,
  name: string,
  stack: (n: number) => { readonly pops: number; readonly pushes: number },
): readonly Opcode[] {
  return Array.from({ length: count }, (_, i) => ({
    code: first + i,
    name: `${name}${i + 1}`,
    ...stack(i + 1),
    gas: 3,
    since: 'frontier',
  }));
}

/** The instructions that `fork` has, at its gas. */
export function opcodesOf(fork: ForkName): readonly Opcode[] {
  const includes = (other: ForkName): boolean => FORKS.indexOf(other) <= FORKS.indexOf(fork);
  const gas = new Map<string, number>();
  for (const [since, names, amount] of REPRICED) {
    if (includes(since)) for (const name of names.split(' ')) gas.set(name, amount);
  }
  return OPCODES.filter(({ since }) => includes(since)).map((opcode) => ({
    ...opcode,
    gas: gas.get(opcode.name) ?? opcode.gas,
  }));
}

const NAMES = new Map(OPCODES.map(({ code, name }) => [code, name]));

/** Name of an instruction in the newest fork, for traces; undefined where there is none. */
export function opcodeName(code: number): string | undefined {
  return NAMES.get(code);
}
