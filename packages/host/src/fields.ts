/**
 * Reads a JSON object field by field, strictly: every value is checked where it is taken, and keys that nobody took
 * are refused, so that a misspelt setting is never silently ignored.
 */
import { readFileSync, statSync } from 'node:fs';
import { CocoError } from '@coco/primitives';

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #taken = new Set<string>();

  /** `path` is how errors name the object, for example "consensus". */
  constructor(value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw refused(path === '' ? 'the configuration' : path, 'must be an object');
    }
    this.#values = value as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  #take(key: string): unknown {
    this.#taken.add(key);
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  text(key: string, fallback?: string): string {
    const value = this.#take(key) ?? fallback;
    if (typeof value !== 'string' || value === '')
      throw refused(this.#name(key), 'must be a text that is not empty');
    return value;
  }

  /** Names of what is there. */
  keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  optionalText(key: string): string | undefined {
    return this.has(key) ? this.text(key) : undefined;
  }

  /** Lower-case hexadecimal of exactly `length` characters. */
  hex(key: string, length: number): string {
    const value = this.text(key);
    if (value.length === length && /^[0-9a-f]*$/.test(value)) return value;
    throw refused(this.#name(key), `must be ${length} lower-case hexadecimal digits`);
  }

  optionalHex(key: string, length: number): string | undefined {
    return this.has(key) ? this.hex(key, length) : undefined;
  }

  whole(
    key: string,
    range: { readonly min: number; readonly max: number; readonly fallback?: number },
  ): number {
    const value = this.#take(key) ?? range.fallback;
    if (!Number.isSafeInteger(value) || (value as number) < range.min || (value as number) > range.max) {
      throw refused(this.#name(key), `must be a whole number from ${range.min} to ${range.max}`);
    }
    return value as number;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#take(key) ?? fallback;
    if (typeof value !== 'boolean') throw refused(this.#name(key), 'must be true or false');
    return value;
  }

  choice<const T extends string>(key: string, allowed: readonly T[], fallback?: T): T {
    const value = this.#take(key) ?? fallback;
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw refused(this.#name(key), `must be one of ${allowed.join(', ')}`);
    return found;
  }

  /** The fields of an inner object; an absent one has no fields. */
  inner(key: string): Fields {
    return new Fields(this.#take(key) ?? {}, this.#name(key));
  }

  list<T>(key: string, itemsMax: number, read: (value: unknown, path: string) => T): readonly T[] {
    const value = this.#take(key) ?? [];
    if (!Array.isArray(value) || value.length > itemsMax) {
      throw refused(this.#name(key), `must be a list of at most ${itemsMax}`);
    }
    return value.map((item: unknown, index) => read(item, `${this.#name(key)}[${index}]`));
  }

  /** Whatever is there; somebody else parses it. */
  raw(key: string): unknown {
    return this.#take(key);
  }

  /** The failure to throw when the value of `key` was taken but does not do. `reason` goes on after its name. */
  refused(key: string, reason: string): CocoError {
    return refused(this.#name(key), reason);
  }

  /** Refuses keys that were not taken. */
  end(): void {
    for (const key of Object.keys(this.#values)) {
      if (!this.#taken.has(key)) throw refused(this.#name(key), 'is not a setting');
    }
  }
}

/** The JSON in the file at `file`. COCO_HOST_CONFIG when it is missing, is not JSON, or has more than `bytesMax`. */
export function readJsonFile(file: string, bytesMax: number): unknown {
  let text: string;
  try {
    if (statSync(file).size > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CocoError('COCO_HOST_CONFIG', `cannot read ${file}: ${reason}`, { path: file });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CocoError('COCO_HOST_CONFIG', `${file} is not JSON: ${String(error)}`, { path: file });
  }
}

function refused(path: string, reason: string): CocoError {
  return new CocoError('COCO_HOST_CONFIG', `configuration: ${path} ${reason}`, { path });
}
