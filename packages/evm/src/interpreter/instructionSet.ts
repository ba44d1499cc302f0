/**
 * The instructions of one fork as tables by opcode: what the loop looks up before every instruction, and the functions
 * behind those that it does not execute itself.
 */
import type { ForkName } from '../types.js';
import { SLOT } from '../words/word.js';
import { call } from './callOps.js';
import { create, selfDestruct } from './createOps.js';
import type { Handler } from './environmentOps.js';
import * as environment from './environmentOps.js';
import { type Features, featuresOf } from './features.js';
import * as memory from './memoryOps.js';
import { OPCODES, opcodesOf } from './opcodes.js';
import { INVALID_OPCODE } from './signals.js';
import * as storage from './storageOps.js';

const STACK_WORDS_MAX = 1024;
/** A height that no stack has. */
const NEVER = 1 << 30;

export interface InstructionSet {
  readonly features: Features;
  /** Gas that does not depend on operands. */
  readonly gas: Int32Array;
  /** The least height of the stack, in numbers of `SLOT` a word. */
  readonly lowest: Int32Array;
  /** How far above the least height it may be; unsigned comparison finds both too few and too many. */
  readonly range: Int32Array;
  readonly handlers: readonly Handler[];
}

const invalid: Handler = () => INVALID_OPCODE;

/** Handlers by name; what the loop itself executes has none. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  KECCAK256: memory.keccak,
  ADDRESS: environment.address,
  BALANCE: environment.balance,
  ORIGIN: environment.origin,
  CALLER: environment.caller,
  CALLVALUE: environment.callValue,
  CALLDATALOAD: environment.callDataLoad,
  CALLDATASIZE: environment.callDataSize,
  CALLDATACOPY: memory.callDataCopy,
  CODESIZE: environment.codeSize,
  CODECOPY: memory.codeCopy,
  GASPRICE: environment.gasPrice,
  EXTCODESIZE: environment.extCodeSize,
  EXTCODECOPY: memory.extCodeCopy,
  RETURNDATASIZE: environment.returnDataSize,
  RETURNDATACOPY: memory.returnDataCopy,
  EXTCODEHASH: environment.extCodeHash,
  BLOCKHASH: environment.blockHash,
  COINBASE: environment.blockWord('coinbase'),
  TIMESTAMP: environment.blockWord('timestamp'),
  NUMBER: environment.blockWord('numberWord'),
  DIFFICULTY: environment.blockWord('difficulty'),
  GASLIMIT: environment.blockWord('gasLimit'),
  CHAINID: environment.chainId,
  SELFBALANCE: environment.selfBalance,
  BASEFEE: environment.blockWord('baseFee'),
  BLOBHASH: environment.blobHash,
  BLOBBASEFEE: environment.blockWord('blobBaseFee'),
  MSTORE8: memory.storeByte,
  SLOAD: storage.load,
  SSTORE: storage.store,
  MSIZE: environment.memorySize,
  TLOAD: storage.loadTransient,
  TSTORE: storage.storeTransient,
  MCOPY: memory.memoryCopy,
  LOG0: memory.log(0),
  LOG1: memory.log(1),
  LOG2: memory.log(2),
  LOG3: memory.log(3),
  LOG4: memory.log(4),
  CREATE: create('CREATE'),
  CALL: call('CALL'),
  CALLCODE: call('CALLCODE'),
  RETURN: memory.returnOutput,
  DELEGATECALL: call('DELEGATECALL'),
  CREATE2: create('CREATE2'),
  STATICCALL: call('STATICCALL'),
  REVERT: memory.revert,
  SELFDESTRUCT: selfDestruct,
};

const sets = new Map<ForkName, InstructionSet>();

/** The instructions of `fork`. */
export function instructionSet(fork: ForkName): InstructionSet {
  let set = sets.get(fork);
  if (set === undefined) {
    set = build(fork);
    sets.set(fork, set);
  }
  return set;
}

function build(fork: ForkName): InstructionSet {
  const features = featuresOf(fork);
  const gas = new Int32Array(256);
  const lowest = new Int32Array(256).fill(NEVER);
  const range = new Int32Array(256);
  const handlers: Handler[] = Array.from({ length: 256 }, () => invalid);
  for (const opcode of opcodesOf(fork)) {
    gas[opcode.code] = opcode.gas;
    lowest[opcode.code] = opcode.pops * SLOT;
    const highest = STACK_WORDS_MAX - Math.max(0, opcode.pushes - opcode.pops);
    range[opcode.code] = (highest - opcode.pops) * SLOT;
    handlers[opcode.code] = HANDLERS[opcode.name] ?? invalid;
  }
  if (features.paris) {
    const difficulty = OPCODES.find(({ name }) => name === 'DIFFICULTY')?.code ?? 0;
    handlers[difficulty] = environment.blockWord('prevRandao');
  }
  return { features, gas, lowest, range, handlers };
}

/** Whether the fork has this instruction at all. */
export function isDefined(set: InstructionSet, opcode: number): boolean {
  return set.lowest[opcode] !== NEVER;
}
