/**
 * The bodies of data that goes point to point, on the disk of a node that has part in it (CONF-6): a file each, sealed by the
 * platform before it leaves memory (CONF-1), named after its digest.
 *
 *     <digest in hex>.sealed = sealed for "point-to-point <digest>" ( u8 version (1) | salt[32] | body )
 *
 * The disk is not trusted, nor needed: what is gone, or was changed, is as if it had never been here, and is fetched again. So its
 * failures cost the request, and not the node.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { dataBytesMax, dataSaltBytes, isDataId } from '@coco/governance';
import { CocoError, concatBytes } from '@coco/primitives';
import { syncDirectory } from '../disk.js';
import { plainBytes } from '../plainBytes.js';
import type { Sealer } from '../sealer.js';

/** Data, with the random bytes that its digest is salted with. */
export interface SaltedBody {
  readonly salt: Uint8Array;
  readonly body: Uint8Array;
}

export interface BodyFilesOptions {
  /** Made when missing. */
  readonly directory: string;
  readonly sealer: Sealer;
  /** All files together, each counted as whole blocks of 4 KiB. */
  readonly bytesMax: number;
  readonly nowMs: () => number;
}

export interface BodyFiles {
  has(digest: string): boolean;
  /** Digest, and since when it is here, of every file. */
  readonly held: ReadonlyMap<string, { readonly sinceMs: number }>;
  /** What they take, in bytes. */
  readonly bytes: number;
  /** What opens; undefined when there is none, or what was there is not what was written, and is gone now. */
  read(digest: string): Promise<SaltedBody | undefined>;
  /** Keeps it, durably; false when there is no room. COCO_DATA_DISK. */
  write(digest: string, data: SaltedBody): Promise<boolean>;
  /** COCO_DATA_DISK. */
  remove(digest: string): Promise<void>;
  /** Looks what is there: files can go without the node. COCO_DATA_DISK. */
  look(): Promise<void>;
}

const version = 1;
const suffix = '.sealed';
const unfinished = '.new';
const digestDigits = 64;
const blockBytes = 4096;
/** Header and tag of a sealed file are no more than this. */
const sealBytesMax = 1024;

/** Opens the directory. COCO_DATA_DISK. */
export async function openBodyFiles(options: BodyFilesOptions): Promise<BodyFiles> {
  const files = new Files(options);
  await files.look();
  return files;
}

class Files implements BodyFiles {
  readonly #options: BodyFilesOptions;
  readonly #held = new Map<string, { readonly sinceMs: number; readonly bytes: number }>();
  /** Being written; they take their room already. */
  readonly #writing = new Map<string, number>();

  constructor(options: BodyFilesOptions) {
    this.#options = options;
    onDataDiskSync(() => mkdirSync(options.directory, { recursive: true, mode: 0o700 }));
  }

  get held(): BodyFiles['held'] {
    return this.#held;
  }

  get bytes(): number {
    let bytes = 0;
    for (const held of this.#held.values()) bytes += held.bytes;
    for (const coming of this.#writing.values()) bytes += coming;
    return bytes;
  }

  has(digest: string): boolean {
    return this.#held.has(digest);
  }

  async look(): Promise<void> {
    const { directory } = this.#options;
    const before = [...this.#held.keys()];
    const names = await onDataDisk(() => readdir(directory));
    const found = new Set(names);
    for (const digest of before) {
      if (!found.has(`${digest}${suffix}`) && !this.#writing.has(digest)) this.#held.delete(digest);
    }
    for (const name of names) {
      const digest = name.slice(0, digestDigits);
      if (isDataId(digest) && !this.#held.has(digest)) this.#notice(digest, name);
    }
  }

  /** A file that was not known: of an earlier run, or of whoever else writes here. */
  #notice(digest: string, name: string): void {
    const file = path.join(this.#options.directory, name);
    if (name === `${digest}${suffix}`) {
      const found = sizeOf(file, this.#options.nowMs());
      if (found !== undefined) this.#held.set(digest, found);
    } else if (name === `${digest}${unfinished}` && !this.#writing.has(digest)) {
      // What a crash left of a write.
      onDataDiskSync(() => rmSync(file, { force: true }));
    }
  }

  async read(digest: string): Promise<SaltedBody | undefined> {
    const file = this.#fileOf(digest);
    let sealed: Uint8Array;
    try {
      sealed = plainBytes(await readFile(file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskFailure(error);
      this.#held.delete(digest);
      return undefined;
    }
    const data = this.#opened(digest, sealed);
    if (data === undefined) await this.remove(digest);
    return data;
  }

  #opened(digest: string, sealed: Uint8Array): SaltedBody | undefined {
    if (sealed.length > dataBytesMax + sealBytesMax) return undefined;
    try {
      const bytes = this.#options.sealer.open(purposeOf(digest), sealed);
      if (bytes[0] !== version || bytes.length < 1 + dataSaltBytes) return undefined;
      return { salt: bytes.subarray(1, 1 + dataSaltBytes), body: bytes.subarray(1 + dataSaltBytes) };
    } catch (error) {
      if (error instanceof CocoError) return undefined;
      throw error;
    }
  }

  async write(digest: string, { salt, body }: SaltedBody): Promise<boolean> {
    if (this.#held.has(digest)) return true;
    const bytes = blocks(body.length + sealBytesMax);
    if (this.#writing.has(digest) || this.bytes + bytes > this.#options.bytesMax) return false;
    this.#writing.set(digest, bytes);
    try {
      const plaintext = concatBytes(Uint8Array.of(version), salt, body);
      const sealed = this.#options.sealer.seal(purposeOf(digest), plaintext);
      await onDataDisk(() => this.#replace(digest, sealed));
      this.#held.set(digest, { sinceMs: this.#options.nowMs(), bytes });
      return true;
    } finally {
      this.#writing.delete(digest);
    }
  }

  async #replace(digest: string, bytes: Uint8Array): Promise<void> {
    const file = this.#fileOf(digest);
    const temporary = path.join(this.#options.directory, `${digest}${unfinished}`);
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncDirectory(this.#options.directory);
  }

  async remove(digest: string): Promise<void> {
    this.#held.delete(digest);
    await onDataDisk(async () => {
      await rm(this.#fileOf(digest), { force: true });
      await syncDirectory(this.#options.directory);
    });
  }

  #fileOf(digest: string): string {
    return path.join(this.#options.directory, `${digest}${suffix}`);
  }
}

function purposeOf(digest: string): string {
  return `point-to-point ${digest}`;
}

function blocks(bytes: number): number {
  return blockBytes * Math.ceil(bytes / blockBytes);
}

/** Undefined when it has gone meanwhile. */
function sizeOf(
  file: string,
  nowMs: number,
): { readonly sinceMs: number; readonly bytes: number } | undefined {
  const found = onDataDiskSync(() => statSync(file, { throwIfNoEntry: false }));
  // A clock that went back must not make it younger than it is.
  return found && { sinceMs: Math.min(found.mtimeMs, nowMs), bytes: blocks(found.size) };
}

async function onDataDisk<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(error);
  }
}

function onDataDiskSync<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw diskFailure(error);
  }
}

function diskFailure(error: unknown): CocoError {
  if (error instanceof CocoError) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const reason = typeof code === 'string' ? code : String(message);
  return new CocoError('COCO_DATA_DISK', `the disk of this node refuses what is to be kept (${reason})`, {
    reason,
  });
}
