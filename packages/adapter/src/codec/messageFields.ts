/**
 * The fields that boundary messages are made of. What is read may be hostile: every length is compared with its limit and
 * with what is left before anything is made of it, and every value has one encoding only.
 *
 *   number = u64 below 2^53     flag = u8, 0 or 1     bytes = u32 length | byte*     text = bytes, in UTF-8
 */
import { type ByteReader, type ByteWriter, CocoError, fromUtf8, utf8 } from '@coco/primitives';

export function malformed(what: string): CocoError {
  const sentence = `a message between manager and worker is malformed: ${what}`;
  return new CocoError('COCO_ADAPTER_MESSAGE', sentence, { what });
}

export function writeFlag(writer: ByteWriter, value: boolean): void {
  writer.u8(value ? 1 : 0);
}

export function readFlag(reader: ByteReader, what: string): boolean {
  const value = reader.u8();
  if (value > 1) throw malformed(`${what} is neither 0 nor 1`);
  return value === 1;
}

/** COCO_ADAPTER_MESSAGE when there are more than `bytesMax`. */
export function writeBytes(writer: ByteWriter, bytes: Uint8Array, bytesMax: number, what: string): void {
  if (bytes.length > bytesMax) throw malformed(`${what} is longer than ${bytesMax} bytes`);
  writer.sized32(bytes);
}

/** A view into what is read. */
export function readBytes(reader: ByteReader, bytesMax: number, what: string): Uint8Array {
  const length = reader.u32();
  if (length > bytesMax) throw malformed(`${what} is longer than ${bytesMax} bytes`);
  return reader.take(length);
}

export function writeText(writer: ByteWriter, text: string, bytesMax: number, what: string): void {
  writeBytes(writer, utf8(text), bytesMax, what);
}

export function readText(reader: ByteReader, bytesMax: number, what: string): string {
  const text = fromUtf8(readBytes(reader, bytesMax, what));
  if (text === undefined) throw malformed(`${what} is not UTF-8`);
  return text;
}

const digestBytes = 32;

/** A flag, and the claims digest when there is one. */
export function writeDigest(writer: ByteWriter, digest: Uint8Array | undefined): void {
  writeFlag(writer, digest !== undefined);
  if (digest === undefined) return;
  if (digest.length !== digestBytes) throw malformed('the claims digest has not 32 bytes');
  writer.raw(digest);
}

export function readDigest(reader: ByteReader): Uint8Array | undefined {
  return readFlag(reader, 'whether there are claims') ? reader.take(digestBytes) : undefined;
}
