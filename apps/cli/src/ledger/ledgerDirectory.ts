/**
 * The chunk and snapshot files of a ledger directory, read piece by piece: a ledger may be far larger than memory. One file is
 * open at a time, since a ledger may have more files than a process may open.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { type ChunkSource, parseChunkName, parseSnapshotName } from '@coco/ledger';
import { CocoError } from '@coco/primitives';

/** A directory with a ledger in it. */
export interface LedgerDirectory {
  readonly directory: string;
  /** Files that count (not `.ignored` ones): snapshots, then chunks, each in the order of their first entries. */
  readonly files: readonly ChunkSource[];
  /** Bytes of all files. */
  readonly bytes: number;
  close(): void;
}

const windowBytes = 1 << 20;

/**
 * Opens the ledger in `directory`, with the snapshots in it and in `snapshots`: by default the directory of that name
 * beside it, where a node has them. A snapshot file alone is opened as a ledger without entries. COCO_CLI_LEDGER when
 * there is none, COCO_CLI_LEDGER_READ when the operating system refuses, then or while the files are read.
 */
export function openLedgerDirectory(directory: string, snapshots?: string): LedgerDirectory {
  const reader = new WindowReader();
  const files = filesOf(directory, snapshots).map((file) => chunkSource(file, reader));
  return {
    directory,
    files,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    close: () => reader.close(),
  };
}

function filesOf(directory: string, snapshots: string | undefined): readonly string[] {
  if (!existsSync(directory)) throw noLedger(directory, `there is no directory ${directory}`);
  if (!statSync(directory).isDirectory()) {
    if (parseSnapshotName(path.basename(directory)) !== undefined) return [directory];
    throw noLedger(directory, `${directory} is a file; give the directory that holds the ledger's files`);
  }
  if (snapshots !== undefined && !existsSync(snapshots)) {
    throw noLedger(snapshots, `there is no directory ${snapshots}`);
  }
  const beside = path.join(path.dirname(path.resolve(directory)), 'snapshots');
  const found = new Map<string, string>();
  for (const where of [snapshots ?? beside, directory]) {
    for (const { file } of named(where, parseSnapshotName, ({ seqno }) => seqno)) {
      found.set(file, path.join(where, file));
    }
  }
  const chunks = named(directory, parseChunkName, ({ start }) => start);
  if (found.size === 0 && chunks.length === 0) {
    const sentence = `${directory} holds no files of a ledger (ledger_1-…)`;
    throw noLedger(directory, `${sentence}${hint(directory)}`);
  }
  return [...found.values(), ...chunks.map(({ file }) => path.join(directory, file))];
}

/** The files of `directory` with a name that `parse` can read and that are not ignored, ascending by `place`. */
function named<Name extends { readonly ignored: boolean }>(
  directory: string,
  parse: (file: string) => Name | undefined,
  place: (name: Name) => number,
): readonly { readonly file: string; readonly at: number }[] {
  if (!existsSync(directory)) return [];
  return reading(directory, () => readdirSync(directory))
    .flatMap((file) => {
      const name = parse(file);
      return name === undefined || name.ignored ? [] : [{ file, at: place(name) }];
    })
    .toSorted((a, b) => a.at - b.at);
}

/** Whoever gives a node's directory means the ledger in it. */
function hint(directory: string): string {
  const near = ['ledger', path.join('node0', 'ledger')].map((inner) => path.join(directory, inner));
  const meant = near.find((candidate) => existsSync(candidate));
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function chunkSource(file: string, reader: WindowReader): ChunkSource {
  const size = reading(file, () => {
    const status = statSync(file);
    if (!status.isFile()) throw new Error('it is not a file');
    // Told before the work begins, not hours later.
    accessSync(file, constants.R_OK);
    return status.size;
  });
  return {
    name: path.basename(file),
    size,
    readAt: (offset, length) => reading(file, () => reader.read({ file, size, offset, length })),
  };
}

/** Keeps the file that is being read open, and the part of it that was read last. */
class WindowReader {
  #file: string | undefined;
  #descriptor = -1;
  #window = new Uint8Array();
  #windowAt = 0;

  read(wanted: { file: string; size: number; offset: number; length: number }): Uint8Array {
    const { file, size, offset, length } = wanted;
    if (this.#file !== file) this.#open(file);
    if (offset < this.#windowAt || offset + length > this.#windowAt + this.#window.length) {
      this.#window = this.#fill(offset, Math.min(size - offset, Math.max(length, windowBytes)));
      this.#windowAt = offset;
    }
    const at = offset - this.#windowAt;
    // A copy: a small piece that is kept must not keep the window.
    return this.#window.slice(at, at + length);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#descriptor);
    this.#file = undefined;
    this.#window = new Uint8Array();
  }

  #open(file: string): void {
    this.close();
    this.#descriptor = openSync(file, 'r');
    this.#file = file;
  }

  #fill(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let total = 0; total < length; ) {
      const count = readSync(this.#descriptor, bytes, total, length - total, offset + total);
      if (count === 0) throw new Error('it became shorter while it was read');
      total += count;
    }
    return bytes;
  }
}

/** Runs `work`; what the operating system refuses becomes COCO_CLI_LEDGER_READ. */
function reading<Value>(file: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const reason = code === 'EACCES' ? 'permission denied' : message;
    throw new CocoError('COCO_CLI_LEDGER_READ', `cannot read ${file}: ${reason}`, { path: file });
  }
}

function noLedger(directory: string, sentence: string): CocoError {
  return new CocoError('COCO_CLI_LEDGER', sentence, { directory });
}
