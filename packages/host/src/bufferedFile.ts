/**
 * Reads a file from front to back in small pieces at the cost of few system calls, and never takes more memory than
 * the file has bytes, whatever a length field in it says.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { onDiskSync } from './disk.js';

export interface BufferedFile {
  readonly size: number;
  /** The bytes from `offset` on, `length` of them or as many as there are. A view that the next call overwrites. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

const windowBytes = 1 << 20;

/** Opens the file at `path`; its size is taken now. */
export function openBufferedFile(path: string): BufferedFile {
  const descriptor = onDiskSync('open a file', path, () => openSync(path, 'r'));
  const size = fstatSync(descriptor).size;
  let window = new Uint8Array(Math.min(windowBytes, size));
  let windowAt = 0;
  let filled = 0;
  return {
    size,
    read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      if (offset < windowAt || offset + wanted > windowAt + filled) {
        if (wanted > window.length) window = new Uint8Array(wanted);
        windowAt = offset;
        filled = onDiskSync('read a file', path, () => readFully(descriptor, window, offset));
      }
      const start = offset - windowAt;
      return window.subarray(start, Math.min(start + wanted, filled));
    },
    close: () => closeSync(descriptor),
  };
}

/** Fills `target` from `position` on; returns how many bytes the file had. */
export function readFully(descriptor: number, target: Uint8Array, position: number): number {
  let total = 0;
  while (total < target.length) {
    const count = readSync(descriptor, target, total, target.length - total, position + total);
    if (count === 0) break;
    total += count;
  }
  return total;
}
