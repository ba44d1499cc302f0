/**
 * One value of a genesis file with its path, and the ways in which geth writes numbers and bytes: numbers as JSON
 * numbers, decimal or 0x-hexadecimal strings; bytes as hexadecimal with or without 0x.
 */
import { CocoError, fromHex } from '@coco/primitives';

export class GenesisField {
  readonly #value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.path = path;
  }

  /** The refusal of this value. */
  wrong(why: string): CocoError {
    return new CocoError('COCO_ETHEREUM_GENESIS', `genesis: ${this.path} ${why}`, { path: this.path });
  }

  #object(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.wrong('must be an object');
    return value as Readonly<Record<string, unknown>>;
  }

  /** Refuses members that are not in `keys`. */
  onlyKeys(keys: readonly string[]): void {
    for (const key of Object.keys(this.#object())) {
      if (!keys.includes(key)) throw this.member(key, undefined).wrong('is not known');
    }
  }

  member(key: string, value: unknown): GenesisField {
    return new GenesisField(value, `${this.path}.${key.slice(0, 80)}`);
  }

  /** A member that must be there. */
  required(key: string): GenesisField {
    return this.optional(key) ?? this.#refuse(key);
  }

  #refuse(key: string): never {
    throw this.member(key, undefined).wrong('is missing');
  }

  /** A member, or undefined when it is absent or null. */
  optional(key: string): GenesisField | undefined {
    const object = this.#object();
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    return value === undefined || value === null ? undefined : this.member(key, value);
  }

  /** All members with their keys. */
  entries(): readonly (readonly [string, GenesisField])[] {
    return Object.entries(this.#object()).map(([key, value]) => [key, this.member(key, value)] as const);
  }

  /** A string of at most 66 characters. */
  text(): string {
    const value = this.#value;
    if (typeof value !== 'string' || value.length > 66)
      throw this.wrong('must be hexadecimal of at most 32 bytes');
    return value;
  }

  /** A non-negative integer below 2^bits. */
  quantity(bits: number): bigint {
    const value = this.#value;
    let number: bigint | undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) number = BigInt(value);
    if (typeof value === 'string' && value.length <= 80 && /^(0x[0-9a-fA-F]+|[0-9]+)$/.test(value)) {
      number = BigInt(value);
    }
    if (number === undefined) throw this.wrong('must be a non-negative integer, decimal or 0x-hexadecimal');
    if (number >= 1n << BigInt(bits)) throw this.wrong(`does not fit into ${bits} bits`);
    return number;
  }

  /** A non-negative integer up to 2^53 − 1. */
  safeInteger(): number {
    return Number(this.quantity(53));
  }

  /** Bytes: exactly `length` of them, or between `length` and `lengthMax`. */
  bytes(length: number, lengthMax = length): Uint8Array {
    const value = this.#value;
    if (typeof value !== 'string' || value.length > 2 * lengthMax + 2) {
      throw this.wrong(
        `must be hexadecimal of ${length === lengthMax ? length : `at most ${lengthMax}`} bytes`,
      );
    }
    return hexBytes(value, this, length, lengthMax);
  }
}

/** The bytes that `text` gives, for keys as well as for values; errors name `field`. */
export function hexBytes(text: string, field: GenesisField, length: number, lengthMax = length): Uint8Array {
  const bytes = fromHex(text.startsWith('0x') ? text.slice(2) : text);
  if (bytes === undefined) throw field.wrong('is not hexadecimal');
  if (bytes.length < length || bytes.length > lengthMax) throw field.wrong(`has ${bytes.length} bytes`);
  return bytes;
}

/** 32 bytes, of which `text` gives the last ones: slots and their values are often written as short numbers. */
export function hexWord(text: string, field: GenesisField): Uint8Array {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  return hexBytes(digits.padStart(64, '0'), field, 32);
}
