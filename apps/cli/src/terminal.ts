/**
 * What the terminal can do: colours where there is one, a line that is redrawn in place, tables, wrapped text.
 */
import process from 'node:process';

const coloured = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

function style(code: number, text: string): string {
  return coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export const bold = (text: string): string => style(1, text);
export const dim = (text: string): string => style(2, text);
export const red = (text: string): string => style(31, text);
export const green = (text: string): string => style(32, text);
export const yellow = (text: string): string => style(33, text);
export const cyan = (text: string): string => style(36, text);

/** Somebody sits before it and can be asked. */
export const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;

/** Columns that texts may take: those of the terminal, at most 100. */
export const screenColumns = Math.max(40, Math.min(process.stdout.columns ?? 100, 100));

/** A line that is redrawn in place on a terminal; elsewhere nothing until `end`. */
export function liveLine(): { show(text: string): void; end(text?: string): void } {
  const tty = process.stdout.isTTY === true;
  return {
    show(text) {
      if (tty) process.stdout.write(`\r\u001b[2K${cut(text, (process.stdout.columns ?? 100) - 1)}`);
    },
    end(text) {
      if (tty) process.stdout.write('\r\u001b[2K');
      if (text !== undefined) process.stdout.write(`${text}\n`);
    },
  };
}

/** Columns padded to their widest cell; the first row is the head. Cells may have colours. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, visibleWidth(cell));
    }
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - visibleWidth(cell)))
      .join('  ')
      .trimEnd();
  return rows.map((row, index) => (index === 0 ? bold(line(row)) : line(row))).join('\n');
}

/** Names in a column of their own, values beside them. */
export function fields(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${dim(name)}${' '.repeat(width - name.length)}${value}`).join('\n');
}

/** Characters that `text` takes on the screen: without the sequences that colour it. */
export function visibleWidth(text: string): number {
  return [...text.replace(colours, '')].length;
}

/** `text` in lines of at most `columns`, broken at spaces; longer words stay whole. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && visibleWidth(line) + 1 + visibleWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** 12345 as "12,345". */
export function thousands(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that `style` writes
const colours = /\u001b\[\d+m/g;

function cut(text: string, columns: number): string {
  if (visibleWidth(text) <= columns) return text;
  return `${[...text.replace(colours, '')].slice(0, columns - 1).join('')}…`;
}
