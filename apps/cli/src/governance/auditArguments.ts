/**
 * `grant-audit` and `revoke-audit`: what stands behind them, made into actions.
 */
import { type OptionSpec, type OptionValues, text, UsageError } from '../command.js';
import { parseDuration } from './duration.js';

/** Options of `grant-audit`. */
export const grantOptions = {
  epochs: {
    type: 'string',
    value: 'A[-B]',
    help: 'grant-audit: epochs, to be read whole, or the tables in them',
  },
  seqnos: { type: 'string', value: 'A-B', help: 'grant-audit: sequence numbers; needs --tables' },
  tables: { type: 'string', value: 'T[,T…]', help: 'grant-audit: only what is written to these tables' },
  'valid-for': { type: 'string', value: 'TIME', help: 'grant-audit: from now on, for example 30d' },
  until: { type: 'string', value: 'TIME', help: 'grant-audit: for example 2026-12-31T00:00:00Z' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** What of `grant_audit` does not name the auditor. `nowMs` is for --valid-for. */
export function grantArguments(options: OptionValues, nowMs: number): Readonly<Record<string, unknown>> {
  const [epochs, seqnos, tables] = ['epochs', 'seqnos', 'tables'].map((name) => text(options, name));
  if ((epochs === undefined) === (seqnos === undefined)) {
    throw new UsageError('grant-audit needs either --epochs or --seqnos');
  }
  if (seqnos !== undefined && tables === undefined) {
    throw new UsageError('--seqnos needs --tables: without them whole epochs are granted (--epochs)');
  }
  return {
    ...(epochs !== undefined && { epochs: parseRange(epochs, '--epochs') }),
    ...(seqnos !== undefined && { seqnos: parseRange(seqnos, '--seqnos') }),
    ...(tables !== undefined && { tables: tables.split(',').filter((name) => name !== '') }),
    expires_at: endOf(options, nowMs),
  };
}

function endOf(options: OptionValues, nowMs: number): number {
  const [validFor, until] = [text(options, 'valid-for'), text(options, 'until')];
  if ((validFor === undefined) === (until === undefined)) {
    throw new UsageError('grant-audit needs either --valid-for or --until: every grant ends');
  }
  if (validFor !== undefined) return nowMs + 1000 * parseDuration(validFor, '--valid-for');
  const ms = /^\d{4}-\d{2}-\d{2}/.test(until ?? '') ? Date.parse(until ?? '') : Number.NaN;
  if (Number.isNaN(ms))
    throw new UsageError(`--until takes a time such as 2026-12-31T00:00:00Z, not "${until}"`);
  if (ms <= nowMs) throw new UsageError(`--until ${until} is over already`);
  return ms;
}

/** "5" or "5-9". A UsageError that names `option`. */
export function parseRange(given: string, option: string): { readonly from: number; readonly to: number } {
  const [, first = '', second] = /^([1-9]\d{0,14})(?:-([1-9]\d{0,14}))?$/.exec(given) ?? [];
  const [from, to] = [Number(first), Number(second ?? first)];
  if (first === '' || to < from)
    throw new UsageError(`${option} takes a number or a range such as 5-9, not "${given}"`);
  return { from, to };
}
