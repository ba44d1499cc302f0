/**
 * What a command of `coco` is: a name, help that stands on one screen, options, and a function that returns the
 * exit status.
 */
import type { ParseArgsConfig } from 'node:util';

export type OptionSpec = {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly default?: string | boolean;
  /** Placeholder of the value in help, for example DIR. */
  readonly value?: string;
  readonly help: string;
};

export interface Command {
  /** Words after `coco`, for example "ledger verify". */
  readonly name: string;
  /** One line in the list of commands. */
  readonly summary: string;
  /** Positional arguments as shown in help, for example "DIR". */
  readonly operands: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Whole command lines with what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly run: (operands: readonly string[], options: OptionValues) => Promise<number>;
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export function parseArgsOptions(command: Command): NonNullable<ParseArgsConfig['options']> {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const [name, spec] of Object.entries(command.options)) {
    options[name] = spec.short === undefined ? { type: spec.type } : { type: spec.type, short: spec.short };
  }
  return options;
}

/** The value of a text option: given, or its default. */
export function text(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The value of a whole-number option within [min, max]; a UsageError otherwise. */
export function whole(options: OptionValues, name: string, min: number, max: number): number {
  const given = text(options, name) ?? '';
  const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${name} takes a whole number from ${min} to ${max}, not "${given}"`);
  }
  return value;
}

/** The command line is wrong; exit status 2. */
export class UsageError extends Error {}
