/**
 * Keys as texts of one UTF-16 code unit per byte: what a Map can hash, and what compares (`<`) exactly as the
 * bytes do, unsigned and with a prefix first.
 */

/** Arguments of one call of `String.fromCharCode`; far below what any engine's stack takes. */
const sliceBytes = 1024;

const charCodes = String.fromCharCode;

/** The text that stands for `bytes`. */
export function keyText(bytes: Uint8Array): string {
  // `apply` gives a flat string in one step: concatenation would be flattened again when the Map hashes it.
  if (bytes.length <= sliceBytes) return charCodes.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    text += charCodes.apply(null, bytes.subarray(at, at + sliceBytes) as unknown as number[]);
  }
  return text;
}

/** The bytes that `text` stands for, as a new array. */
export function keyBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
