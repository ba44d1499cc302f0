/**
 * Writes the instructions of a program and keeps count of what is on the stack, so that operands are there, memory stays
 * small, and addresses exist. Now and then one of that is broken on purpose.
 */
import { isActive } from '@coco/evm';
import type { Random } from '@coco/primitives';
import type { Address, ForkRules } from '../../types.js';
import { byteOf, OPCODES } from '../opcodes.js';
import type { Data, Instruction } from './program.js';
import { minimalBytes, oneIn, pick, randomWord } from './values.js';

const STACK_MAX = 1024;

export class ProgramWriter {
  readonly instructions: Instruction[] = [];
  readonly data: Data[] = [];
  readonly random: Random;
  readonly world: World;
  /** How many words are surely on the stack. */
  height = 0;
  #labels = 0;

  constructor(random: Random, world: World) {
    this.random = random;
    this.world = world;
  }

  /** CODECOPY of attached data to the start of memory. */
  copyData(data: Data): void {
    this.data.push(data);
    this.pushDataSize(this.data.length - 1);
    this.instructions.push({ pushData: this.data.length - 1, part: 'offset' });
    this.height++;
    this.push(0n);
    this.op('CODECOPY');
  }

  /** Pushes how long attached data are. */
  pushDataSize(index: number): void {
    this.instructions.push({ pushData: index, part: 'size' });
    this.height++;
  }

  /** An opcode on operands that are there. */
  opOf(name: string): void {
    this.ensure(OPCODES.get(name)?.pops ?? 0);
    this.op(name);
  }

  /** An opcode on a range of memory. */
  range(name: string): void {
    this.push(this.size());
    this.push(this.offset());
    this.op(name);
  }

  /** Writes an opcode; one that this fork does not know yet only now and then. */
  op(name: string): void {
    const opcode = OPCODES.get(name);
    if (opcode === undefined) throw new Error(`no opcode ${name}`);
    const { code, pops, pushes, since } = opcode;
    if (!isActive(this.world.rules, since) && !oneIn(this.random, 300)) {
      for (let i = 0; i < pops; i++) this.instructions.push({ byte: byteOf('POP') });
      for (let i = 0; i < pushes; i++) this.instructions.push({ byte: byteOf('PC') });
    } else this.instructions.push({ byte: code });
    this.height = Math.max(0, this.height - pops) + pushes;
  }

  /** A byte that changes the height of the stack by `growth`. */
  raw(byte: number, growth: number): void {
    this.instructions.push({ byte });
    this.height += growth;
  }

  /** Pushes an integer below 2^256, sometimes with more bytes than it has. */
  push(value: bigint): void {
    const random = this.random;
    if (value === 0n && isActive(this.world.rules, 'shanghai') && oneIn(random, 2)) {
      this.instructions.push({ byte: byteOf('PUSH0') });
    } else {
      const bytes = minimalBytes(value);
      const padding = oneIn(random, 10) ? random.integer(33 - bytes.length) : 0;
      this.instructions.push({ push: Uint8Array.from([...new Uint8Array(padding), ...bytes]) });
    }
    this.height++;
  }

  pushLabel(label: number): void {
    this.instructions.push({ pushLabel: label });
    this.height++;
  }

  label(): number {
    return this.#labels++;
  }

  mark(label: number): void {
    this.instructions.push({ label });
  }

  /** Pushes some address. */
  address(): void {
    const random = this.random;
    if (oneIn(random, 12)) this.op(pick(random, ['ADDRESS', 'CALLER', 'ORIGIN', 'COINBASE']));
    else this.pushAddress(pick(random, this.world.addresses));
  }

  pushAddress(address: Address): void {
    this.instructions.push({ push: address });
    this.height++;
  }

  /** Operands for whoever needs `count`; rarely it goes without. */
  ensure(count: number): void {
    if (oneIn(this.random, 1_500)) return;
    while (this.height < count && this.height < STACK_MAX) this.push(randomWord(this.random));
  }

  /** `name` if this fork has it. */
  valid(name: string, otherwise: string): string {
    return isActive(this.world.rules, OPCODES.get(name)?.since ?? 'frontier') ? name : otherwise;
  }

  /** An offset in memory. */
  offset(): bigint {
    if (oneIn(this.random, 300)) return randomWord(this.random);
    return BigInt(oneIn(this.random, 30) ? this.random.integer(5000) : this.random.integer(130));
  }

  /** A size in memory. */
  size(): bigint {
    if (oneIn(this.random, 300)) return randomWord(this.random);
    return BigInt(oneIn(this.random, 4) ? 0 : this.random.integer(100));
  }

  /** An amount of wei. */
  amount(): bigint {
    return oneIn(this.random, 20) ? randomWord(this.random) : BigInt(this.random.integer(20));
  }

  /** Gas for a call, with a taste for the stipend. */
  gas(): bigint {
    return BigInt(
      pick(this.random, [0, 100, 2_299, 2_300, 2_300 + this.random.integer(20), 5_000, 30_000, 100_000]),
    );
  }
}

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
