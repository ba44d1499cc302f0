/**
 * Bytes and texts from a ledger as a terminal may see them: whoever wrote them must not move the cursor, change
 * colours or turn the direction of the text around.
 */
import { fromUtf8, toHex } from '@coco/primitives';

/** `text` with everything that is not plainly visible escaped as in JSON. */
export function printable(text: string): string {
  return text.replace(invisible, (character) => {
    const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
    return known ?? [...character].map((one) => `\\u{${one.codePointAt(0)?.toString(16)}}`).join('');
  });
}

/** Controls, formats (bidirectional overrides among them), private use, lone surrogates, line separators. */
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const controls = /[^\P{Cc}\n\r\t]/u;

/** A key or value: text where it is text, otherwise hexadecimal. */
export type Cell = { readonly text: string } | { readonly hex: string };

/** What `bytes` are; UTF-8 without control characters (line breaks and tabs apart) counts as text. */
export function cellOf(bytes: Uint8Array): Cell {
  const text = fromUtf8(bytes);
  return text === undefined || text === '' || controls.test(text) ? { hex: toHex(bytes) } : { text };
}

/** `bytes` on one line, at most `charsMax` characters of it; what is left out is counted. */
export function formatCell(bytes: Uint8Array, charsMax: number): string {
  if (bytes.length === 0) return '(empty)';
  const cell = cellOf(bytes);
  const whole = 'text' in cell ? printable(cell.text) : `0x${cell.hex}`;
  if (whole.length <= charsMax) return whole;
  return `${whole.slice(0, charsMax)}… (${bytes.length} bytes)`;
}

/** 1234567 as "1.2 MB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
