/**
 * What the worker's process writes to its standard output and error: lines for the node's log, and its last words, should
 * it end. Neither is trusted: the log bounds and escapes them, and here they are bounded in number.
 */
import type { Readable } from 'node:stream';
import type { Log } from './log.js';

export interface WorkerOutput {
  /** The end of what it wrote, for whoever says how it ended. */
  lastWords(): string;
}

const linesMax = 200;
const lineCharsMax = 1000;

export function followOutput(streams: readonly Readable[], log: Pick<Log, 'warn'>): WorkerOutput {
  let lines = 0;
  const last: string[] = [];
  const say = (line: string): void => {
    if (line.trim() === '') return;
    last.push(line.slice(0, lineCharsMax));
    if (last.length > 20) last.shift();
    lines++;
    if (lines <= linesMax) log.warn('the worker wrote', { line: line.slice(0, lineCharsMax) });
    else if (lines === linesMax + 1) log.warn('the worker writes too much; the rest is not logged');
  };
  for (const stream of streams) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = (parts.pop() ?? '').slice(0, lineCharsMax);
      for (const part of parts) say(part);
    });
    stream.on('end', () => say(rest));
    // It ends with the process, which says more.
    stream.on('error', () => undefined);
  }
  return {
    // The message of an error stands above its stack.
    lastWords: () => last.find((line) => /^\s*\w*(Error|FATAL ERROR)\b/.test(line)) ?? last.at(-1) ?? '',
  };
}
