/**
 * A small assembler for EVM contracts in tests and benchmarks, so that none needs a compiler. Words are separated by
 * white space: an opcode's name, a number (pushed with as few bytes as it has), `:label` (a JUMPDEST), `@label` (pushes
 * where it is, two bytes), `#label` (marks a place without a JUMPDEST); `//` begins a comment.
 */
import { fromHex } from '@coco/primitives';

const NAMES: Readonly<Record<string, number>> = {
  STOP: 0x00,
  ADD: 0x01,
  MUL: 0x02,
  SUB: 0x03,
  DIV: 0x04,
  MOD: 0x06,
  EXP: 0x0a,
  LT: 0x10,
  GT: 0x11,
  EQ: 0x14,
  ISZERO: 0x15,
  AND: 0x16,
  OR: 0x17,
  NOT: 0x19,
  SHL: 0x1b,
  SHR: 0x1c,
  KECCAK256: 0x20,
  ADDRESS: 0x30,
  BALANCE: 0x31,
  ORIGIN: 0x32,
  CALLER: 0x33,
  CALLVALUE: 0x34,
  CALLDATALOAD: 0x35,
  CALLDATASIZE: 0x36,
  CALLDATACOPY: 0x37,
  CODESIZE: 0x38,
  CODECOPY: 0x39,
  RETURNDATASIZE: 0x3d,
  RETURNDATACOPY: 0x3e,
  BLOCKHASH: 0x40,
  COINBASE: 0x41,
  TIMESTAMP: 0x42,
  NUMBER: 0x43,
  PREVRANDAO: 0x44,
  GASLIMIT: 0x45,
  CHAINID: 0x46,
  SELFBALANCE: 0x47,
  BASEFEE: 0x48,
  POP: 0x50,
  MLOAD: 0x51,
  MSTORE: 0x52,
  MSTORE8: 0x53,
  SLOAD: 0x54,
  SSTORE: 0x55,
  JUMP: 0x56,
  JUMPI: 0x57,
  GAS: 0x5a,
  LOG0: 0xa0,
  LOG1: 0xa1,
  LOG2: 0xa2,
  LOG3: 0xa3,
  CREATE: 0xf0,
  CALL: 0xf1,
  RETURN: 0xf3,
  DELEGATECALL: 0xf4,
  CREATE2: 0xf5,
  STATICCALL: 0xfa,
  REVERT: 0xfd,
  INVALID: 0xfe,
  SELFDESTRUCT: 0xff,
};

const JUMPDEST = 0x5b;
const PUSH0_CODE = 0x5f;

/** The code that `source` stands for. */
export function assemble(source: string): Uint8Array {
  const words = source
    .replace(/\/\/.*$/gm, '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const labels = new Map<string, number>();
  const code: number[] = [];
  const holes: { readonly at: number; readonly label: string }[] = [];
  for (const word of words) {
    if (word.startsWith(':') || word.startsWith('#')) {
      labels.set(word.slice(1), code.length);
      if (word.startsWith(':')) code.push(JUMPDEST);
    } else if (word.startsWith('@')) {
      holes.push({ at: code.length + 1, label: word.slice(1) });
      code.push(PUSH0_CODE + 2, 0, 0);
    } else {
      code.push(...instruction(word));
    }
  }
  for (const { at, label } of holes) {
    const target = labels.get(label);
    if (target === undefined) throw new Error(`no label ${label}`);
    code[at] = target >> 8;
    code[at + 1] = target & 255;
  }
  return Uint8Array.from(code);
}

function instruction(word: string): readonly number[] {
  const named = NAMES[word];
  if (named !== undefined) return [named];
  const numbered = /^(DUP|SWAP)(\d+)$/.exec(word);
  if (numbered !== null) return [(numbered[1] === 'DUP' ? 0x7f : 0x8f) + Number(numbered[2])];
  const digits = word.startsWith('0x') ? word.slice(2) : BigInt(word).toString(16);
  const bytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  if (bytes === undefined || bytes.length > 32) throw new Error(`not an instruction: ${word}`);
  return [PUSH0_CODE + bytes.length, ...bytes];
}

/** Code of a constructor that does `first` and then deploys `runtime`. */
export function initcode(runtime: Uint8Array, first = ''): Uint8Array {
  const head = assemble(`${first} ${runtime.length} DUP1 @runtime 0x00 CODECOPY 0x00 RETURN #runtime`);
  return Uint8Array.from([...head, ...runtime]);
}
