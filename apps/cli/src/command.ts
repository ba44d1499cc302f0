/**
 * What a command of `coco` is: a name, help that stands on one screen, options, and a function that returns the
 * exit status.
 */
import process from 'node:process';
import { type ParseArgsConfig, parseArgs } from 'node:util';

export type OptionSpec = {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly default?: string | boolean;
  /** Placeholder of the value in help, for example DIR. */
  readonly value?: string;
  /** May be given several times; see `list`. */
  readonly multiple?: true;
  /** Taken from this variable of the environment when it is not given. */
  readonly env?: string;
  /** Heading under which help shows it. Default "Options". */
  readonly group?: string;
  readonly help: string;
};

export interface Command {
  /** Words after `coco`, for example "ledger verify". */
  readonly name: string;
  /** One line in the list of commands. */
  readonly summary: string;
  /** Positional arguments as shown in help, for example "DIR". */
  readonly operands: string;
  /** What the first operand can be, when it is one of a few words; for completion. */
  readonly choices?: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Paragraphs between usage and options, for commands that need them; wrapped to the screen. */
  readonly about?: readonly string[];
  /** Words and what they mean, in two columns behind `about`. */
  readonly list?: readonly (readonly [words: string, what: string])[];
  /** Whole command lines with what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  readonly run: (operands: readonly string[], options: OptionValues) => Promise<number>;
}

export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Options and operands in `args`. A UsageError when they are not those of `command`. */
export function parseCommandLine(
  command: Command,
  args: readonly string[],
): { readonly operands: readonly string[]; readonly options: OptionValues } {
  const options: Record<string, string | boolean | readonly string[] | undefined> = {};
  for (const [name, { env, default: fallback }] of Object.entries(command.options)) {
    const inherited = env === undefined ? undefined : process.env[env];
    options[name] = inherited === undefined || inherited === '' ? fallback : inherited;
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: parseArgsOptions(command),
      allowPositionals: command.operands !== '',
    });
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) options[name] = Array.isArray(value) ? value.map(String) : value;
    }
    return { operands: positionals, options };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. To specify')[0] : String(error));
  }
}

function parseArgsOptions(command: Command): NonNullable<ParseArgsConfig['options']> {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { type, short, multiple }] of Object.entries(command.options)) {
    options[name] = {
      type,
      ...(short !== undefined && { short }),
      ...(multiple !== undefined && { multiple }),
    };
  }
  return options;
}

/** The value of a text option: given, from the environment, or its default. */
export function text(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The value of a text option that has to be there; a UsageError otherwise. */
export function needed(options: OptionValues, name: string, env?: string): string {
  const value = text(options, name);
  if (value !== undefined && value !== '') return value;
  throw new UsageError(`--${name} is needed${env === undefined ? '' : ` (or ${env} in the environment)`}`);
}

/** The values of an option that may be given several times. */
export function list(options: OptionValues, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value : [];
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
