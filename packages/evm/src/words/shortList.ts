/**
 * The little of RLP that executing needs (yellow paper, appendix B): a list of short strings.
 *
 *   string    itself, if it is one byte below 0x80; else 0x80 + length ‖ bytes
 *   list      0xc0 + length ‖ strings, up to 55 bytes; else 0xf8 ‖ length ‖ strings
 */
import { concatBytes } from '@coco/primitives';

const STRING = 0x80;
const LIST = 0xc0;
const SHORT_MAX = 55;
const LONG_LIST = 0xf8;

/** The list of `strings`, each of at most 55 bytes, all together of at most 255. */
export function encodeShortList(strings: readonly Uint8Array[]): Uint8Array {
  const encoded = strings.map((bytes) =>
    bytes.length === 1 && bytes[0] < STRING
      ? bytes
      : concatBytes(Uint8Array.of(STRING + bytes.length), bytes),
  );
  const length = encoded.reduce((sum, bytes) => sum + bytes.length, 0);
  const header = length <= SHORT_MAX ? Uint8Array.of(LIST + length) : Uint8Array.of(LONG_LIST, length);
  return concatBytes(header, ...encoded);
}
