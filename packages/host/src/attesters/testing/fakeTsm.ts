/**
 * A directory that behaves like configfs-tsm as far as ordinary files can: whoever makes an entry and writes an inblob finds a
 * report a little later. In a test `step` is called when time shall pass; `serve` does it for real processes.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

export interface FakeTsm {
  /** Answers what is there to be answered. */
  step(): void;
  /** Calls `step` again and again until the returned function is called. */
  serve(intervalMs?: number): () => void;
  readonly entries: () => readonly string[];
}

export interface FakeTsmAnswer {
  readonly provider: string;
  readonly outblob: Uint8Array;
  readonly auxblob?: Uint8Array;
  /** By how much the generation grows with it. Default 1. */
  readonly writes?: number;
}

/** `answer` gets the 64 bytes that were written; undefined: later. */
export function fakeTsm(
  directory: string,
  answer: (inblob: Uint8Array) => FakeTsmAnswer | undefined,
): FakeTsm {
  mkdirSync(directory, { recursive: true });
  const entries = (): string[] => readdirSync(directory);
  const step = (): void => {
    for (const entry of entries()) serveEntry(path.join(directory, entry), answer);
  };
  return {
    step,
    entries,
    serve(intervalMs = 5) {
      const timer = setInterval(step, intervalMs);
      return () => clearInterval(timer);
    },
  };
}

const done = 'answered';

function serveEntry(entry: string, answer: (inblob: Uint8Array) => FakeTsmAnswer | undefined): void {
  const at = (name: string): string => path.join(entry, name);
  // Nobody sees half of a file: it appears under its name when it is whole.
  const put = (name: string, content: Uint8Array | string): void => {
    writeFileSync(`${entry}.${name}`, content);
    renameSync(`${entry}.${name}`, at(name));
  };
  if (!existsSync(at('generation'))) put('generation', '0\n');
  if (existsSync(at(done)) || !existsSync(at('inblob'))) return;
  const inblob = new Uint8Array(readFileSync(at('inblob')));
  const found = inblob.length === 64 ? answer(inblob) : undefined;
  if (found === undefined) return;
  put(done, '');
  put('generation', `${found.writes ?? 1}\n`);
  put('provider', `${found.provider}\n`);
  if (found.auxblob !== undefined) put('auxblob', found.auxblob);
  put('outblob', found.outblob);
}

/** Files are in the way of rmdir here, unlike in the kernel: removes what was left. */
export function emptyFakeTsm(directory: string): void {
  for (const entry of readdirSync(directory)) {
    const at = path.join(directory, entry);
    for (const name of readdirSync(at)) unlinkSync(path.join(at, name));
    rmSync(at, { recursive: true });
  }
}
