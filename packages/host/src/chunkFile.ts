/**
 * A chunk file as the ledger room reads it, in windows: few system calls, no file kept open, and never more memory
 * than the file has bytes, whatever a length field in it says.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { ChunkSource } from '@coco/ledger';
import { assert } from '@coco/primitives';
import { onDiskSync } from './disk.js';

const windowBytes = 1 << 20;

/** The file at `path`; its size is taken now. */
export function openChunkFile(path: string): ChunkSource {
  const size = onDiskSync('look at a file', path, () => statSync(path).size);
  let window: Uint8Array = new Uint8Array();
  let windowAt = 0;
  return {
    name: basename(path),
    size,
    readAt(offset, length) {
      assert(offset >= 0 && offset + length <= size, 'only what is in the file is read');
      if (offset < windowAt || offset + length > windowAt + window.length) {
        window = readFileAt(path, offset, Math.min(size - offset, Math.max(length, windowBytes)));
        windowAt = offset;
      }
      const start = offset - windowAt;
      // A copy: a small piece that is kept must not keep the window.
      return window.slice(start, start + length);
    },
  };
}

/** The `length` bytes at `offset` of the file at `path`, or as many as there are. */
export function readFileAt(path: string, offset: number, length: number): Uint8Array {
  return onDiskSync('read a file', path, () => {
    const bytes = new Uint8Array(length);
    const descriptor = openSync(path, 'r');
    try {
      let total = 0;
      while (total < length) {
        const count = readSync(descriptor, bytes, total, length - total, offset + total);
        if (count === 0) break;
        total += count;
      }
      return bytes.subarray(0, total);
    } finally {
      closeSync(descriptor);
    }
  });
}
