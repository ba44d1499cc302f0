/**
 * Questions to whoever sits at the terminal. Never asked when nobody does: see `interactive`.
 */
import process from 'node:process';
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { bold, dim, yellow } from './terminal.js';

/** Ctrl-C or Ctrl-D at a question; exit status 130. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled; nothing was done');
  }
}

export interface Question {
  readonly text: string;
  /** Taken when the answer is empty. Without one, an empty answer is asked again unless `fault` accepts it. */
  readonly fallback?: string;
  /** What is wrong with an answer, in one sentence; undefined when nothing is. */
  readonly fault?: (answer: string) => string | undefined;
}

/** Asks until the answer is a good one. */
export async function ask({ text, fallback, fault }: Question): Promise<string> {
  const hint = fallback === undefined || fallback === '' ? '' : dim(` [${fallback}]`);
  for (;;) {
    const given = (await readLine(`${bold(text)}${hint}: `)).trim();
    const answer = given === '' ? (fallback ?? '') : given;
    const wrong =
      fault?.(answer) ?? (answer === '' && fallback === undefined ? 'an answer is needed' : undefined);
    if (wrong === undefined) return answer;
    process.stdout.write(`  ${yellow(wrong)}\n`);
  }
}

/** Asks for yes or no. */
export async function confirm(text: string, fallback = false): Promise<boolean> {
  const answer = await ask({
    text: `${text} (yes/no)`,
    fallback: fallback ? 'yes' : 'no',
    fault: (given) => (/^(y|yes|n|no)$/i.test(given) ? undefined : 'please answer yes or no'),
  });
  return /^y/i.test(answer);
}

/** Asks without showing what is typed. */
export async function askHidden(text: string): Promise<string> {
  return readLine(`${bold(text)}: `, true);
}

function readLine(text: string, hidden = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines: Interface = createInterface({
      input: process.stdin,
      output: hidden ? silent : process.stdout,
      terminal: process.stdin.isTTY === true,
      // Known to the line editor, which draws the line anew when something in it is taken back.
      prompt: hidden ? '' : text,
    });
    if (hidden) process.stdout.write(text);
    else lines.prompt();
    let answered = false;
    lines.once('line', (line) => {
      answered = true;
      lines.close();
      if (hidden) process.stdout.write('\n');
      resolve(line);
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      if (answered) return;
      process.stdout.write('\n');
      reject(new Cancelled());
    });
  });
}
