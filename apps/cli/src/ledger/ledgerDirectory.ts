/**
 * The chunk files of a ledger directory, read piece by piece: a ledger may be far larger than memory. One file is
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
import { type ChunkSource, parseChunkName } from '@coco/ledger';
import { CocoError } from '@coco/primitives';

/** A directory with a ledger in it. */
export interface LedgerDirectory {
  readonly directory: string;
  /** Chunk files that count (not `.ignored` ones), in the order of their first entries. */
  readonly files: readonly ChunkSource[];
  /** Bytes of all files. */
  readonly bytes: number;
  close(): void;
}

const windowBytes = 1 << 20;

/**
 * Opens the ledger in `directory`. COCO_CLI_LEDGER when there is none, COCO_CLI_LEDGER_READ when the operating system
 * refuses, then or while the files are read.
 */
export function openLedgerDirectory(directory: string): LedgerDirectory {
  const reader = new WindowReader();
  const files = chunkNames(directory).map((name) => chunkSource(path.join(directory, name), reader));
  return {
    directory,
    files,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    close: () => reader.close(),
  };
}

function chunkNames(directory: string): readonly string[] {
  if (!existsSync(directory)) throw noLedger(directory, `there is no directory ${directory}`);
  if (!statSync(directory).isDirectory()) {
    throw noLedger(directory, `${directory} is a file; give the directory that holds the ledger's files`);
  }
  const found = reading(directory, () => readdirSync(directory)).flatMap((file) => {
    const name = parseChunkName(file);
    return name === undefined || name.ignored ? [] : [{ file, start: name.start }];
  });
  if (found.length === 0) {
    const sentence = `${directory} holds no files of a ledger (ledger_1-…)`;
    throw noLedger(directory, `${sentence}${hint(directory)}`);
  }
  return found.toSorted((a, b) => a.start - b.start).map(({ file }) => file);
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
