/**
 * Which files of a package are measured: all but those that cannot run.
 *
 * Left out everywhere: source maps, declarations, texts (*.map, *.d.ts, *.md), what TypeScript remembers of its last build
 * (*.tsbuildinfo), and what lies in node_modules inside of the package, which are packages of their own.
 * Left out of our own packages besides: what is compiled and not run (src, tsconfig*.json), and tests (*.test.js; a test of this room
 * makes sure that nothing measured imports any of them).
 */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { CocoError } from '@coco/primitives';

export interface FileToMeasure {
  /** In the measurement. */
  readonly path: string;
  /** On disk. */
  readonly file: string;
}

/** The files of the package at `place` in the installation `root`; `ours` says whether it is one of the framework's. */
export async function packageFiles(root: string, place: string, ours: boolean): Promise<FileToMeasure[]> {
  const files = await filesBelow(path.join(root, place), place, isOfPackage);
  return ours ? files.filter((file) => !isLeftOutOfOurs(file.path.slice(place.length + 1))) : files;
}

/**
 * The file, or the files below the folder `at` for whose names (and those of their folders) `keep` is true. They are called
 * `name`/… or, if it is empty, by where they are in the folder.
 */
export async function filesBelow(
  at: string,
  name: string,
  keep: (name: string) => boolean,
): Promise<FileToMeasure[]> {
  const kind = await lstat(at).catch(() => undefined);
  if (kind?.isFile() === true) return [{ path: name === '' ? path.basename(at) : name, file: at }];
  if (kind?.isDirectory() !== true)
    throw strange(at, kind === undefined ? 'it does not exist' : kindOf(kind));
  const found: FileToMeasure[] = [];
  await walk(at, name, { found, keep });
  return found;
}

/** Of a package: its folder of packages is not its own. */
function isOfPackage(name: string): boolean {
  return name !== 'node_modules' && canRun(name);
}

/** Of code that is not a package of the installation: npm's links to commands are for shells. */
export function canRun(name: string): boolean {
  return name !== '.bin' && !cannotRun.test(name);
}

const cannotRun = /\.(?:map|d\.[cm]?ts|md|tsbuildinfo)$/;

/** Packages have far fewer; a folder with more was not meant. */
const filesMax = 100_000;

async function walk(folder: string, name: string, into: Walk): Promise<void> {
  const { found, keep } = into;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!keep(entry.name)) continue;
    const at = path.join(folder, entry.name);
    if (entry.name.includes('\ufffd')) throw strange(at, 'its name is not UTF-8');
    const inner = name === '' ? entry.name : `${name}/${entry.name}`;
    if (entry.isDirectory()) await walk(at, inner, into);
    else if (entry.isFile()) found.push({ path: inner, file: at });
    else throw strange(at, kindOf(entry));
    if (found.length > filesMax) throw strange(folder, `there are more than ${filesMax} files`);
  }
}

interface Walk {
  readonly found: FileToMeasure[];
  readonly keep: (name: string) => boolean;
}

function isLeftOutOfOurs(inPackage: string): boolean {
  return /^src\/|^tsconfig[^/]*\.json$|\.test\.js$/.test(inPackage);
}

interface Kind {
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function kindOf(kind: Kind): string {
  if (kind.isSymbolicLink()) return 'it is a symbolic link, and what it leads to may change';
  if (kind.isFIFO()) return 'it is a pipe';
  return kind.isSocket() ? 'it is a socket' : 'it is a device';
}

function strange(at: string, reason: string): CocoError {
  return new CocoError('COCO_MEASURE_FILE', `cannot measure ${at}: ${reason}`, { path: at });
}
