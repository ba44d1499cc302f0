/**
 * What the terminal can do: colours where there is one, a line that is redrawn in place, tables.
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

/** A line that is redrawn in place on a terminal; elsewhere nothing until `end`. */
export function liveLine(): { show(text: string): void; end(text?: string): void } {
  const tty = process.stdout.isTTY === true;
  return {
    show(text) {
      if (tty) process.stdout.write(`\r\u001b[2K${text}`);
    },
    end(text) {
      if (tty) process.stdout.write('\r\u001b[2K');
      if (text !== undefined) process.stdout.write(`${text}\n`);
    },
  };
}

/** Columns padded to their widest cell; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map((row, index) => (index === 0 ? bold(line(row)) : line(row))).join('\n');
}

/** 12345 as "12,345". */
export function thousands(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}
