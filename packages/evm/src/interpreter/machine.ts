/**
 * What executing takes besides state: stack and memory of all frames, the frames, and what holds for the whole
 * transaction. A machine executes one transaction at a time and is used again for the next.
 */
import type { Account } from '../journal/account.js';
import { Journal } from '../journal/journal.js';
import type { Tracer } from '../tracer.js';
import type { BlockEnvironment, Hash, StateReader } from '../types.js';
import { SLOT } from '../words/word.js';
import { type Block, blockOf } from './block.js';
import { Frame } from './frame.js';
import { type InstructionSet, instructionSet } from './instructionSet.js';
import { Memory } from './memory.js';
import { NO_PROGRAM, type Program, type ProgramCache } from './program.js';

/** The most words on the stack of one frame. */
export const STACK_WORDS_MAX = 1024;
const FRAME_STACK = STACK_WORDS_MAX * SLOT;
const FRAMES_AT_FIRST = 4;
const STACK_KEPT_MAX = 64 * FRAME_STACK;
/** Gas that is used up between two looks at the clock, about: a millisecond or so of work. */
const GAS_PER_CHECK = 250_000;
/** What the beginning of a frame counts for, whatever it uses. */
const FRAME_WORK = 4_000;

/** Thrown to end an execution that took too long. */
export class Expired extends Error {}

/** What holds for a whole transaction. */
export interface Transaction {
  readonly journal: Journal;
  readonly instructions: InstructionSet;
  readonly block: Block;
  readonly chainId: bigint;
  readonly origin: Account;
  readonly gasPrice: bigint;
  readonly blobVersionedHashes: readonly Hash[];
  readonly expired: (() => boolean) | undefined;
  readonly tracer: Tracer | undefined;
}

const NOTHING: StateReader = {
  account: () => undefined,
  code: () => new Uint8Array(0),
  storage: () => new Uint8Array(0),
  hasStorage: () => false,
  blockHash: () => undefined,
};
const NOWHERE: BlockEnvironment = {
  number: 0,
  timestamp: 0,
  coinbase: new Uint8Array(20),
  gasLimit: 0n,
  baseFee: 0n,
  difficulty: 0n,
  prevRandao: new Uint8Array(32),
  blobBaseFee: 0n,
};
const NO_JOURNAL = new Journal(NOTHING);
const NO_TRANSACTION: Transaction = {
  journal: NO_JOURNAL,
  instructions: instructionSet('frontier'),
  block: blockOf(NOWHERE),
  chainId: 0n,
  origin: NO_JOURNAL.account(NOWHERE.coinbase),
  gasPrice: 0n,
  blobVersionedHashes: [],
  expired: undefined,
  tracer: undefined,
};

export class Machine {
  stack = new Uint32Array(FRAMES_AT_FIRST * FRAME_STACK);
  readonly memory = new Memory();
  readonly programs: ProgramCache;
  /** The journal of `transaction`. */
  journal = NO_JOURNAL;
  transaction = NO_TRANSACTION;
  readonly #frames: Frame[] = [];
  /** `checkTime` for precompiles that take long. */
  readonly pause: () => void = () => this.checkTime();
  #deepest = 0;
  #work = 0;

  constructor(programs: ProgramCache) {
    this.programs = programs;
  }

  begin(transaction: Transaction): void {
    this.transaction = transaction;
    this.journal = transaction.journal;
    this.checkTime();
  }

  /** Lets go of the transaction, and of arrays that have become large. */
  end(): void {
    this.transaction = NO_TRANSACTION;
    this.journal = NO_JOURNAL;
    this.memory.release();
    for (let i = 0; i <= this.#deepest; i++) this.#frames[i].release();
    this.#deepest = 0;
    if (this.stack.length > STACK_KEPT_MAX) this.stack = new Uint32Array(FRAMES_AT_FIRST * FRAME_STACK);
  }

  frame(depth: number): Frame {
    if (depth > this.#deepest) this.#deepest = depth;
    for (let i = this.#frames.length; i <= depth; i++)
      this.#frames.push(new Frame(i, this.transaction.origin));
    return this.#frames[depth];
  }

  /** Called whenever a frame begins to run: there is room for its stack, and now and then a look at the clock. */
  enter(frame: Frame): void {
    const needed = frame.base + FRAME_STACK;
    if (needed > this.stack.length) {
      const stack = new Uint32Array(Math.max(needed, 2 * this.stack.length));
      stack.set(this.stack);
      this.stack = stack;
    }
    this.work(FRAME_WORK);
  }

  /** Counts work that is not done in a loop of code; looks at the clock now and then. */
  work(gas: number): void {
    this.#work += gas;
    if (this.#work < GAS_PER_CHECK) return;
    this.#work = 0;
    this.checkTime();
  }

  /** Throws when time is up. */
  checkTime(): void {
    const { expired } = this.transaction;
    if (expired?.()) throw new Expired('the execution took too long');
  }

  /** The program of an account as it is now. */
  program(account: Account): Program {
    const codeHash = account.state?.codeHash;
    if (codeHash === undefined) return NO_PROGRAM;
    if (account.programHash !== codeHash) {
      account.program = this.programs.get(codeHash, () => this.journal.code(account));
      account.programHash = codeHash;
    }
    return account.program;
  }
}
