/**
 * What the `coco` command can load, by the lockfile: the packages of the framework, all adapters, and what they depend on,
 * without what is there for development. A package that Node.js would find and that the lockfile does not know is refused:
 * it could stand before one that was measured, or be loaded by one that looks whether it is there.
 */
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { CocoError } from '@coco/primitives';

/** Throws COCO_MEASURE_INSTALLATION. */
export async function readClosure(root: string): Promise<Closure> {
  const locked = await readLockfile(root);
  const adapters = [...locked.keys()].filter((place) => /^adapters\/[^/]+$/.test(place));
  const places = reach(locked, [composition, ...adapters]);
  const sandbox = new Set(reach(locked, ['packages/sandbox']));
  const packages: ClosurePackage[] = [];
  for (const place of places) {
    if (!(await isInstalled(root, place, locked))) continue;
    packages.push({ place, ours: !isDependency(place), component: componentOf(place, sandbox) });
  }
  await checkLinks(root, locked, places);
  await checkNothingElse(root, locked, places);
  return { packages, names: new Set(places.map((place) => nameOf(place, locked))) };
}

export interface Closure {
  readonly packages: readonly ClosurePackage[];
  /** As they are imported. */
  readonly names: ReadonlySet<string>;
}

export interface ClosurePackage {
  /** Relative to the installation, for example node_modules/ms or packages/host. */
  readonly place: string;
  readonly component: string;
  /** One of the framework's own. */
  readonly ours: boolean;
}

interface Locked {
  readonly name?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly dependencies?: object;
  readonly optionalDependencies?: object;
  readonly peerDependencies?: object;
  readonly peerDependenciesMeta?: object;
}

/** By place. */
type Lockfile = ReadonlyMap<string, Locked>;

/** What puts everything together, and so depends on all that runs. */
const composition = 'apps/cli';

async function readLockfile(root: string): Promise<Lockfile> {
  try {
    const { packages } = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8'));
    const locked = new Map(Object.entries(packages as Record<string, Locked>));
    if (!locked.has(composition)) throw new Error(`it does not name ${composition}`);
    return locked;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrong(root, `its package-lock.json cannot be used: ${reason}`);
  }
}

/** Everything that `roots` depend on, and themselves, ascending. */
function reach(locked: Lockfile, roots: readonly string[]): readonly string[] {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (reached.has(place)) continue;
    reached.add(place);
    const entry = locked.get(place) ?? {};
    // Optional ones too, and those that a package merely gets along with: what is there is loaded.
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = entry;
    const names = { ...dependencies, ...optionalDependencies, ...peerDependencies, ...peerDependenciesMeta };
    for (const name of Object.keys(names)) {
      const found = resolve(locked, place, name);
      if (found !== undefined) waiting.push(found);
    }
  }
  return [...reached].toSorted();
}

/** Where Node.js finds the package `name` from `place`: in the nearest node_modules above it. */
function resolve(locked: Lockfile, place: string, name: string): string | undefined {
  for (const folder of foldersUp(place)) {
    const at = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const entry = locked.get(at);
    if (entry !== undefined) return entry.link === true ? entry.resolved : at;
  }
  return undefined;
}

/** `place` and the folders above it that may have a node_modules, the installation's own ('') last. */
function foldersUp(place: string): readonly string[] {
  const parts = place.split('/');
  return [...parts.keys(), parts.length]
    .toReversed()
    .filter((count) => parts[count - 1] !== 'node_modules')
    .map((count) => parts.slice(0, count).join('/'));
}

async function isInstalled(root: string, place: string, locked: Lockfile): Promise<boolean> {
  const status = await lstat(path.join(root, place)).catch(() => undefined);
  if (status?.isDirectory() === true) return true;
  if (status === undefined && locked.get(place)?.optional === true) return false;
  throw wrong(root, `${place} is ${status === undefined ? 'missing' : 'no folder'}; install with npm ci`);
}

/** The links in node_modules lead to the very packages that are measured. */
async function checkLinks(root: string, locked: Lockfile, places: readonly string[]): Promise<void> {
  const measured = new Set(places);
  for (const [place, { link, resolved }] of locked) {
    if (link !== true || resolved === undefined || !measured.has(resolved)) continue;
    const leadsTo = await realpath(path.join(root, place)).catch(() => 'nothing');
    if (leadsTo !== path.join(root, resolved))
      throw wrong(root, `${place} leads to ${leadsTo}, not to ${resolved}`);
  }
}

/** In every node_modules that Node.js would look into from a measured package. */
async function checkNothingElse(root: string, locked: Lockfile, places: readonly string[]): Promise<void> {
  const folders = new Set(places.flatMap(foldersUp));
  for (const folder of folders) {
    const modules = folder === '' ? 'node_modules' : `${folder}/node_modules`;
    for (const name of await packagesIn(path.join(root, modules))) {
      const place = `${modules}/${name}`;
      if (!locked.has(place)) throw wrong(root, `${place} is not in package-lock.json; install with npm ci`);
    }
  }
}

async function packagesIn(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const scoped = names
    .filter((name) => name.startsWith('@'))
    .map(async (scope) => (await namesIn(path.join(folder, scope))).map((name) => `${scope}/${name}`));
  return [...names.filter((name) => !name.startsWith('@')), ...(await Promise.all(scoped)).flat()];
}

/** Without those that cannot be imported by name: npm's own .bin and .package-lock.json, caches. */
async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith('.'));
}

function isDependency(place: string): boolean {
  return place.startsWith('node_modules/') || place.includes('/node_modules/');
}

function componentOf(place: string, sandbox: ReadonlySet<string>): string {
  if (isDependency(place)) return sandbox.has(place) ? 'sandbox' : 'dependencies';
  return place.startsWith('adapters/') ? 'adapters' : 'framework';
}

function nameOf(place: string, locked: Lockfile): string {
  return locked.get(place)?.name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function wrong(root: string, what: string): CocoError {
  return new CocoError('COCO_MEASURE_INSTALLATION', `cannot measure the installation in ${root}: ${what}`, {
    root,
  });
}
