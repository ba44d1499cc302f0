/**
 * Differential fuzzing: random executions by two engines, which must agree in all that can be seen. Everything follows
 * from the seed; execution number n of seed s is execution number 0 of seed s + n.
 */
import { toHex } from '@coco/primitives';
import type { EvmEngine } from '../../types.js';
import { accountCode, assembledAction, type FuzzCase } from './fuzzCase.js';
import { generateCase } from './generateCase.js';
import { minimise } from './minimise.js';
import { differences, type Observation, observe } from './observe.js';
import { disassemble } from './program.js';

/** One execution on which the engines differ, made small. */
export interface Difference {
  /** Reproduces it with one execution. */
  readonly seed: number;
  /** What differs: gasUsed, logs, state… */
  readonly names: readonly string[];
  readonly smallest: FuzzCase;
  /** All that there is to know, for people. */
  readonly report: string;
}

/** What to do, and how often. */
export interface FuzzOptions {
  readonly engine: EvmEngine;
  readonly reference: EvmEngine;
  /** Below 2^32. */
  readonly seed: number;
  readonly executions: number;
  /** Stops after so many differences. */
  readonly differencesMax?: number;
  /** Told of every difference, once it is made small. */
  readonly onDifference?: (difference: Difference) => void;
  /** Told after every execution. */
  readonly onProgress?: (executions: number, differences: number) => void;
}

/** Executes random cases and collects the differences. */
export async function fuzz(options: FuzzOptions): Promise<readonly Difference[]> {
  const { engine, reference, executions, differencesMax = 10 } = options;
  const found: Difference[] = [];
  for (let i = 0; i < executions && found.length < differencesMax; i++) {
    const seed = (options.seed + i) >>> 0;
    const fuzzCase = generateCase(seed);
    const expected = await observe(reference, fuzzCase);
    const names = differences(expected, await observe(engine, fuzzCase));
    if (names.length > 0) {
      const difference = await explain(seed, fuzzCase, names, engine, reference);
      found.push(difference);
      options.onDifference?.(difference);
    }
    options.onProgress?.(i + 1, found.length);
  }
  return found;
}

async function explain(
  seed: number,
  fuzzCase: FuzzCase,
  names: readonly string[],
  engine: EvmEngine,
  reference: EvmEngine,
): Promise<Difference> {
  const first = names[0] as string;
  const smallest = await minimise(fuzzCase, async (candidate) =>
    differences(await observe(reference, candidate), await observe(engine, candidate)).includes(first),
  );
  const expected = await observe(reference, smallest);
  const got = await observe(engine, smallest);
  const report = [
    `seed ${seed}, ${fuzzCase.rules.fork}: ${names.join(', ')}`,
    describeCase(smallest),
    ...describeObservation(reference.name, expected, got),
    ...describeObservation(engine.name, got, expected),
  ].join('\n');
  return { seed, names, smallest, report };
}

function describeObservation(name: string, observed: Observation, other: Observation): readonly string[] {
  const lines = Object.entries(observed).map(([key, text]) => {
    return `  ${text === other[key] ? ' ' : '*'} ${key}: ${text.replaceAll('\n', '\n      ')}`;
  });
  return [`${name}:`, ...lines];
}

/** The case with its code disassembled. */
export function describeCase(fuzzCase: FuzzCase): string {
  const lines: string[] = [];
  const action = assembledAction(fuzzCase.action);
  const fields = action.kind === 'call' ? action.message : action.item.transaction;
  const sender = action.kind === 'call' ? action.message.from : action.item.sender;
  lines.push(`environment ${plain(fuzzCase.environment)}`);
  lines.push(`${action.kind} from ${toHex(sender)} ${plain(fields)}`);
  if (fields.to === undefined) lines.push(disassemble(fields.data));
  for (const account of fuzzCase.accounts) {
    const { address, nonce, balance, storage } = account;
    lines.push(`account ${toHex(address)} nonce ${nonce} balance ${balance}`);
    for (const [slot, value] of storage) lines.push(`  slot ${toHex(slot)} = ${toHex(value)}`);
    const code = accountCode(account);
    if (code.length > 0) lines.push(`  code ${toHex(code)}`, disassemble(code));
  }
  return lines.join('\n');
}

function plain(value: object): string {
  const shown = Object.entries(value).filter(
    ([key]) => !['hash', 'raw', 'r', 's', 'yParity', 'v'].includes(key),
  );
  return JSON.stringify(Object.fromEntries(shown), (_, part) => {
    if (part instanceof Uint8Array) return toHex(part);
    return typeof part === 'bigint' ? `${part}` : part;
  });
}
