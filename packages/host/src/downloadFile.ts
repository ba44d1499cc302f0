/**
 * Downloads a file from another node in as many pieces as it takes: what was written is not fetched again, also after a
 * crash. What comes is not looked into; it is never more than was announced.
 */
import { closeSync, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import { CocoError } from '@coco/primitives';
import type { Address } from './address.js';
import { pause } from './askNetwork.js';
import { onDiskSync } from './disk.js';
import { type Pin, pinnedRequest } from './pinnedRequest.js';

export interface DownloadOptions {
  readonly from: Address;
  /** Where to ask for it there. */
  readonly path: string;
  /** Of all of it, in bytes. */
  readonly size: number;
  /** The file to write, with what is there of it already. */
  readonly part: string;
  readonly pin: Pin;
  /** The longest pause between two tries. Default 500. */
  readonly retryMsMax?: number;
  readonly onProgress?: (bytes: number) => void;
  /** What is thrown when what comes is not what was announced. */
  readonly misfit: () => CocoError;
}

const failuresMax = 10;

/** True when all of it is there, durably; false when it cannot be had from there any more. COCO_HOST_DISK, COCO_JOIN_SERVICE. */
export async function downloadFile(options: DownloadOptions): Promise<boolean> {
  const { from, path, size, part, pin, onProgress, misfit } = options;
  const descriptor = onDiskSync('write a file', part, () => openSync(part, 'a', 0o600));
  try {
    let bytes = onDiskSync('look at a file', part, () => statSync(part).size);
    let failures = 0;
    while (bytes < size && failures < failuresMax) {
      const before = bytes;
      /** Where in the file the next piece belongs. */
      let at: number | undefined;
      const asked = { method: 'GET', path, headers: { range: `bytes=${bytes}-` } } as const;
      const outcome = await attempt(from, asked, pin, (piece, { status, headers }) => {
        at ??= status === 206 ? rangeStart(headers['content-range']) : 0;
        if (at === undefined || at > bytes || at + piece.length > size) throw misfit();
        const fresh = piece.subarray(Math.min(piece.length, bytes - at));
        at += piece.length;
        onDiskSync('write a file', part, () => writeSync(descriptor, fresh));
        bytes += fresh.length;
        onProgress?.(bytes);
      });
      if (outcome === 'gone') return false;
      failures = bytes > before ? 0 : failures + 1;
      if (bytes < size) await pause(Math.min(500, options.retryMsMax ?? 500), pin.signal);
    }
    onDiskSync('synchronise a file', part, () => fsyncSync(descriptor));
    return bytes === size;
  } finally {
    closeSync(descriptor);
  }
}

/** Fetches what comes in one answer. */
async function attempt(...request: Parameters<typeof pinnedRequest>): Promise<'some' | 'gone'> {
  try {
    const { status } = await pinnedRequest(...request);
    return status === 404 || status === 416 ? 'gone' : 'some';
  } catch (error) {
    if (error instanceof CocoError && error.code === 'COCO_JOIN_UNREACHABLE') return 'some';
    throw error;
  }
}

function rangeStart(header: string | string[] | undefined): number | undefined {
  const match = /^bytes (\d{1,15})-\d{1,15}\/\d{1,15}$/.exec(typeof header === 'string' ? header : '');
  return match === null ? undefined : Number(match[1]);
}
