/**
 * The chunk files that a node has: those of its own ledger, and those of older parts of it that it fetched from others, in
 * `fetched` beneath them. Judged by their names alone; what is in them is looked at by who opens them.
 *
 *     <ledger>/ledger_…                        its own
 *     <ledger>/fetched/ledger_….committed      fetched, and found to be part of the ledger when they were
 *     <ledger>/fetched/ledger_….committed.part being downloaded
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ChunkName, parseChunkName } from '@coco/ledger';
import type { Seqno } from '@coco/primitives';
import { onDiskSync, syncDirectory } from '../disk.js';

export interface ChunkPlace {
  /** Of the file, without its directory. */
  readonly file: string;
  readonly path: string;
  readonly name: ChunkName;
  readonly fetched: boolean;
}

export interface ChunkPlacesOptions {
  /** The ledger's. */
  readonly directory: string;
  /** How many bytes of fetched files are kept; those that were fetched first go first. */
  readonly fetchedBytesMax: number;
}

export class ChunkPlaces {
  readonly #own: string;
  readonly #fetched: string;
  readonly #fetchedBytesMax: number;

  constructor({ directory, fetchedBytesMax }: ChunkPlacesOptions) {
    this.#own = directory;
    this.#fetched = join(directory, 'fetched');
    this.#fetchedBytesMax = fetchedBytesMax;
  }

  /** The files in which the entry `seqno` is or may be, its own first. COCO_HOST_DISK. */
  of(seqno: Seqno): readonly ChunkPlace[] {
    const covers = ({ name: { start, end } }: ChunkPlace): boolean =>
      start <= seqno && (end === undefined || seqno <= end);
    return [...placesIn(this.#own, false), ...placesIn(this.#fetched, true)].filter(covers);
  }

  /** The complete and committed file of this name; `size` in bytes. */
  find(file: string): (ChunkPlace & { readonly size: number }) | undefined {
    const name = parseChunkName(file);
    if (name === undefined || !isGiven(name)) return undefined;
    const places = [
      { file, path: join(this.#own, file), name, fetched: false },
      { file, path: join(this.#fetched, file), name, fetched: true },
    ];
    const place = places.find(({ path }) => existsSync(path));
    return place && { ...place, size: statsOf(place.path).size };
  }

  /** Where to put what is being downloaded: from one node, since two may say different things. */
  part(file: string): string {
    return onDiskSync('make room for a chunk', this.#fetched, () => {
      mkdirSync(this.#fetched, { recursive: true, mode: 0o700 });
      for (const old of readdirSync(this.#fetched)) {
        if (old.endsWith('.part')) rmSync(join(this.#fetched, old));
      }
      return join(this.#fetched, `${file}.part`);
    });
  }

  /** Gives what was downloaded its name, and removes the oldest others when they are too much. */
  async keep(file: string): Promise<ChunkPlace> {
    const path = join(this.#fetched, file);
    onDiskSync('name a chunk', path, () => renameSync(`${path}.part`, path));
    await syncDirectory(this.#fetched);
    this.#makeRoom(path);
    return { file, path, name: parseChunkName(file) as ChunkName, fetched: true };
  }

  /** Removes a file. */
  remove(path: string): void {
    onDiskSync('remove a chunk', path, () => rmSync(path, { force: true }));
  }

  #makeRoom(newest: string): void {
    const files = placesIn(this.#fetched, true)
      .map(({ path }) => ({ path, ...statsOf(path) }))
      .toSorted((a, b) => Number(a.path === newest) - Number(b.path === newest) || a.atMs - b.atMs);
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files) {
      if (bytes <= this.#fetchedBytesMax || path === newest) return;
      this.remove(path);
      bytes -= size;
    }
  }
}

function statsOf(path: string): { readonly size: number; readonly atMs: number } {
  const stats = onDiskSync('look at a file', path, () => statSync(path, { throwIfNoEntry: false }));
  return { size: stats?.size ?? 0, atMs: stats?.mtimeMs ?? 0 };
}

/** Whether others may have it: nothing in it can be rolled back. */
function isGiven({ committed, recovery, ignored }: ChunkName): boolean {
  return committed && !recovery && !ignored;
}

function placesIn(directory: string, fetched: boolean): ChunkPlace[] {
  const files = onDiskSync('list a directory', directory, () =>
    existsSync(directory) ? readdirSync(directory) : [],
  );
  return files.flatMap((file) => {
    const name = parseChunkName(file);
    if (name === undefined || name.ignored || name.recovery || (fetched && !name.committed)) return [];
    return [{ file, path: join(directory, file), name, fetched }];
  });
}
