/**
 * Makes random contracts that mostly make sense: operands are there, jumps lead to labels, loops end, calls go to
 * contracts that exist, memory stays small. Now and then one of that is broken on purpose.
 */

import { isActive } from '@coco/evm';
import type { Random } from '@coco/primitives';
import type { Address, ForkRules } from '../../types.js';
import { byteOf, OPCODES } from '../opcodes.js';
import { type ProgramTools, precompileCall } from './precompileCalls.js';
import type { Data, Instruction, Program } from './program.js';
import { minimalBytes, oneIn, pick, randomBytes, randomWord } from './values.js';

/** What contracts can know of the world that they are in. */
export interface World {
  readonly rules: ForkRules;
  /** Contracts, plain accounts and addresses where nothing is. */
  readonly addresses: readonly Address[];
  /** Those with code that mostly makes sense. */
  readonly contracts: readonly Address[];
  /** Keys that storage is likely to have. */
  readonly keys: readonly bigint[];
}

/** A random contract. `levels` of contracts may be created in it. */
export function generateProgram(random: Random, world: World, levels = 2): Program {
  const writer = new Writer(random, world, levels);
  writer.statements(oneIn(random, 6) ? random.integer(4) : 3 + random.integer(30), 3);
  writer.end();
  if (oneIn(random, 15)) writer.damage();
  return writer;
}

/** Calls itself until that fails, and keeps what it finds at the bottom; then some statements on the way back. */
export function generateRecursion(random: Random, world: World): Program {
  const writer = new Writer(random, world, 0);
  writer.recurse();
  writer.statements(random.integer(3), 0);
  return writer;
}

/** Init code: some statements, and then it returns the code of a contract, or does not. */
function generateInitcode(random: Random, world: World, levels: number): Program {
  const writer = new Writer(random, world, levels);
  writer.statements(random.integer(6), 1);
  if (oneIn(random, 8)) writer.end();
  else if (oneIn(random, 15))
    writer.returnCode(Uint8Array.from([0xef, ...randomBytes(random, random.integer(30))]));
  else if (oneIn(random, 25)) writer.returnZeros(pick(random, CODE_SIZES));
  else writer.returnCode(generateProgram(random, world, levels));
  return writer;
}

const STACK_MAX = 1024;
/** Around the largest code that may be deployed (EIP-170), and what nobody can pay for. */
const CODE_SIZES = [1n, 1_000n, 24_576n, 24_577n, 2n ** 40n];
const COMPUTING = [...OPCODES.values()].filter(({ code }) => code > 0 && code < 0x20).map(({ name }) => name);
const EVERYTHING = [...OPCODES.values()].map(({ code }) => code);

class Writer implements Program {
  readonly instructions: Instruction[] = [];
  readonly data: Data[] = [];
  readonly #random: Random;
  readonly #world: World;
  readonly #levels: number;
  /** How many words are surely on the stack. */
  #height = 0;
  #labels = 0;

  constructor(random: Random, world: World, levels: number) {
    this.#random = random;
    this.#world = world;
    this.#levels = levels;
  }

  statements(count: number, nesting: number): void {
    for (let i = 0; i < count; i++) this.#statement(nesting);
  }

  /** How a program ends: mostly by telling what it has computed. */
  end(): void {
    const how = this.#random.integer(10);
    if (how < 6) this.#tell();
    else if (how === 6) this.#op('STOP');
    else if (how === 7) this.#range(this.#valid('REVERT', 'RETURN'));
    else if (how === 8) this.#opOf(pick(this.#random, ['INVALID', 'POP', 'JUMP', 'MLOAD']));
    else this.#destroy();
  }

  /** Shows the words on the stack to whoever called, or in a log, or as a hash in storage. */
  #tell(): void {
    let size = 0n;
    for (; this.#height > 0 && size < 256n; size += 32n) {
      this.#push(size);
      this.#op('MSTORE');
    }
    const how = this.#random.integer(5);
    this.#push(size + BigInt(this.#random.integer(3) * 32));
    this.#push(0n);
    if (how === 0) this.#op('LOG0');
    else if (how === 1) {
      this.#op('KECCAK256');
      this.#push(pick(this.#random, this.#world.keys));
      this.#op('SSTORE');
    } else this.#op(how === 2 ? this.#valid('REVERT', 'RETURN') : 'RETURN');
  }

  #destroy(): void {
    if (oneIn(this.#random, 4)) this.#op('ADDRESS');
    else this.#address();
    this.#op('SELFDESTRUCT');
  }

  returnCode(runtime: Data): void {
    this.#copyData(runtime);
    this.#pushDataSize(this.data.length - 1);
    this.#push(0n);
    this.#op('RETURN');
  }

  recurse(): void {
    const bottom = this.#label();
    for (let i = 0; i < this.#random.integer(20); i++) this.#push(randomWord(this.#random));
    for (let i = 0; i < 5; i++) this.#push(0n);
    this.#op('ADDRESS');
    this.#op('GAS');
    this.#op('CALL');
    this.#pushLabel(bottom);
    this.#op('JUMPI');
    this.#op('GAS');
    this.#push(pick(this.#random, this.#world.keys));
    this.#op('SSTORE');
    this.#mark(bottom);
  }

  returnZeros(size: bigint): void {
    this.#push(size);
    this.#push(0n);
    this.#op('RETURN');
  }

  /** Puts bytes that mean anything in the place of some instructions. */
  damage(): void {
    for (let i = 0; i <= this.#random.integer(3); i++) {
      this.instructions[this.#random.integer(this.instructions.length)] = { byte: this.#random.integer(256) };
    }
  }

  #statement(nesting: number): void {
    const random = this.#random;
    const kinds: readonly (readonly [number, () => void])[] = [
      [30, () => this.#compute()],
      [8, () => this.#push(randomWord(random))],
      [8, () => this.#shuffle()],
      [10, () => this.#memory()],
      [12, () => this.#storage()],
      [4, () => this.#range('KECCAK256')],
      [4, () => this.#log()],
      [14, () => this.#environment()],
      [8, () => this.#copy()],
      [nesting > 0 ? 5 : 0, () => this.#branch(nesting)],
      [nesting > 0 ? 2 : 0, () => this.#loop(nesting)],
      [8, () => this.#call()],
      [4, () => precompileCall(this.#callTools(), random)],
      [this.#levels > 0 ? 4 : 0, () => this.#create()],
      [2, () => this.#stop(nesting)],
      [1, () => this.#nonsense()],
    ];
    let choice = random.integer(kinds.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, write] of kinds) {
      choice -= weight;
      if (choice >= 0) continue;
      write();
      return;
    }
  }

  #compute(): void {
    this.#opOf(pick(this.#random, COMPUTING));
  }

  #shuffle(): void {
    this.#ensure(2);
    const wild = oneIn(this.#random, 200) ? 16 : 0;
    const dup = 1 + this.#random.integer(Math.max(1, wild, Math.min(16, this.#height)));
    const swap = 1 + this.#random.integer(Math.max(1, wild, Math.min(16, this.#height - 1)));
    if (oneIn(this.#random, 3)) this.#op('POP');
    else if (oneIn(this.#random, 2)) this.#raw(byteOf(`DUP${dup}`), 1);
    else this.#raw(byteOf(`SWAP${swap}`), 0);
  }

  #memory(): void {
    const name = pick(this.#random, ['MLOAD', 'MSTORE', 'MSTORE8', 'MSIZE', 'MSTORE']);
    if (name === 'MSTORE' || name === 'MSTORE8') this.#ensure(1);
    if (name !== 'MSIZE') this.#push(this.#offset());
    this.#op(name);
  }

  #storage(): void {
    const transient = isActive(this.#world.rules, 'cancun') && oneIn(this.#random, 3);
    const write = oneIn(this.#random, 2);
    if (write) {
      if (oneIn(this.#random, 2)) this.#push(BigInt(this.#random.integer(3)));
      else this.#ensure(1);
    }
    this.#push(pick(this.#random, this.#world.keys));
    this.#op(`${transient ? 'T' : 'S'}${write ? 'STORE' : 'LOAD'}`);
  }

  #log(): void {
    const topics = this.#random.integer(5);
    this.#ensure(topics);
    this.#range(`LOG${topics}`);
  }

  #environment(): void {
    const name = pick(this.#random, ENVIRONMENT);
    if (name === 'BLOCKHASH') this.#push(BigInt(this.#random.integer(600)));
    else if (name === 'BLOBHASH') this.#push(BigInt(this.#random.integer(4)));
    else if (name === 'CALLDATALOAD') this.#push(BigInt(this.#random.integer(80)));
    else if (OPCODES.get(name)?.pops === 1) this.#address();
    this.#op(name);
  }

  #copy(): void {
    const name = pick(this.#random, ['CALLDATACOPY', 'CODECOPY', 'EXTCODECOPY', 'RETURNDATACOPY', 'MCOPY']);
    if (name === 'RETURNDATACOPY' && !oneIn(this.#random, 4)) {
      this.#op('RETURNDATASIZE');
      this.#push(0n);
    } else {
      this.#push(this.#size());
      this.#push(oneIn(this.#random, 20) ? randomWord(this.#random) : this.#offset());
    }
    this.#push(this.#offset());
    if (name === 'EXTCODECOPY') this.#address();
    this.#op(name);
  }

  /** Skips some statements if a word is not zero; sometimes others are executed instead. */
  #branch(nesting: number): void {
    const label = this.#label();
    this.#ensure(1);
    this.#pushLabel(label);
    this.#op('JUMPI');
    this.#block(nesting);
    if (oneIn(this.#random, 2)) {
      const end = this.#label();
      this.#pushLabel(end);
      this.#op('JUMP');
      this.#mark(label);
      this.#block(nesting);
      this.#mark(end);
    } else this.#mark(label);
  }

  /** Counts down from a small number. */
  #loop(nesting: number): void {
    const label = this.#label();
    this.#push(BigInt(1 + this.#random.integer(6)));
    this.#mark(label);
    this.#block(nesting);
    this.#push(1n);
    this.#raw(byteOf('SWAP1'), 0);
    this.#op('SUB');
    this.#raw(byteOf('DUP1'), 1);
    this.#pushLabel(label);
    this.#op('JUMPI');
    this.#op('POP');
  }

  /** Statements that leave the stack as it was. */
  #block(nesting: number): void {
    const base = this.#height;
    this.#height = 0;
    this.statements(1 + this.#random.integer(5), nesting - 1);
    while (this.#height > 0) this.#op('POP');
    this.#height = base;
  }

  #call(): void {
    const name = pick(this.#random, [
      'CALL',
      'CALL',
      'CALLCODE',
      'DELEGATECALL',
      'DELEGATECALL',
      'STATICCALL',
      'STATICCALL',
    ]);
    const { contracts } = this.#world;
    this.#callArguments(name, () => {
      if (contracts.length === 0 || oneIn(this.#random, 4)) this.#address();
      else this.#pushAddress(pick(this.#random, contracts));
    });
    if (oneIn(this.#random, 2)) this.#op('POP');
  }

  #callArguments(name: string, address: () => void): void {
    for (let i = 0; i < 2; i++) {
      this.#push(this.#size());
      this.#push(this.#offset());
    }
    if (name === 'CALL' || name === 'CALLCODE') this.#push(oneIn(this.#random, 3) ? this.#amount() : 0n);
    address();
    if (oneIn(this.#random, 3)) this.#push(oneIn(this.#random, 4) ? randomWord(this.#random) : this.#gas());
    else this.#op('GAS');
    this.#op(name);
  }

  #create(): void {
    const random = this.#random;
    const child = oneIn(random, 10) ? randomBytes(random, random.integer(40)) : undefined;
    const two = isActive(this.#world.rules, 'constantinople') && oneIn(random, 2);
    this.#copyData(child ?? generateInitcode(random, this.#world, this.#levels - 1));
    if (two) this.#push(BigInt(random.integer(3)));
    this.#pushDataSize(this.data.length - 1);
    this.#push(0n);
    this.#push(oneIn(random, 4) ? this.#amount() : 0n);
    this.#op(two ? 'CREATE2' : 'CREATE');
    if (!oneIn(random, 2)) return;
    const name = pick(random, ['CALL', 'DELEGATECALL', 'STATICCALL']);
    const arguments_ = name === 'CALL' ? 5 : 4;
    this.#callArguments(name, () => this.#raw(byteOf(`DUP${arguments_ + 1}`), 1));
    this.#op('POP');
  }

  /** Ends the execution in the middle, if a word is zero. */
  #stop(nesting: number): void {
    const label = this.#label();
    this.#ensure(1);
    this.#pushLabel(label);
    this.#op('JUMPI');
    const before = this.#height;
    if (nesting > 0 && oneIn(this.#random, 3)) this.#destroy();
    else this.end();
    this.#mark(label);
    this.#height = before;
  }

  /** What makes no sense: any byte, any opcode without operands, a jump to anywhere. */
  #nonsense(): void {
    const random = this.#random;
    if (!oneIn(random, 4)) this.#compute();
    else if (oneIn(random, 3)) this.#raw(random.integer(256), 0);
    else if (oneIn(random, 2)) this.#raw(pick(random, EVERYTHING), 0);
    else {
      this.#push(BigInt(random.integer(100)));
      this.#op('JUMP');
    }
  }

  /** The tools that calls of precompiles are written with. */
  #callTools(): ProgramTools {
    return {
      data: (data) => this.#copyData(data),
      push: (value) => this.#push(value),
      op: (name) => this.#op(name),
    };
  }

  /** CODECOPY of attached data to the start of memory. */
  #copyData(data: Data): void {
    this.data.push(data);
    this.#pushDataSize(this.data.length - 1);
    this.instructions.push({ pushData: this.data.length - 1, part: 'offset' });
    this.#height++;
    this.#push(0n);
    this.#op('CODECOPY');
  }

  #pushDataSize(index: number): void {
    this.instructions.push({ pushData: index, part: 'size' });
    this.#height++;
  }

  /** An opcode on operands that are there. */
  #opOf(name: string): void {
    this.#ensure(OPCODES.get(name)?.pops ?? 0);
    this.#op(name);
  }

  /** An opcode on a range of memory. */
  #range(name: string): void {
    this.#push(this.#size());
    this.#push(this.#offset());
    this.#op(name);
  }

  /** Writes an opcode; one that this fork does not know yet only now and then. */
  #op(name: string): void {
    const opcode = OPCODES.get(name);
    if (opcode === undefined) throw new Error(`no opcode ${name}`);
    const { code, pops, pushes, since } = opcode;
    if (!isActive(this.#world.rules, since) && !oneIn(this.#random, 300)) {
      for (let i = 0; i < pops; i++) this.instructions.push({ byte: byteOf('POP') });
      for (let i = 0; i < pushes; i++) this.instructions.push({ byte: byteOf('PC') });
    } else this.instructions.push({ byte: code });
    this.#height = Math.max(0, this.#height - pops) + pushes;
  }

  #raw(byte: number, growth: number): void {
    this.instructions.push({ byte });
    this.#height += growth;
  }

  #push(value: bigint): void {
    const random = this.#random;
    if (value === 0n && isActive(this.#world.rules, 'shanghai') && oneIn(random, 2)) {
      this.instructions.push({ byte: byteOf('PUSH0') });
    } else {
      const bytes = minimalBytes(value);
      const padding = oneIn(random, 10) ? random.integer(33 - bytes.length) : 0;
      this.instructions.push({ push: Uint8Array.from([...new Uint8Array(padding), ...bytes]) });
    }
    this.#height++;
  }

  #pushLabel(label: number): void {
    this.instructions.push({ pushLabel: label });
    this.#height++;
  }

  #label(): number {
    return this.#labels++;
  }

  #mark(label: number): void {
    this.instructions.push({ label });
  }

  #address(): void {
    const random = this.#random;
    if (oneIn(random, 12)) this.#op(pick(random, ['ADDRESS', 'CALLER', 'ORIGIN', 'COINBASE']));
    else this.#pushAddress(pick(random, this.#world.addresses));
  }

  #pushAddress(address: Address): void {
    this.instructions.push({ push: address });
    this.#height++;
  }

  /** Operands for whoever needs `count`; rarely it goes without. */
  #ensure(count: number): void {
    if (oneIn(this.#random, 1_500)) return;
    while (this.#height < count && this.#height < STACK_MAX) this.#push(randomWord(this.#random));
  }

  #valid(name: string, otherwise: string): string {
    return isActive(this.#world.rules, OPCODES.get(name)?.since ?? 'frontier') ? name : otherwise;
  }

  #offset(): bigint {
    if (oneIn(this.#random, 300)) return randomWord(this.#random);
    return BigInt(oneIn(this.#random, 30) ? this.#random.integer(5000) : this.#random.integer(130));
  }

  #size(): bigint {
    if (oneIn(this.#random, 300)) return randomWord(this.#random);
    return BigInt(oneIn(this.#random, 4) ? 0 : this.#random.integer(100));
  }

  #amount(): bigint {
    return oneIn(this.#random, 20) ? randomWord(this.#random) : BigInt(this.#random.integer(20));
  }

  #gas(): bigint {
    return BigInt(
      pick(this.#random, [0, 100, 2_299, 2_300, 2_300 + this.#random.integer(20), 5_000, 30_000, 100_000]),
    );
  }
}

const ENVIRONMENT = [
  ...['ADDRESS', 'BALANCE', 'BALANCE', 'ORIGIN', 'CALLER', 'CALLVALUE', 'CALLDATALOAD', 'CALLDATALOAD'],
  ...['CALLDATASIZE', 'CODESIZE', 'GASPRICE', 'EXTCODESIZE', 'RETURNDATASIZE', 'EXTCODEHASH', 'BLOCKHASH'],
  ...['COINBASE', 'TIMESTAMP', 'NUMBER', 'PREVRANDAO', 'GASLIMIT', 'CHAINID', 'SELFBALANCE', 'BASEFEE'],
  ...['BLOBHASH', 'BLOBBASEFEE', 'PC', 'GAS', 'MSIZE'],
];
