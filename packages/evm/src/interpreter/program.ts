/**
 * Code as the interpreter runs it: followed by zeros, so that it ends in STOP and every push has its data, and with
 * the places to which it may jump (yellow paper, 9.4.3). Programs are remembered by the hash of their code.
 */
import { hashKey } from '../journal/keys.js';
import type { Address, Hash } from '../types.js';

const JUMPDEST = 0x5b;
const PUSH1 = 0x60;
const PUSH32 = 0x7f;
/** A PUSH32 at the very end reads 32 bytes that are not there, and then comes a STOP. */
const PADDING = 33;

export class Program {
  /** The code itself. */
  readonly code: Uint8Array;
  /** The code followed by zeros. */
  readonly padded: Uint8Array;
  /** 1 at each valid destination of a jump; as long as `padded`. */
  readonly destinations: Uint8Array;
  /** Whose code runs in place of this one (EIP-7702). */
  readonly delegate: Address | undefined;

  constructor(code: Uint8Array) {
    this.code = code;
    this.padded = new Uint8Array(code.length + PADDING);
    this.padded.set(code);
    this.delegate = isDelegation(code) ? code.slice(3) : undefined;
    this.destinations = new Uint8Array(this.padded.length);
    for (let pc = 0; pc < code.length; pc++) {
      const op = code[pc];
      if (op === JUMPDEST) this.destinations[pc] = 1;
      else if (op >= PUSH1 && op <= PUSH32) pc += op - PUSH1 + 1;
    }
  }
}

/** True for the code 0xef0100 ‖ address of an account that delegates (EIP-7702). */
export function isDelegation(code: Uint8Array): boolean {
  return code.length === 23 && code[0] === 0xef && code[1] === 1 && code[2] === 0;
}

export const NO_PROGRAM = new Program(new Uint8Array(0));

/** Programs by the hash of their code, of which the oldest go when there are too many. */
export class ProgramCache {
  readonly #programs = new Map<string, Program>();
  readonly #bytesMax: number;
  #bytes = 0;

  /** Keeps programs of at most `bytesMax` bytes of code in all; they take three times that. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(codeHash: Hash, read: () => Uint8Array): Program {
    const key = hashKey(codeHash);
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = new Program(read());
      this.#programs.set(key, program);
      this.#bytes += program.code.length;
      this.#evict();
    }
    return program;
  }

  #evict(): void {
    for (const [key, { code }] of this.#programs) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#programs.delete(key);
      this.#bytes -= code.length;
    }
  }
}
