/**
 * Looks in bytes for what should not be there, in any form in which software leaves bytes behind: as they are and turned round,
 * in hexadecimal, base64 wherever it begins, lists of numbers; as text of one or two bytes a character. A half counts: memory that
 * was given back begins with other things.
 */

interface Needle {
  readonly name: string;
  readonly form: string;
  readonly bytes: Uint8Array;
}

/** What was found, and where. */
export interface Trace {
  /** Of what is looked for. */
  readonly name: string;
  readonly form: string;
  readonly offset: number;
}

/** Looks for all of them at once. */
export type TraceSearch = (bytes: Uint8Array) => readonly Trace[];

/** `named` are at least 16 random bytes each, with names for people. */
export function createTraceSearch(named: Iterable<readonly [name: string, bytes: Uint8Array]>): TraceSearch {
  /** By the first four bytes; `begins` has a bit for each two bytes with which one begins. */
  const byHead = new Map<number, Needle[]>();
  const begins = new Uint8Array(2 ** 16);
  for (const [name, bytes] of named) {
    for (const needle of needlesOf(name, bytes)) {
      const [a = 0, b = 0, c = 0, d = 0] = needle.bytes;
      const head = (a | (b << 8) | (c << 16)) + d * 2 ** 24;
      byHead.set(head, [...(byHead.get(head) ?? []), needle]);
      begins[a | (b << 8)] = 1;
    }
  }
  return (bytes) => {
    const found: Trace[] = [];
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const [a, b] = [bytes[at] as number, bytes[at + 1] as number];
      if (begins[a | (b << 8)] === 0) continue;
      const head = (a | (b << 8) | ((bytes[at + 2] as number) << 16)) + (bytes[at + 3] as number) * 2 ** 24;
      for (const { name, form, bytes: wanted } of byHead.get(head) ?? []) {
        if (wanted.every((byte, i) => bytes[at + i] === byte)) found.push({ name, form, offset: at });
      }
    }
    return found;
  };
}

function needlesOf(name: string, bytes: Uint8Array): readonly Needle[] {
  const needles = new Map<string, Needle>();
  const add = (form: string, content: Uint8Array): void => {
    const half = content.length >> 1;
    for (const part of [content.subarray(0, half), content.subarray(half)]) {
      needles.set(Buffer.from(part).toString('latin1'), { name, form, bytes: part });
    }
  };
  add('raw', bytes);
  add('turned round', Uint8Array.from(bytes).reverse());
  for (const [form, text] of textsOf(Buffer.from(bytes))) {
    add(form, Buffer.from(text, 'latin1'));
    add(`${form} of two bytes each`, Buffer.from(text, 'utf16le'));
  }
  return [...needles.values()];
}

function* textsOf(bytes: Buffer): Iterable<readonly [form: string, text: string]> {
  yield ['hex', bytes.toString('hex')];
  yield ['HEX', bytes.toString('hex').toUpperCase()];
  // Within something larger it begins at any of three places, and its ends are mixed with what is around it.
  for (const skip of [0, 1, 2]) {
    const whole = bytes.subarray(skip, skip + Math.floor((bytes.length - skip) / 3) * 3);
    yield ['base64', whole.toString('base64')];
    yield ['base64url', whole.toString('base64url')];
  }
  yield ['list', bytes.join(',')];
  yield ['list with spaces', bytes.join(', ')];
  yield ['object', [...bytes].map((byte, index) => `"${index}":${byte}`).join(',')];
}
