/**
 * Writes the few ASN.1 types that certificates need, in DER (ITU-T X.690 section 10).
 */
import { assert, concatBytes, utf8 } from '@coco/primitives';

/** One element: identifier byte `tag`, length, and the concatenation of `contents`. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents);
  return concatBytes(new Uint8Array([tag, ...lengthBytes(content.length)]), content);
}

export function derSequence(...elements: readonly Uint8Array[]): Uint8Array {
  return derElement(0x30, ...elements);
}

/** A set of one element (sets of several would have to be sorted). */
export function derSetOf(element: Uint8Array): Uint8Array {
  return derElement(0x31, element);
}

export function derBoolean(value: boolean): Uint8Array {
  return derElement(0x01, new Uint8Array([value ? 0xff : 0]));
}

/** A non-negative integer given as unsigned big-endian bytes. */
export function derUnsigned(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  const pad = digits.length === 0 || (digits[0] as number) >= 0x80;
  return derElement(0x02, new Uint8Array(pad ? 1 : 0), digits);
}

/** A bit string; `unusedBits` of the last byte do not count. */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return derElement(0x03, new Uint8Array([unusedBits]), bytes);
}

export function derOctetString(bytes: Uint8Array): Uint8Array {
  return derElement(0x04, bytes);
}

export function derUtf8String(text: string): Uint8Array {
  return derElement(0x0c, utf8(text));
}

/** An object identifier in dotted form, for example "2.5.4.3". */
export function derObjectId(dotted: string): Uint8Array {
  const arcs = dotted.split('.').map(Number);
  const [first, second, ...rest] = arcs;
  assert(
    first !== undefined && second !== undefined && first <= 2,
    'an object identifier has two arcs or more',
  );
  return derElement(0x06, new Uint8Array([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A time as RFC 5280 section 4.1.2.5 wants it: UTCTime until 2049, GeneralizedTime from 2050; whole seconds. */
export function derTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050
    ? derElement(0x17, utf8(`${digits.slice(2)}Z`))
    : derElement(0x18, utf8(`${digits}Z`));
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(arc: number): number[] {
  const bytes = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | (rest % 128));
  }
  return bytes;
}
