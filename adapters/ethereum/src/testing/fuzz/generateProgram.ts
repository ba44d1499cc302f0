/**
 * Makes random contracts that mostly make sense: operands are there, jumps lead to labels, loops end, calls go to
 * contracts that exist, memory stays small. Now and then one of that is broken on purpose.
 */

import { isActive } from '@coco/evm';
import type { Random } from '@coco/primitives';
import { byteOf, OPCODES } from '../opcodes.js';
import { precompileCall } from './precompileCalls.js';
import type { Data, Program } from './program.js';
import { ProgramWriter, type World } from './programWriter.js';
import { oneIn, pick, randomBytes, randomWord } from './values.js';

/** A random contract. `levels` of contracts may be created in it. */
export function generateProgram(random: Random, world: World, levels = 2): Program {
  const statements = new Statements(random, world, levels);
  statements.write(oneIn(random, 6) ? random.integer(4) : 3 + random.integer(30), 3);
  statements.end();
  if (oneIn(random, 15)) statements.damage();
  return statements.program;
}

/** Calls itself until that fails, and keeps what it finds at the bottom; then works a little on the way back. */
export function generateRecursion(random: Random, world: World): Program {
  const statements = new Statements(random, world, 0);
  statements.recurse();
  return statements.program;
}

/** Init code: some statements, and then it returns the code of a contract, or does not. */
function generateInitcode(random: Random, world: World, levels: number): Program {
  const statements = new Statements(random, world, levels);
  statements.write(random.integer(6), 1);
  if (oneIn(random, 8)) statements.end();
  else if (oneIn(random, 15))
    statements.returnCode(Uint8Array.from([0xef, ...randomBytes(random, random.integer(30))]));
  else if (oneIn(random, 25)) statements.returnZeros(pick(random, CODE_SIZES));
  else statements.returnCode(generateProgram(random, world, levels));
  return statements.program;
}

/** Around the largest code that may be deployed (EIP-170), and what nobody can pay for. */
const CODE_SIZES = [1n, 1_000n, 24_576n, 24_577n, 2n ** 40n];
const COMPUTING = [...OPCODES.values()].filter(({ code }) => code > 0 && code < 0x20).map(({ name }) => name);
const EVERYTHING = [...OPCODES.values()].map(({ code }) => code);

/** Writes statements: each leaves the stack deeper or not, and makes sense by itself. */
class Statements {
  readonly #to: ProgramWriter;
  readonly #levels: number;

  constructor(random: Random, world: World, levels: number) {
    this.#to = new ProgramWriter(random, world);
    this.#levels = levels;
  }

  get program(): Program {
    const { instructions, data } = this.#to;
    return { instructions, data };
  }

  write(count: number, nesting: number): void {
    for (let i = 0; i < count; i++) this.#statement(nesting);
  }

  /** How a program ends: mostly by telling what it has computed. */
  end(): void {
    const how = this.#to.random.integer(10);
    if (how < 6) this.#tell();
    else if (how === 6) this.#to.op('STOP');
    else if (how === 7) this.#to.range(this.#to.valid('REVERT', 'RETURN'));
    else if (how === 8) this.#to.opOf(pick(this.#to.random, ['INVALID', 'POP', 'JUMP', 'MLOAD']));
    else this.#destroy();
  }

  /** Shows the words on the stack to whoever called, or in a log, or as a hash in storage. */
  #tell(): void {
    let size = 0n;
    for (; this.#to.height > 0 && size < 256n; size += 32n) {
      this.#to.push(size);
      this.#to.op('MSTORE');
    }
    const how = this.#to.random.integer(5);
    this.#to.push(size + BigInt(this.#to.random.integer(3) * 32));
    this.#to.push(0n);
    if (how === 0) this.#to.op('LOG0');
    else if (how === 1) {
      this.#to.op('KECCAK256');
      this.#to.push(pick(this.#to.random, this.#to.world.keys));
      this.#to.op('SSTORE');
    } else this.#to.op(how === 2 ? this.#to.valid('REVERT', 'RETURN') : 'RETURN');
  }

  #destroy(): void {
    if (oneIn(this.#to.random, 4)) this.#to.op('ADDRESS');
    else this.#to.address();
    this.#to.op('SELFDESTRUCT');
  }

  returnCode(runtime: Data): void {
    this.#to.copyData(runtime);
    this.#to.pushDataSize(this.#to.data.length - 1);
    this.#to.push(0n);
    this.#to.op('RETURN');
  }

  recurse(): void {
    const bottom = this.#to.label();
    for (let i = 0; i < this.#to.random.integer(20); i++) this.#to.push(randomWord(this.#to.random));
    for (let i = 0; i < 5; i++) this.#to.push(0n);
    this.#to.op('ADDRESS');
    this.#to.op('GAS');
    this.#to.op('CALL');
    this.#to.pushLabel(bottom);
    this.#to.op('JUMPI');
    this.#to.op('GAS');
    this.#to.push(pick(this.#to.random, this.#to.world.keys));
    this.#to.op('SSTORE');
    this.#to.mark(bottom);
    // No further call: with the gas that this takes, two calls at every level would never end.
    for (let i = 0; i < this.#to.random.integer(4); i++) {
      if (oneIn(this.#to.random, 2)) this.#compute();
      else this.#storage();
    }
  }

  returnZeros(size: bigint): void {
    this.#to.push(size);
    this.#to.push(0n);
    this.#to.op('RETURN');
  }

  /** Puts bytes that mean anything in the place of some instructions. */
  damage(): void {
    for (let i = 0; i <= this.#to.random.integer(3); i++) {
      this.#to.instructions[this.#to.random.integer(this.#to.instructions.length)] = {
        byte: this.#to.random.integer(256),
      };
    }
  }

  #statement(nesting: number): void {
    const random = this.#to.random;
    const kinds: readonly (readonly [number, () => void])[] = [
      [30, () => this.#compute()],
      [8, () => this.#to.push(randomWord(random))],
      [8, () => this.#shuffle()],
      [10, () => this.#memory()],
      [12, () => this.#storage()],
      [4, () => this.#to.range('KECCAK256')],
      [4, () => this.#log()],
      [14, () => this.#environment()],
      [8, () => this.#copy()],
      [nesting > 0 ? 5 : 0, () => this.#branch(nesting)],
      [nesting > 0 ? 2 : 0, () => this.#loop(nesting)],
      [8, () => this.#call()],
      [4, () => precompileCall(this.#to)],
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
    this.#to.opOf(pick(this.#to.random, COMPUTING));
  }

  #shuffle(): void {
    this.#to.ensure(2);
    const wild = oneIn(this.#to.random, 200) ? 16 : 0;
    const dup = 1 + this.#to.random.integer(Math.max(1, wild, Math.min(16, this.#to.height)));
    const swap = 1 + this.#to.random.integer(Math.max(1, wild, Math.min(16, this.#to.height - 1)));
    if (oneIn(this.#to.random, 3)) this.#to.op('POP');
    else if (oneIn(this.#to.random, 2)) this.#to.raw(byteOf(`DUP${dup}`), 1);
    else this.#to.raw(byteOf(`SWAP${swap}`), 0);
  }

  #memory(): void {
    const name = pick(this.#to.random, ['MLOAD', 'MSTORE', 'MSTORE8', 'MSIZE', 'MSTORE']);
    if (name === 'MSTORE' || name === 'MSTORE8') this.#to.ensure(1);
    if (name !== 'MSIZE') this.#to.push(this.#to.offset());
    this.#to.op(name);
  }

  #storage(): void {
    const transient = isActive(this.#to.world.rules, 'cancun') && oneIn(this.#to.random, 3);
    const write = oneIn(this.#to.random, 2);
    if (write) {
      if (oneIn(this.#to.random, 2)) this.#to.push(BigInt(this.#to.random.integer(3)));
      else this.#to.ensure(1);
    }
    this.#to.push(pick(this.#to.random, this.#to.world.keys));
    this.#to.op(`${transient ? 'T' : 'S'}${write ? 'STORE' : 'LOAD'}`);
  }

  #log(): void {
    const topics = this.#to.random.integer(5);
    this.#to.ensure(topics);
    this.#to.range(`LOG${topics}`);
  }

  #environment(): void {
    const name = pick(this.#to.random, ENVIRONMENT);
    if (name === 'BLOCKHASH') this.#to.push(BigInt(this.#to.random.integer(600)));
    else if (name === 'BLOBHASH') this.#to.push(BigInt(this.#to.random.integer(4)));
    else if (name === 'CALLDATALOAD') this.#to.push(BigInt(this.#to.random.integer(80)));
    else if (OPCODES.get(name)?.pops === 1) this.#to.address();
    this.#to.op(name);
  }

  #copy(): void {
    const name = pick(this.#to.random, [
      'CALLDATACOPY',
      'CODECOPY',
      'EXTCODECOPY',
      'RETURNDATACOPY',
      'MCOPY',
    ]);
    if (name === 'RETURNDATACOPY' && !oneIn(this.#to.random, 4)) {
      this.#to.op('RETURNDATASIZE');
      this.#to.push(0n);
    } else {
      this.#to.push(this.#to.size());
      this.#to.push(oneIn(this.#to.random, 20) ? randomWord(this.#to.random) : this.#to.offset());
    }
    this.#to.push(this.#to.offset());
    if (name === 'EXTCODECOPY') this.#to.address();
    this.#to.op(name);
  }

  /** Skips some statements if a word is not zero; sometimes others are executed instead. */
  #branch(nesting: number): void {
    const label = this.#to.label();
    this.#to.ensure(1);
    this.#to.pushLabel(label);
    this.#to.op('JUMPI');
    this.#block(nesting);
    if (oneIn(this.#to.random, 2)) {
      const end = this.#to.label();
      this.#to.pushLabel(end);
      this.#to.op('JUMP');
      this.#to.mark(label);
      this.#block(nesting);
      this.#to.mark(end);
    } else this.#to.mark(label);
  }

  /** Counts down from a small number. */
  #loop(nesting: number): void {
    const label = this.#to.label();
    this.#to.push(BigInt(1 + this.#to.random.integer(6)));
    this.#to.mark(label);
    this.#block(nesting);
    this.#to.push(1n);
    this.#to.raw(byteOf('SWAP1'), 0);
    this.#to.op('SUB');
    this.#to.raw(byteOf('DUP1'), 1);
    this.#to.pushLabel(label);
    this.#to.op('JUMPI');
    this.#to.op('POP');
  }

  /** Statements that leave the stack as it was. */
  #block(nesting: number): void {
    const base = this.#to.height;
    this.#to.height = 0;
    this.write(1 + this.#to.random.integer(5), nesting - 1);
    while (this.#to.height > 0) this.#to.op('POP');
    this.#to.height = base;
  }

  #call(): void {
    const name = pick(this.#to.random, [
      'CALL',
      'CALL',
      'CALLCODE',
      'DELEGATECALL',
      'DELEGATECALL',
      'STATICCALL',
      'STATICCALL',
    ]);
    const { contracts } = this.#to.world;
    this.#callArguments(name, () => {
      if (contracts.length === 0 || oneIn(this.#to.random, 4)) this.#to.address();
      else this.#to.pushAddress(pick(this.#to.random, contracts));
    });
    if (oneIn(this.#to.random, 2)) this.#to.op('POP');
  }

  #callArguments(name: string, address: () => void): void {
    for (let i = 0; i < 2; i++) {
      this.#to.push(this.#to.size());
      this.#to.push(this.#to.offset());
    }
    if (name === 'CALL' || name === 'CALLCODE')
      this.#to.push(oneIn(this.#to.random, 3) ? this.#to.amount() : 0n);
    address();
    if (oneIn(this.#to.random, 3))
      this.#to.push(oneIn(this.#to.random, 4) ? randomWord(this.#to.random) : this.#to.gas());
    else this.#to.op('GAS');
    this.#to.op(name);
  }

  #create(): void {
    const random = this.#to.random;
    const child = oneIn(random, 10) ? randomBytes(random, random.integer(40)) : undefined;
    const two = isActive(this.#to.world.rules, 'constantinople') && oneIn(random, 2);
    this.#to.copyData(child ?? generateInitcode(random, this.#to.world, this.#levels - 1));
    if (two) this.#to.push(BigInt(random.integer(3)));
    this.#to.pushDataSize(this.#to.data.length - 1);
    this.#to.push(0n);
    this.#to.push(oneIn(random, 4) ? this.#to.amount() : 0n);
    this.#to.op(two ? 'CREATE2' : 'CREATE');
    if (!oneIn(random, 2)) return;
    const name = pick(random, ['CALL', 'DELEGATECALL', 'STATICCALL']);
    const arguments_ = name === 'CALL' ? 5 : 4;
    this.#callArguments(name, () => this.#to.raw(byteOf(`DUP${arguments_ + 1}`), 1));
    this.#to.op('POP');
  }

  /** Ends the execution in the middle, if a word is zero. */
  #stop(nesting: number): void {
    const label = this.#to.label();
    this.#to.ensure(1);
    this.#to.pushLabel(label);
    this.#to.op('JUMPI');
    const before = this.#to.height;
    if (nesting > 0 && oneIn(this.#to.random, 3)) this.#destroy();
    else this.end();
    this.#to.mark(label);
    this.#to.height = before;
  }

  /** What makes no sense: any byte, any opcode without operands, a jump to anywhere. */
  #nonsense(): void {
    const random = this.#to.random;
    if (!oneIn(random, 4)) this.#compute();
    else if (oneIn(random, 3)) this.#to.raw(random.integer(256), 0);
    else if (oneIn(random, 2)) this.#to.raw(pick(random, EVERYTHING), 0);
    else {
      this.#to.push(BigInt(random.integer(100)));
      this.#to.op('JUMP');
    }
  }
}

const ENVIRONMENT = [
  ...['ADDRESS', 'BALANCE', 'BALANCE', 'ORIGIN', 'CALLER', 'CALLVALUE', 'CALLDATALOAD', 'CALLDATALOAD'],
  ...['CALLDATASIZE', 'CODESIZE', 'GASPRICE', 'EXTCODESIZE', 'RETURNDATASIZE', 'EXTCODEHASH', 'BLOCKHASH'],
  ...['COINBASE', 'TIMESTAMP', 'NUMBER', 'PREVRANDAO', 'GASLIMIT', 'CHAINID', 'SELFBALANCE', 'BASEFEE'],
  ...['BLOBHASH', 'BLOBBASEFEE', 'PC', 'GAS', 'MSIZE'],
];
