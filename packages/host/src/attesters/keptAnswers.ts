/**
 * What services gave, kept on disk. Whoever can write there can put anything in: it is read within limits, and what is not of
 * this form counts as missing.
 *
 *   <directory>/<SHA-256 of the URL, hex>.json = {"url", "fetchedMs", "headers": {name: text}, "body": base64}
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { randomBytes, sha256 } from '@coco/crypto';
import { fromBase64, fromUtf8, toBase64, toHex, utf8 } from '@coco/primitives';
import type { Log } from '../log.js';
import { readDeviceFile } from './deviceFile.js';

export interface KeptAnswer {
  readonly url: string;
  /** Milliseconds since 1970. */
  readonly fetchedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface KeepingOptions {
  /** Undefined: nothing is kept. */
  readonly directory?: string;
  /** Of a body. */
  readonly bytesMax: number;
  readonly log: Log;
}

export async function loadAnswer(
  url: string,
  { directory, bytesMax }: KeepingOptions,
): Promise<KeptAnswer | undefined> {
  if (directory === undefined) return undefined;
  try {
    const text = fromUtf8(await readDeviceFile(fileOf(url, directory), 2 * bytesMax + headersBytesMax)) ?? '';
    const { url: keptUrl, fetchedMs, headers, body } = JSON.parse(text) as Record<string, unknown>;
    const bytes = typeof body === 'string' ? fromBase64(body) : undefined;
    if (keptUrl !== url || bytes === undefined || bytes.length > bytesMax || !isTime(fetchedMs))
      return undefined;
    const texts = Object.entries(headers as object).filter(([, value]) => typeof value === 'string');
    return { url, fetchedMs, headers: Object.fromEntries(texts) as Record<string, string>, body: bytes };
  } catch {
    return undefined;
  }
}

const headersBytesMax = 65_536;
/** What ECMAScript can name, before which nothing was kept. */
const lastTimeMs = 8.64e15;

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= lastTimeMs;
}

/** Warns when the disk does not take it: the answer is there all the same. */
export async function saveAnswer(answer: KeptAnswer, { directory, log }: KeepingOptions): Promise<void> {
  if (directory === undefined) return;
  const file = fileOf(answer.url, directory);
  const aside = `${file}.${toHex(randomBytes(8))}.tmp`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(aside, JSON.stringify({ ...answer, body: toBase64(answer.body) }), { mode: 0o600 });
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    log.warn('endorsements cannot be kept on disk', { directory, reason: String(error) });
  }
}

export async function dropAnswer(url: string, { directory }: KeepingOptions): Promise<void> {
  if (directory !== undefined) await rm(fileOf(url, directory), { force: true }).catch(() => undefined);
}

function fileOf(url: string, directory: string): string {
  return path.join(directory, `${toHex(sha256(utf8(url)))}.json`);
}
