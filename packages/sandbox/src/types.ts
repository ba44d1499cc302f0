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
  /** Of the platform's stack, as the meter counts frames; at most 512 KiB, more counts as that. */
  readonly stackBytesMax: number;
  /**
   * How long it may work, without a clock: a step is 10,000 turns of loops and calls of functions within the interpreter's
   * machine code, built-in functions included. About 0.03 to 0.07 ms.
   */
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
  /** Name of the exported function to call. Without it the value is how many parameters each exported function has, by name. */
  readonly call?: string;
  readonly args: readonly ScriptValue[];
  /**
   * A script that makes the global objects before the module is evaluated, from the functions in `host`, which it finds
   * under the global name `__host` (gone when the module runs). Trusted: part of the product, not of the members.
   */
  readonly prelude?: string;
  readonly host?: Readonly<Record<string, HostFunction>>;
  /** Steps that a call of a host function costs, by its name, besides what every call costs (0.2, and one per 160 kB). */
  readonly hostSteps?: Readonly<Record<string, number>>;
  readonly limits: ScriptLimits;
}

/** What became of a run. `steps` says what it took, rounded up to a whole number. */
export type ScriptOutcome = { readonly steps: number } & (
  | { readonly outcome: 'returned'; readonly value: ScriptValue }
  /** The script threw, does not parse, or has no such export. */
  | { readonly outcome: 'threw'; readonly reason: string; readonly trace: string }
  /** Stopped at a limit. */
  | { readonly outcome: 'exceeded'; readonly limit: 'source' | 'heap' | 'stack' | 'steps' | 'value' }
);

/** Runs scripts, one after the other. Synchronous; holds nothing between runs. */
export interface Sandbox {
  /** A host function may run another script meanwhile. */
  run(run: ScriptRun): ScriptOutcome;
}
