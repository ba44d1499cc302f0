/**
 * The ASN.1 types that certificates and revocation lists are made of (RFC 5280), read strictly from DER. Every function
 * throws COCO_ATTESTATION_MALFORMED with `what` in its sentence.
 */
import { type DerLimits, type DerNode, derRead } from '@coco/crypto';
import { CocoError, fromUtf8, toHex } from '@coco/primitives';
import { refused } from '../refused.js';

/** The error for what does not read as it should. */
export function malformed(what: string, reason: string): CocoError {
  return refused('COCO_ATTESTATION_MALFORMED', `${what} cannot be read: ${reason}`, { reason });
}

/** One element that fills `bytes`. */
export function readDer(bytes: Uint8Array, what: string, limits: DerLimits = {}): DerNode {
  try {
    return derRead(bytes, limits);
  } catch (error) {
    if (error instanceof CocoError) throw malformed(what, error.message);
    throw error;
  }
}

/** The children of a SEQUENCE (or of another constructed `tag`). */
export function sequence(node: DerNode | undefined, what: string, tag = 0x30): readonly DerNode[] {
  if (node?.tag !== tag) throw malformed(what, 'a field is missing or of another type');
  return node.children;
}

/** The content of a primitive element with `tag`. */
export function primitive(node: DerNode | undefined, tag: number, what: string): Uint8Array {
  if (node?.tag !== tag) throw malformed(what, 'a field is missing or of another type');
  return node.content;
}

/** The digits of an INTEGER that is not negative, without leading zeros (zero is one zero byte). */
export function unsigned(node: DerNode | undefined, what: string): Uint8Array {
  const content = primitive(node, 0x02, what);
  const [first, second] = content;
  if (first === undefined || first >= 0x80) throw malformed(what, 'a number is negative or empty');
  if (first !== 0 || second === undefined) return content;
  if (second < 0x80) throw malformed(what, 'a number is not minimal');
  return content.subarray(1);
}

/** An INTEGER from 0 to 2^31 - 1. */
export function smallNumber(node: DerNode | undefined, what: string): number {
  const digits = unsigned(node, what);
  const value = digits.reduce((number, digit) => number * 256 + digit, 0);
  if (digits.length > 4 || value > 0x7fffffff) throw malformed(what, 'a number is too large');
  return value;
}

/** A BIT STRING of whole bytes. */
export function bitBytes(node: DerNode | undefined, what: string): Uint8Array {
  const content = primitive(node, 0x03, what);
  if (content[0] !== 0) throw malformed(what, 'a bit string does not consist of whole bytes');
  return content.subarray(1);
}

export function booleanOf(node: DerNode, what: string): boolean {
  const content = primitive(node, 0x01, what);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
    throw malformed(what, 'a boolean is neither true nor false');
  }
  return content[0] === 0xff;
}

/** An OBJECT IDENTIFIER in dotted form. */
export function objectId(node: DerNode | undefined, what: string): string {
  const content = primitive(node, 0x06, what);
  if (content.length === 0 || content.length > 64 || (content.at(-1) as number) >= 0x80) {
    throw malformed(what, 'an object identifier has a bad length');
  }
  const arcs: number[] = [];
  let arc = 0;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) throw malformed(what, 'an object identifier is not minimal');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw malformed(what, 'an object identifier has too large an arc');
    fresh = byte < 0x80;
    if (!fresh) continue;
    if (arcs.length === 0) {
      const root = Math.min(2, Math.floor(arc / 40));
      arcs.push(root, arc - root * 40);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** A time in the one form that RFC 5280 4.1.2.5 allows: UTCTime until 2049, GeneralizedTime from 2050, seconds, Z. */
export function timeMs(node: DerNode | undefined, what: string): number {
  if (node?.tag !== 0x17 && node?.tag !== 0x18) throw malformed(what, 'a time is missing');
  const text = fromUtf8(node.content) ?? '';
  const long = node.tag === 0x18;
  if (!(long ? /^\d{14}Z$/ : /^\d{12}Z$/).test(text)) throw malformed(what, 'a time has a bad form');
  const short = Number(text.slice(0, 2));
  const year = long ? Number(text.slice(0, 4)) : short < 50 ? 2000 + short : 1900 + short;
  if (long && year < 2050) throw malformed(what, 'a time has a bad form');
  const rest = text.slice(long ? 4 : 2);
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) => Number(rest.slice(at, at + 2)));
  const ms = calendarMs({ year, month, day, hour, minute, second } as CalendarTime);
  if (ms === undefined) throw malformed(what, 'a time is not in the calendar');
  return ms;
}

export interface CalendarTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Milliseconds since 1970 of a time in UTC, or undefined when the Gregorian calendar has no such time. */
export function calendarMs({ year, month, day, hour, minute, second }: CalendarTime): number | undefined {
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  if (day > (lengths[month - 1] as number)) return undefined;
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const monthDays = lengths.slice(0, month - 1).reduce((sum, length) => sum + length, 0);
  const days = (year - 1970) * 365 + leapDays + monthDays + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

const attributeNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

export interface NameParts {
  /** In the order it is written: "CN=Intel SGX Root CA, O=Intel Corporation". */
  readonly text: string;
  /** Absent when there is none, or several. */
  readonly commonName?: string;
}

/** A Name (RFC 5280 4.1.2.4) for people: long or unprintable text is shortened and replaced. */
export function nameParts(node: DerNode | undefined, what: string): NameParts {
  const parts = sequence(node, what).map((set) => {
    const [attribute] = sequence(set, what, 0x31);
    const [type, value] = sequence(attribute, what);
    const id = objectId(type, what);
    const content = value?.content ?? new Uint8Array(0);
    const text = fromUtf8(content.subarray(0, 128)) ?? toHex(content.subarray(0, 64));
    return { id, text: text.replaceAll(/[^\x20-\x7e\u00a0-\ud7ff]/g, '?') };
  });
  const text = parts.slice(0, 16).map(({ id, text }) => `${attributeNames[id] ?? id}=${text}`);
  const [first, ...others] = parts.filter(({ id }) => id === '2.5.4.3');
  const named = first !== undefined && others.length === 0;
  return { text: text.join(', '), ...(named ? { commonName: first.text } : {}) };
}
