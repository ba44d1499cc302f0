/**
 * The contract of the sandbox: scripts of the members (constitution, ballots) and of apps run in an interpreter of
 * their own, which reaches nothing but what it is handed, and stops at limits that need no clock: the same script with
 * the same input stops at the same place everywhere.
 */

/** What can cross into a script and out of it: JSON, and bytes, which are an ArrayBuffer inside. */
export type ScriptValue =
  | null
  | undefined
  | boolean
  | number
  | string
  | Uint8Array
  | readonly ScriptValue[]
  | { readonly [key: string]: ScriptValue };

/** A function that a script may call; what it throws is thrown in the script as an Error with that message. */
export type HostFunction = (...args: ScriptValue[]) => ScriptValue;

/** Limits of one run. */
export interface ScriptLimits {
  /** Of all sources together, in bytes of UTF-8. */
  readonly sourceBytesMax: number;
  readonly heapBytesMax: number;
  readonly stackBytesMax: number;
  /** Interpreter steps, in units of the engine's interrupt counter (about 10,000 bytecode branches and calls). */
  readonly stepsMax: number;
  /** Of the result, and of each argument of a host function, as JSON. */
  readonly valueBytesMax: number;
}

/** One call of one exported function of a module, in an interpreter that exists for it alone. */
export interface ScriptRun {
  /** Names the module in traces, for example "constitution". */
  readonly name: string;
  /** An ES module. It can import nothing. */
  readonly source: string;
  /** Name of the exported function to call. */
  readonly call: string;
  readonly args: readonly ScriptValue[];
  /**
   * A script that makes the global objects before the module is evaluated, from the functions in `host`, which it finds
   * under the global name `__host` (gone when the module runs). Trusted: part of the product, not of the members.
   */
  readonly prelude?: string;
  readonly host?: Readonly<Record<string, HostFunction>>;
  readonly limits: ScriptLimits;
}

/** What became of a run. */
export type ScriptOutcome =
  | { readonly outcome: 'returned'; readonly value: ScriptValue }
  /** The script threw, does not parse, or has no such export. */
  | { readonly outcome: 'threw'; readonly reason: string; readonly trace: string }
  /** Stopped at a limit. */
  | { readonly outcome: 'exceeded'; readonly limit: 'source' | 'heap' | 'stack' | 'steps' | 'value' };

/** Runs scripts, one after the other. Synchronous; holds nothing between runs. */
export interface Sandbox {
  run(run: ScriptRun): ScriptOutcome;
}
