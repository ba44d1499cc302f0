/**
 * Values on their way into the interpreter and out of it (the other end is guest.ts): JSON in which every string has a
 * letter before it, `s` for a string and `b` for bytes, of which it then says the place in a list beside the JSON. No JSON
 * at all is `undefined`.
 */
import type { ScriptValue } from './types.js';

export interface PackedValue {
  readonly json: string;
  readonly buffers: readonly Uint8Array[];
}

/** How deep arrays and objects may stand in each other, so that no walk over them exhausts the stack. */
const depthMax = 200;

/** The value packed, or undefined when it is too deep. */
export function packValue(value: ScriptValue): PackedValue | undefined {
  if (value === undefined) return { json: '', buffers: [] };
  const buffers: Uint8Array[] = [];
  const packed = packPart(value, buffers, depthMax);
  return packed === tooDeep ? undefined : { json: JSON.stringify(packed), buffers };
}

/** The value that came out, or undefined when it is malformed or too deep; `value` is then absent. */
export function unpackValue(packed: PackedValue): { readonly value: ScriptValue } | undefined {
  if (packed.json === '') return { value: undefined };
  let parsed: unknown;
  try {
    parsed = JSON.parse(packed.json);
  } catch {
    return undefined;
  }
  const value = unpackPart(parsed, packed.buffers, depthMax);
  return value === tooDeep ? undefined : { value: value as ScriptValue };
}

/** Bytes that the value takes while it crosses. */
export function packedBytes({ json, buffers }: PackedValue): number {
  return buffers.reduce((sum, { length }) => sum + length, json.length);
}

const tooDeep = Symbol('too deep');

function packPart(value: ScriptValue, buffers: Uint8Array[], depth: number): unknown {
  if (typeof value === 'string') return `s${value}`;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return `b${buffers.push(value) - 1}`;
  return walk(value, depth, (part) => packPart(part as ScriptValue, buffers, depth - 1));
}

function unpackPart(value: unknown, buffers: readonly Uint8Array[], depth: number): unknown {
  if (typeof value === 'string') {
    if (value.startsWith('s')) return value.slice(1);
    return buffers[Number(value.slice(1))] ?? tooDeep;
  }
  if (typeof value !== 'object' || value === null) return value;
  return walk(value, depth, (part) => unpackPart(part, buffers, depth - 1));
}

function walk(value: object, depth: number, each: (part: unknown) => unknown): unknown {
  if (depth === 0) return tooDeep;
  if (Array.isArray(value)) {
    const parts = value.map(each);
    return parts.includes(tooDeep) ? tooDeep : parts;
  }
  const entries = Object.entries(value).map(([key, part]) => [key, each(part)] as const);
  // fromEntries defines properties: "__proto__" is one like any other.
  return entries.some(([, part]) => part === tooDeep) ? tooDeep : Object.fromEntries(entries);
}
