/**
 * Length and SHA-256 of a file, read in parts between which the process does other things.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sha256, sha256Hasher } from '@coco/crypto';
import { CocoError, toHex } from '@coco/primitives';

/** COCO_MEASURE_FILE when `file` cannot be read or is anything but a regular file; links are not followed. */
export async function hashFile(file: string): Promise<{ readonly length: number; readonly sha256: string }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const status = await handle.stat();
    if (!status.isFile()) throw new Error('it is not a regular file');
    return await hashHandle(handle, status.size);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CocoError('COCO_MEASURE_FILE', `cannot measure ${file}: ${reason}`, { path: file });
  } finally {
    await handle?.close();
  }
}

const partBytes = 4 * 1024 * 1024;

async function hashHandle(handle: FileHandle, size: number): Promise<{ length: number; sha256: string }> {
  const buffer = new Uint8Array(Math.min(size + 1, partBytes));
  const first = await fill(handle, buffer);
  if (first < buffer.length) return { length: first, sha256: toHex(sha256(buffer.subarray(0, first))) };
  const hasher = sha256Hasher();
  let length = 0;
  for (let read = first; read > 0; read = await fill(handle, buffer)) {
    hasher.update(buffer.subarray(0, read));
    length += read;
  }
  return { length, sha256: toHex(hasher.finish()) };
}

/** Reads until `buffer` is full or the file ends. */
async function fill(handle: FileHandle, buffer: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
