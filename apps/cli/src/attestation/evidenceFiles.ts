/**
 * Files of evidence as people have them: binary, or the same in hex or base64.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CocoError, fromBase64, fromHex, fromUtf8 } from '@coco/primitives';

/** More than any kind may have: what is longer is cut, and refused by whoever reads it. */
const fileBytesMax = 2 << 20;

/** The bytes that `file` stands for: a report or a quote, as it is, in hex or in base64. COCO_CLI_FILE. */
export function readHexFile(file: string): Uint8Array {
  const bytes = readEvidenceFile(file);
  const text = fromUtf8(bytes)?.replace(/\s+/g, '').toLowerCase();
  if (text === undefined || text === '') return bytes;
  return fromHex(text) ?? fromBase64(fromUtf8(bytes)?.replace(/\s+/g, '') ?? '') ?? bytes;
}

/** The bytes of `file`. COCO_CLI_FILE when it cannot be read. */
export function readEvidenceFile(file: string): Uint8Array {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const buffer = new Uint8Array(Math.min(fstatSync(descriptor).size, fileBytesMax));
      let length = 0;
      for (let read = 1; read > 0 && length < buffer.length; length += read) {
        read = readSync(descriptor, buffer, length, buffer.length - length, null);
      }
      return buffer.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    throw new CocoError('COCO_CLI_FILE', `cannot read ${file}: ${reason}`, { path: file });
  }
}
