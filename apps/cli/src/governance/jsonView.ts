/**
 * What a node answered, read without trust in its shape: what is missing reads as nothing. Texts are made printable where
 * they are read, so that no name that somebody chose moves the cursor of whoever looks at it.
 */
import { isRecord } from '@coco/client';
import { printable } from '../ledger/printable.js';

export interface JsonView {
  /** On one line, printable. */
  text(name: string): string;
  /** As it is: for scripts and certificates, not for the screen. */
  raw(name: string): string;
  number(name: string): number | undefined;
  flag(name: string): boolean;
  object(name: string): JsonView;
  list(name: string): readonly JsonView[];
  texts(name: string): readonly string[];
  /** Names and values of all fields. */
  entries(): readonly (readonly [name: string, value: unknown])[];
  has(name: string): boolean;
  readonly value: Readonly<Record<string, unknown>>;
}

/** `value` as an object; one without fields when it is none. */
export function viewOf(value: unknown): JsonView {
  const fields: Readonly<Record<string, unknown>> = isRecord(value) ? value : {};
  const get = (name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
  const raw = (name: string): string => {
    const found = get(name);
    return typeof found === 'string' ? found : '';
  };
  const items = (name: string): readonly unknown[] => {
    const found: unknown = get(name);
    return Array.isArray(found) ? found : [];
  };
  return {
    value: fields,
    raw,
    text: (name) => printable(raw(name)),
    number: (name) => {
      const found = get(name);
      return typeof found === 'number' ? found : undefined;
    },
    flag: (name) => get(name) === true,
    object: (name) => viewOf(get(name)),
    list: (name) => items(name).map(viewOf),
    texts: (name) => items(name).map((item) => printable(String(item))),
    entries: () => Object.entries(fields).map(([name, one]) => [printable(name), one]),
    has: (name) => Object.hasOwn(fields, name),
  };
}

/** Any JSON on one line, printable, at most `charsMax` characters of it. */
export function shortJson(value: unknown, charsMax: number): string {
  const text = printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`;
}
