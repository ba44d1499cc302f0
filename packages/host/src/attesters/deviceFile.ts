/**
 * Reads and writes the small files with which kernels show devices. Their sizes are not known beforehand, and they answer with
 * error codes that mean "again".
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CocoError } from '@coco/primitives';
import type { Clock } from './clock.js';

/** All bytes of the file, which is a device's or an operator's. Throws what the system says, and EFBIG beyond `bytesMax`. */
export async function readDeviceFile(file: string, bytesMax: number): Promise<Uint8Array> {
  const handle = await open(file, constants.O_RDONLY);
  try {
    const buffer = new Uint8Array(bytesMax + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (length > bytesMax)
        throw Object.assign(new Error(`EFBIG: more than ${bytesMax} bytes`), { code: 'EFBIG' });
      if (bytesRead === 0) return buffer.slice(0, length);
    }
  } finally {
    await handle.close();
  }
}

/** Writes `bytes` at once, in one call: devices take them as one message. */
export async function writeDeviceFile(file: string, bytes: Uint8Array): Promise<void> {
  const handle: FileHandle = await open(file, 'w');
  try {
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten !== bytes.length)
      throw Object.assign(new Error('EIO: only a part was taken'), { code: 'EIO' });
  } finally {
    await handle.close();
  }
}

export interface Patience {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
  /** What is done, for people: "read the report". */
  readonly what: string;
  /** Codes of the system that mean "again", besides EAGAIN, EBUSY and EINTR. */
  readonly again?: readonly string[];
}

/** Does `work` until it gives something, and fails for good, or the time is over. Throws COCO_ATTESTER_*. */
export async function patiently<Value>(
  work: () => Promise<Value | undefined>,
  patience: Patience,
): Promise<Value> {
  const { clock, untilMs, what, again = [] } = patience;
  let reason = 'nothing came';
  for (let pauseMs = 2; ; pauseMs = Math.min(2 * pauseMs, 200)) {
    try {
      const value = await work();
      if (value !== undefined) return value;
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined || !(busy.includes(code) || again.includes(code)))
        throw deviceFailure(what, error);
      reason = code;
    }
    if (clock.nowMs() >= untilMs) {
      throw new CocoError(
        'COCO_ATTESTER_TIMEOUT',
        `the platform did not let this node ${what} in time (${reason})`,
        {
          what,
          reason,
        },
      );
    }
    await clock.wait(pauseMs);
  }
}

const busy: readonly string[] = ['EAGAIN', 'EBUSY', 'EINTR'];

export function errorCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** What the system said, as COCO_ATTESTER_PRIVILEGE or COCO_ATTESTER_DEVICE; a CocoError as it is. */
export function deviceFailure(
  what: string,
  error: unknown,
  hints: Readonly<Record<string, string>> = {},
): CocoError {
  if (error instanceof CocoError) return error;
  const code = errorCode(error) ?? 'unknown';
  const message = error instanceof Error ? error.message : String(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return new CocoError(
      'COCO_ATTESTER_PRIVILEGE',
      `this process may not ${what} (${code}): the platform gives evidence to root, or to whom root lets; see docs/attestation-recipes.md`,
      { what, reason: message },
    );
  }
  const hint = hints[code] ?? common[code];
  const sentence = `the platform does not let this node ${what}: ${hint ?? message}`;
  return new CocoError('COCO_ATTESTER_DEVICE', sentence, { what, reason: message });
}

const common: Readonly<Record<string, string>> = {
  EFBIG: 'what it has to say is larger than its interface takes (EFBIG)',
  EIO: 'it reports a failure of its own (EIO)',
  EINVAL: 'it does not take what was asked (EINVAL)',
  ENOTTY: 'its device does not understand the request (ENOTTY)',
  ENXIO: 'its device is not there (ENXIO)',
};
