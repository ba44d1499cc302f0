/**
 * Rows of governance tables as JSON and text. What scripts of the members wrote may be anything: whatever does not read
 * is treated as absent, never thrown.
 */
import type { Put, Reader, Transaction } from '@coco/kv';
import { singletonKey } from '@coco/ledger';
import { fromUtf8, utf8 } from '@coco/primitives';

/** A JSON object, its fields not yet looked at. */
export type JsonObject = { readonly [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is nested deeper is not read: whoever writes it out again would run out of stack. */
const nestingMax = 64;

/** The value that `bytes` are in JSON, or undefined when they are none, or nested too deep. */
export function parseJson(bytes: Uint8Array | undefined): unknown {
  const text = bytes === undefined ? undefined : fromUtf8(bytes);
  if (text === undefined || isNestedTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNestedTooDeep(text: string): boolean {
  if (text.length <= nestingMax) return false;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (quoted) {
      if (character === 0x5c) i += 1;
      else if (character === 0x22) quoted = false;
    } else if (character === 0x22) quoted = true;
    else if (character === 0x5b || character === 0x7b) {
      depth += 1;
      if (depth > nestingMax) return true;
    } else if (character === 0x5d || character === 0x7d) depth -= 1;
  }
  return false;
}

/** `value` in JSON, in UTF-8. */
export function jsonBytes(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

/** The key of a row: text, or the key of a table of one row. */
export function rowKey(key: string | undefined): Uint8Array {
  return key === undefined ? singletonKey : utf8(key);
}

/** The JSON value of a row (without `key`: of the only row), or undefined. */
export function readRow(reader: Reader, table: string, key?: string): unknown {
  return parseJson(reader.get(table, rowKey(key)));
}

/** The same, when it is a JSON object. */
export function readObject(reader: Reader, table: string, key?: string): JsonObject | undefined {
  const value = readRow(reader, table, key);
  return isJsonObject(value) ? value : undefined;
}

/** A row that is text (PEM, source), or undefined. */
export function readText(reader: Reader, table: string, key?: string): string | undefined {
  const bytes = reader.get(table, rowKey(key));
  return bytes === undefined ? undefined : fromUtf8(bytes);
}

/** All rows whose key is text, in key order, as bytes. */
export function* textRows(reader: Reader, table: string): Generator<readonly [string, Uint8Array]> {
  for (const { key, value } of reader.range(table)) {
    const text = fromUtf8(key);
    if (text !== undefined) yield [text, value];
  }
}

/** All rows whose key is text and whose value is a JSON object, in key order. */
export function* objectRows(reader: Reader, table: string): Generator<readonly [string, JsonObject]> {
  for (const [key, bytes] of textRows(reader, table)) {
    const value = parseJson(bytes);
    if (isJsonObject(value)) yield [key, value];
  }
}

export function putRow(
  transaction: Transaction,
  table: string,
  key: string | undefined,
  value: unknown,
): void {
  transaction.put(table, rowKey(key), jsonBytes(value));
}

/** A row to set, with a JSON value. */
export function jsonPut(key: string | undefined, value: unknown): Put {
  return { key: rowKey(key), value: jsonBytes(value) };
}

/** `value` when it is a string, else undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The strings in `value` when it is a list, else none. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

/** `value` when it is a whole number of at least 0 that is exact, else undefined. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
