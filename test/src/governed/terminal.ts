/**
 * `coco` on a terminal, with somebody who answers its questions. The terminal is that of script(1), from util-linux.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { type CocoPlace, cocoScript } from '../coco.js';

/** An answer, given when what was shown since the last one ends so. */
export interface Answer {
  readonly question: RegExp;
  readonly answer: string;
}

export interface Talk {
  readonly status: number | null;
  /** What is on the screen in the end: answers included, and of lines that were redrawn the last. */
  readonly screen: string;
}

const columns = 100;

/** Why no terminal can be had here; false when one can. */
export function whyNoTerminal(): string | false {
  const { status } = spawnSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' });
  return status === 0 ? false : 'there is no script(1) here';
}

/** Runs `coco` with `words`, and gives `answers` in their order. */
export async function talkToCoco(
  place: CocoPlace,
  words: readonly string[],
  answers: readonly Answer[],
): Promise<Talk> {
  const line = [process.execPath, cocoScript, ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns}; exec ${line}`, '/dev/null'], {
    cwd: place.directory,
    env: { PATH: process.env['PATH'], TERM: 'xterm', NO_COLOR: '1', ...place.environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let shown = '';
  let answeredAt = 0;
  const left = [...answers];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [next] = left;
    if (next === undefined || !next.question.test(screenOf(shown.slice(answeredAt)))) return;
    left.shift();
    answeredAt = shown.length;
    child.stdin.write(`${next.answer}\r`);
  });
  const [status] = await once(child, 'close');
  return { status, screen: screenOf(shown) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are told begins with such a character
const sequence = /^\u001b\[([0-9;?]*)([A-Za-z])/;

/** The lines that stand on the screen after `text` was sent to it. */
function screenOf(text: string): string {
  const lines: string[] = [];
  let [line, column]: [string, number] = ['', 0];
  for (let at = 0; at < text.length; at++) {
    const [whole = '', given = '', what = ''] = sequence.exec(text.slice(at, at + 16)) ?? [];
    if (what === 'K' && given === '2') line = '';
    else if (what === 'K' || what === 'J') line = line.slice(0, column);
    else if (what === 'G') column = Number(given || 1) - 1;
    if (whole !== '') {
      at += whole.length - 1;
      continue;
    }
    const character = text.charAt(at);
    if (character === '\r') column = 0;
    else if (character === '\n') {
      lines.push(line.trimEnd());
      [line, column] = ['', 0];
    } else {
      line = line.padEnd(column).slice(0, column) + character + line.slice(column + 1);
      column += 1;
    }
  }
  return [...lines, line].join('\n');
}
