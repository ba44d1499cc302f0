/**
 * The snapshot files of one node (CCF's names; the bytes are the ledger room's business):
 *
 *     snapshot_<S>.writing              written, its evidence is not committed yet: gone after a crash
 *     snapshot_<S>_<E>.committed        the snapshot of entry S, then the receipt of its evidence, entry E
 *     snapshot_<S>_<E>.committed.part   so much of one as has been downloaded
 *
 * A file gets its final name once it is whole and durable. A disk that refuses a snapshot costs the snapshot and not
 * the node: another is made later, and the ledger has everything.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSnapshotName, type Receipt, snapshotName, snapshotReceiptBytes } from '@coco/ledger';
import { ByteReader, CocoError, type Seqno } from '@coco/primitives';
import type { SnapshotEffect } from '@coco/replica';
import { onDisk, onDiskSync, syncDirectory, writeAll } from './disk.js';
import type { Log } from './log.js';

export interface SnapshotFilesOptions {
  /** Made when it is missing. */
  readonly directory: string;
  /** The most snapshots to keep. */
  readonly keep: number;
  /** This one is kept in any case: the ledger goes on after it. Default none. */
  readonly needed?: () => Seqno;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** A committed snapshot on disk. */
export interface SnapshotFile {
  readonly name: string;
  readonly path: string;
  readonly seqno: Seqno;
  /** Bytes, receipt included. */
  readonly size: number;
}

export interface SnapshotFiles {
  /** Committed snapshots, newest first; whether they are genuine is not looked at. */
  list(): readonly SnapshotFile[];
  /** The snapshot of this name, if it is here. */
  find(name: string): SnapshotFile | undefined;
  /** Lower-case hex SHA-256 of the snapshot without its receipt, as the receipt states it; "" when it does not. */
  digest(file: SnapshotFile): string;
  /** Begins to do what the manager asks, in order. */
  carryOut(effects: readonly SnapshotEffect[]): void;
  /** Resolves when everything asked so far is done. */
  settled(): Promise<void>;
}

/** Opens the directory and removes what a crash left unfinished. COCO_HOST_DISK. */
export function openSnapshotFiles(options: SnapshotFilesOptions): SnapshotFiles {
  const { directory } = options;
  onDiskSync('make a directory', directory, () => mkdirSync(directory, { recursive: true, mode: 0o700 }));
  onDiskSync('clear a directory', directory, () => {
    for (const name of readdirSync(directory)) if (name.endsWith('.writing')) rmSync(join(directory, name));
  });
  return new DiskSnapshotFiles(options);
}

class DiskSnapshotFiles implements SnapshotFiles {
  readonly #options: SnapshotFilesOptions;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: SnapshotFilesOptions) {
    this.#options = options;
  }

  list(): readonly SnapshotFile[] {
    const { directory } = this.#options;
    const names = onDiskSync('list a directory', directory, () => readdirSync(directory));
    return names.flatMap((name) => this.find(name) ?? []).toSorted((a, b) => b.seqno - a.seqno);
  }

  find(name: string): SnapshotFile | undefined {
    const parsed = parseSnapshotName(name);
    if (parsed === undefined || !parsed.committed || parsed.ignored) return undefined;
    const path = join(this.#options.directory, name);
    const stats = onDiskSync('look at a file', path, () => statSync(path, { throwIfNoEntry: false }));
    return stats === undefined ? undefined : { name, path, seqno: parsed.seqno, size: stats.size };
  }

  digest({ path }: SnapshotFile): string {
    const receipt = readReceipt(path);
    return receipt?.leaf_components?.claims_digest ?? '';
  }

  carryOut(effects: readonly SnapshotEffect[]): void {
    for (const effect of effects) {
      this.#tail = this.#tail
        .then(() => this.#one(effect))
        .catch((error: unknown) => {
          this.#options.log.warn('a snapshot was given up', { seqno: effect.seqno, reason: String(error) });
        });
    }
  }

  settled(): Promise<void> {
    return this.#tail;
  }

  async #one(effect: SnapshotEffect): Promise<void> {
    const { directory, log } = this.#options;
    const aside = join(directory, `snapshot_${effect.seqno}.writing`);
    switch (effect.type) {
      case 'write':
        await writeAside(aside, effect.bytes);
        return;
      case 'discard':
        await rm(aside, { force: true });
        return;
      case 'commit': {
        const { seqno, evidenceSeqno, receipt } = effect;
        const name = snapshotName({ seqno, evidenceSeqno });
        await complete(aside, join(directory, name), receipt);
        await syncDirectory(directory);
        log.info('snapshot written', { file: name });
        await this.#retain();
      }
    }
  }

  async #retain(): Promise<void> {
    const { keep, needed } = this.#options;
    for (const { path, seqno } of this.list().slice(keep)) {
      if (seqno === needed?.()) continue;
      await onDisk('remove a snapshot', path, () => rm(path, { force: true }));
    }
  }
}

async function writeAside(path: string, bytes: Uint8Array): Promise<void> {
  await onDisk('write a snapshot', path, async () => {
    const file = await open(path, 'w', 0o600);
    try {
      await writeAll(file, [bytes], 0);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  });
}

async function complete(aside: string, path: string, receipt: Receipt): Promise<void> {
  await onDisk('complete a snapshot', path, async () => {
    const file = await open(aside, 'r+');
    try {
      const { size } = await file.stat();
      await writeAll(file, [snapshotReceiptBytes(receipt)], size);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  });
}

const headerBytes = 8;
const receiptBytesMax = 1 << 20;

/** The receipt behind the snapshot in the file at `path`; undefined when there is none that can be read. */
function readReceipt(path: string): Receipt | undefined {
  return onDiskSync('read a snapshot', path, () => {
    const descriptor = openSync(path, 'r');
    try {
      const header = new Uint8Array(headerBytes);
      if (readSync(descriptor, header, 0, headerBytes, 0) < headerBytes) return undefined;
      const at = headerBytes + new ByteReader(header, 2).u48();
      const length = statSync(path).size - at;
      if (length <= 0 || length > receiptBytesMax) return undefined;
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, at);
      return parseReceipt(bytes.toString('utf8'));
    } finally {
      closeSync(descriptor);
    }
  });
}

function parseReceipt(text: string): Receipt | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Receipt) : undefined;
  } catch {
    return undefined;
  }
}

/** All bytes of a snapshot file. COCO_HOST_SNAPSHOT when it has more than can be read at once. */
export function readSnapshotFile({ path, size }: SnapshotFile): Uint8Array {
  if (size >= 2 ** 31) {
    throw new CocoError('COCO_HOST_SNAPSHOT', `${path} has ${size} bytes, more than this node can read`, {
      path,
    });
  }
  return onDiskSync('read a snapshot', path, () => new Uint8Array(readFileSync(path)));
}
