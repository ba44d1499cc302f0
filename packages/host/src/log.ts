/**
 * The node's log: one line per event, bounded, with control characters escaped, for people on a terminal and as JSON
 * for machines. Callers pass facts, never secrets, never whole inputs.
 */
import type { ErrorFacts } from '@coco/primitives';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(message: string, facts?: ErrorFacts): void;
  info(message: string, facts?: ErrorFacts): void;
  warn(message: string, facts?: ErrorFacts): void;
  error(message: string, facts?: ErrorFacts): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly write: (line: string) => void;
  readonly now: () => Date;
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** The most characters of a line; what is beyond is cut, and the cut is marked. */
export const logLineCharsMax = 2000;

export function createLog({ level, format, write, now }: LogOptions): Log {
  const from = levels.indexOf(level);
  const log = (at: LogLevel, message: string, facts: ErrorFacts = {}): void => {
    if (levels.indexOf(at) < from) return;
    const time = now().toISOString();
    const line =
      format === 'json'
        ? JSON.stringify({ time, level: at, message: cut(message), ...bounded(facts) })
        : `${time} ${at.padEnd(5)} ${message}${textOf(facts)}`;
    write(cut(escapeControls(line)));
  };
  return {
    debug: (message, facts) => log('debug', message, facts),
    info: (message, facts) => log('info', message, facts),
    warn: (message, facts) => log('warn', message, facts),
    error: (message, facts) => log('error', message, facts),
  };
}

function textOf(facts: ErrorFacts): string {
  return Object.entries(facts)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`)
    .join('');
}

function bounded(facts: ErrorFacts): ErrorFacts {
  const factCharsMax = 300;
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, factCharsMax) : value,
    ]),
  );
}

function cut(text: string): string {
  return text.length <= logLineCharsMax ? text : `${text.slice(0, logLineCharsMax - 1)}…`;
}

/** Nobody writes a second line, or colours a terminal, by what they send us. */
function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
