/**
 * Reads CBOR (RFC 8949) of a shape that is known beforehand, item by item: what comes from strangers may be a megabyte of
 * one-byte items, and a general decoder would make an object of each before anybody can refuse them. Deterministic
 * encoding (section 4.2.1) is demanded: shortest lengths, keys ascending by their bytes, nothing left over.
 */
import { compareBytes, fromUtf8 } from '@coco/primitives';
import { refused } from './refused.js';

/** A place in CBOR, moved on by every read. All throw COCO_ATTESTATION_MALFORMED. */
export interface CborItems {
  unsigned(): number;
  /** Shares the input's memory. */
  bytes(bytesMax: number): Uint8Array;
  text(bytesMax: number): string;
  /** The number of items that follow. */
  array(): number;
  /** Calls `entry` with each key, a text of at most 64 bytes; it must read the value. */
  map(entriesMax: number, entry: (key: string) => void): void;
  /** The item must fill the input. */
  end(): void;
}

/** Begins to read `input`; `what` names it in sentences, for example "the runtime claims". */
export function cborItems(input: Uint8Array, what: string): CborItems {
  const malformed = (reason: string) =>
    refused('COCO_ATTESTATION_MALFORMED', `${what} cannot be read: ${reason}`, { offset: at });
  let at = 0;

  function head(majorType: number, kind: string): number {
    const first = input[at];
    if (first === undefined) throw malformed('it ends early');
    if (first >> 5 !== majorType) throw malformed(`${kind} is missing`);
    at++;
    const info = first & 0x1f;
    if (info < 24) return info;
    const size = [1, 2, 4][info - 24];
    if (size === undefined) throw malformed('a length is not in a supported form');
    let value = 0;
    for (let i = 0; i < size; i++) {
      const byte = input[at++];
      if (byte === undefined) throw malformed('it ends early');
      value = value * 256 + byte;
    }
    if (value < (size === 1 ? 24 : 256 ** (size / 2))) throw malformed('a number is not encoded shortest');
    return value;
  }

  function run(majorType: number, kind: string, bytesMax: number): Uint8Array {
    const length = head(majorType, kind);
    if (length > bytesMax) throw malformed(`${kind} is longer than ${bytesMax} bytes`);
    if (length > input.length - at) throw malformed('it ends early');
    at += length;
    return input.subarray(at - length, at);
  }

  function text(bytesMax: number): string {
    const read = fromUtf8(run(3, 'a text', bytesMax));
    if (read === undefined) throw malformed('a text is not UTF-8');
    return read;
  }

  function map(entriesMax: number, entry: (key: string) => void): void {
    const count = head(5, 'a map');
    if (count > entriesMax) throw malformed(`a map has more than ${entriesMax} entries`);
    let before: Uint8Array | undefined;
    for (let i = 0; i < count; i++) {
      const start = at;
      const key = text(64);
      const encoded = input.subarray(start, at);
      if (before !== undefined && compareBytes(before, encoded) >= 0) {
        throw malformed('the keys of a map are not unique and ascending');
      }
      before = encoded;
      entry(key);
    }
  }

  return {
    unsigned: () => head(0, 'a number'),
    bytes: (bytesMax) => run(2, 'a byte string', bytesMax),
    text,
    array: () => head(4, 'an array'),
    map,
    end() {
      if (at !== input.length) throw malformed('bytes are left over');
    },
  };
}
