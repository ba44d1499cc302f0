/**
 * The few ways in which this room touches a disk, so that each of them waits for the device where durability needs
 * it and fails in one way: COCO_HOST_DISK, which ends the node.
 *
 * After a failed write or sync the kernel may have dropped the data and still report success the next time, so
 * nothing here is ever tried again.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CocoError } from '@coco/primitives';

/** Runs `work`; whatever the operating system refuses becomes COCO_HOST_DISK, naming `path` and `operation`. */
export async function onDisk<Value>(
  operation: string,
  path: string,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CocoError ? error : diskFailure(operation, path, error);
  }
}

/** The same for work that does not wait. */
export function onDiskSync<Value>(operation: string, path: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw error instanceof CocoError ? error : diskFailure(operation, path, error);
  }
}

/** COCO_HOST_DISK for what the operating system said of `path`. */
export function diskFailure(operation: string, path: string, error: unknown): CocoError {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const reason = typeof code === 'string' ? code : String(message);
  return new CocoError(
    'COCO_HOST_DISK',
    `the disk refused to ${operation} (${reason}); the node stops, since going on could lose what it promised`,
    { operation, path, reason },
  );
}

/** Writes all of `buffers` from `position` on and returns how many bytes that were. */
export async function writeAll(
  file: FileHandle,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<number> {
  let rest = buffers.filter((buffer) => buffer.length > 0);
  let total = 0;
  while (rest.length > 0) {
    // The platform may write less than asked (a full disk, a signal); the next call then says why.
    const { bytesWritten } = await file.writev(rest, position + total);
    if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
    total += bytesWritten;
    rest = dropBytes(rest, bytesWritten);
  }
  return total;
}

function dropBytes(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  const rest: Uint8Array[] = [];
  for (const buffer of buffers) {
    if (left >= buffer.length) {
      left -= buffer.length;
      continue;
    }
    rest.push(left === 0 ? buffer : buffer.subarray(left));
    left = 0;
  }
  return rest;
}

/** Makes creations, renames and removals in `directory` durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Replaces the file at `path` by `bytes`, durably and all or nothing: after a crash at any moment the file holds
 * what it held before, or `bytes`. `mode` is the file's permissions, for example 0o600. Runs before anything else
 * does, so it does not give way.
 */
export function replaceFileSync(path: string, bytes: Uint8Array, mode: number): void {
  onDiskSync('replace a file', path, () => {
    const temporary = `${path}.new`;
    // A leftover of an earlier crash would keep its own permissions.
    rmSync(temporary, { force: true });
    const descriptor = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(descriptor, bytes);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
    const directory = openSync(dirname(path), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  });
}
