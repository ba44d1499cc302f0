/**
 * Reads JSON that may be hostile: size, nesting and the number of items are limited before it is parsed, and every field is
 * taken out by name and type. Everything wrong throws COCO_ATTESTATION_COLLATERAL.
 */
import { type CocoError, fromHex, toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import { calendarMs } from '../../x509/asn1.js';

/** The fields of one JSON object. All readers throw when the field is absent or of another form. */
export interface JsonFields {
  readonly names: readonly string[];
  has(name: string): boolean;
  text(name: string, lengthMax: number): string;
  /** An integer from 0 to `max`. */
  number(name: string, max: number): number;
  /** Exactly `length` bytes in hex, either case (Intel uses both), as lower-case hex. */
  hex(name: string, length: number): string;
  /** A time in UTC as Intel writes it, "2025-06-19T10:56:11Z", in milliseconds. */
  timeMs(name: string): number;
  object(name: string): JsonFields;
  objects(name: string, countMax: number): readonly JsonFields[];
  /** A list of texts; empty when the field is absent. */
  texts(name: string, countMax: number, lengthMax: number): readonly string[];
}

const depthMax = 12;
const itemsMax = 20_000;

/** The object that `text` is. `what` is for sentences. */
export function readJson(text: string, what: string): JsonFields {
  const members = checkNesting(text, what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable(what, 'it is not JSON');
  }
  // Parsers differ in which of two fields with the same name counts.
  if (countMembers(value) !== members) throw unusable(what, 'a field occurs twice');
  return fieldsOf(value, what);
}

/** The error for collateral that does not fit. */
export function unusable(what: string, reason: string): CocoError {
  return refused('COCO_ATTESTATION_COLLATERAL', `${what} cannot be used: ${reason}`, { reason });
}

/** Counts brackets and separators outside of strings, so that parsing costs little whatever comes. How many fields there are. */
function checkNesting(text: string, what: string): number {
  let depth = 0;
  let items = 0;
  let members = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) quoted = !quoted;
    else if (quoted) {
      if (code === 0x5c) at++;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > depthMax) throw unusable(what, 'it is nested too deep');
    } else if (code === 0x7d || code === 0x5d) depth--;
    else if (code === 0x3a) members++;
    else if (code === 0x2c && ++items > itemsMax) throw unusable(what, 'it has too many items');
  }
  return members;
}

/** The fields of all objects in `value`. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  const inner = items.reduce<number>((sum, item) => sum + countMembers(item), 0);
  return inner + (Array.isArray(value) ? 0 : items.length);
}

function fieldsOf(value: unknown, what: string): JsonFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unusable(what, 'an object is missing');
  }
  const record = value as Readonly<Record<string, unknown>>;
  const bad = (name: string): CocoError => unusable(what, `its field ${name} is missing or has a bad form`);
  const get = (name: string): unknown => (Object.hasOwn(record, name) ? record[name] : undefined);
  const list = (name: string, countMax: number): readonly unknown[] => {
    const items = get(name);
    if (!Array.isArray(items) || items.length > countMax) throw bad(name);
    return items;
  };
  const text = (name: string, lengthMax: number): string => {
    const found = get(name);
    if (typeof found !== 'string' || found.length > lengthMax) throw bad(name);
    return found;
  };
  return {
    names: Object.keys(record),
    has: (name) => Object.hasOwn(record, name),
    text,
    number: (name, max) => {
      const found = get(name);
      if (!Number.isInteger(found) || (found as number) < 0 || (found as number) > max) throw bad(name);
      return found as number;
    },
    hex: (name, length) => {
      const bytes = fromHex(text(name, 2 * length));
      if (bytes?.length !== length) throw bad(name);
      return toHex(bytes);
    },
    timeMs: (name) => {
      const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text(name, 20));
      const [year, month, day, hour, minute, second] = (parts ?? []).slice(1).map(Number) as CalendarNumbers;
      const ms = parts && calendarMs({ year, month, day, hour, minute, second });
      if (typeof ms !== 'number') throw bad(name);
      return ms;
    },
    object: (name) => fieldsOf(get(name), what),
    objects: (name, countMax) => list(name, countMax).map((item) => fieldsOf(item, what)),
    texts: (name, countMax, lengthMax) =>
      (record[name] === undefined ? [] : list(name, countMax)).map((item) => {
        if (typeof item !== 'string' || item.length > lengthMax) throw bad(name);
        return item;
      }),
  };
}

type CalendarNumbers = [number, number, number, number, number, number];
