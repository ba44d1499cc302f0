/**
 * Hooks into an execution: calls as they begin and end, and single instructions. What a trace needs besides is there
 * already: the state before is what the `StateReader` is asked for, and what became of it is in the changes.
 */
import type { Address } from './types.js';

export type CallKind =
  | 'CALL'
  | 'CALLCODE'
  | 'DELEGATECALL'
  | 'STATICCALL'
  | 'CREATE'
  | 'CREATE2'
  | 'SELFDESTRUCT';

/** A call that begins. */
export interface TracedCall {
  readonly kind: CallKind;
  /** 0 for the transaction itself. */
  readonly depth: number;
  readonly from: Address;
  /** Whose code runs; for creations the new contract. */
  readonly to: Address;
  /** Wei that is moved, or shown to a DELEGATECALL. */
  readonly value: bigint;
  readonly gas: number;
  /** Call data, or init code. */
  readonly input: Uint8Array;
}

/** A call that has ended. */
export interface TracedResult {
  readonly depth: number;
  readonly gasUsed: number;
  readonly output: Uint8Array;
  /** Absent on success. */
  readonly error?: string;
}

/** An instruction that is about to be executed. Valid until the hook returns; the methods make copies. */
export interface TracedStep {
  readonly depth: number;
  readonly pc: number;
  readonly opcode: number;
  /** What is left before the instruction is paid for. */
  readonly gas: number;
  /** The counter of refunds. */
  readonly refund: number;
  /** Whose storage this is. */
  readonly address: Address;
  /** The topmost word is the last. */
  stack(): readonly bigint[];
  memory(): Uint8Array;
  /** What the last call within this one returned. */
  returnData(): Uint8Array;
}

/** What wants to know. Hooks must not execute anything themselves. */
export interface Tracer {
  enter?(call: TracedCall): void;
  exit?(result: TracedResult): void;
  step?(step: TracedStep): void;
}
