/**
 * Measures what runs: a digest over the framework, the adapters, the constitution's scripts, the engine that runs them, the
 * installed dependencies, the lockfile, app bundles, and the version of Node.js. Two builds of the same sources give the same
 * digest, wherever they are: it has no absolute path, time, mode or owner in it, and what cannot run is left out
 * (measuredFiles.ts says what that is). What may run and is not accounted for by the lockfile is refused (closure.ts).
 *
 *   file        = [path, length, SHA-256]         path relative to the installation, "/" between its parts, ascending by bytes
 *   component   = SHA-256(det-CBOR(["coco.measure.component.v1", name, [file, …]]))
 *   tree        = SHA-256(det-CBOR(["coco.measure.tree.v1", [[name, component], …]]))      ascending by name
 *   treeAndNode = SHA-256(det-CBOR(["coco.measure.node.v1", tree, length, SHA-256 of the Node.js binary]))
 *
 * `tree` is what members compare and approve. It names the version of Node.js (the component "runtime" is the file
 * ["node vX.Y.Z", 0, SHA-256("")]) and not its binary, which differs between processors and distributions. On hardware the
 * launch measurement covers the binary with everything else; `treeAndNode` is there to compare like with like.
 *
 * A process that measures itself proves nothing: docs/attestation-recipes.md says what enforces the digest on each platform.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { CocoError } from '@coco/primitives';
import { type Closure, readClosure } from './closure.js';
import { hashFile } from './hashFile.js';
import { canRun, type FileToMeasure, filesBelow, packageFiles } from './measuredFiles.js';
import { componentOf, type MeasuredComponent, treeAndNodeOf, treeOf } from './treeDigest.js';

export interface CodeMeasurement {
  /** Lower-case hex, 32 bytes: what counts. */
  readonly tree: string;
  /** Lower-case hex, 32 bytes: with the Node.js binary, when that was asked for. */
  readonly treeAndNode?: string;
  /** Ascending by name. */
  readonly components: readonly MeasuredComponent[];
  readonly node: {
    readonly version: string;
    readonly binary?: { readonly length: number; readonly sha256: string };
  };
}

export interface MeasureOptions {
  /** The installation: the folder with package-lock.json. Default: the one that this code is from. */
  readonly root?: string;
  /** App bundles, and whatever else shall be measured: files or folders. Their base names must differ. */
  readonly apps?: readonly string[];
  /** Modules that the configuration names (`adapters[].module`): those outside of the installation are measured too. */
  readonly modules?: readonly string[];
  /** Also the binary of Node.js, which takes a while. Default false. */
  readonly binary?: boolean;
}

/** COCO_MEASURE_INSTALLATION when something is missing or more than the lockfile says, COCO_MEASURE_FILE for a file of a strange kind. */
export async function measureCode(options: MeasureOptions = {}): Promise<CodeMeasurement> {
  const root = await realpath(options.root ?? thisInstallation());
  const closure = await readClosure(root);
  const wanted = await installationFiles(root, closure);
  const covered = new Set([...wanted.values()].flat().map(({ file }) => file));
  for (const app of options.apps ?? []) {
    const named = `app ${path.basename(path.resolve(app))}`;
    if (wanted.has(named)) throw twice(named);
    wanted.set(named, await filesBelow(await realFile(app), '', () => true));
  }
  for (const module of new Set(options.modules)) {
    if (closure.names.has(module)) continue;
    const file = await realFile(moduleFile(module));
    if (covered.has(file)) continue;
    const named = `module ${path.basename(file)}`;
    if (wanted.has(named)) throw twice(named);
    wanted.set(named, await filesBelow(path.dirname(file), '', canRun));
  }
  const components = [
    componentOf('runtime', [{ path: `node ${process.version}`, length: 0, sha256: emptySha256 }]),
  ];
  for (const [name, files] of wanted) components.push(componentOf(name, await hashAll(files)));
  components.sort((a, b) => (a.name < b.name ? -1 : 1));
  const tree = treeOf(components);
  if (options.binary !== true) return { tree, components, node: { version: process.version } };
  const binary = await hashFile(await realpath(process.execPath));
  return {
    tree,
    treeAndNode: treeAndNodeOf(tree, binary),
    components,
    node: { version: process.version, binary },
  };
}

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** This file is packages/host/dist/measure/measureCode.js. */
function thisInstallation(): string {
  return fileURLToPath(new URL('../../../..', import.meta.url));
}

/** What to measure of the installation, by component. */
async function installationFiles(root: string, closure: Closure): Promise<Map<string, FileToMeasure[]>> {
  const wanted = new Map<string, FileToMeasure[]>();
  const add = (component: string, files: readonly FileToMeasure[]): void => {
    const there = wanted.get(component);
    if (there === undefined) wanted.set(component, [...files]);
    else there.push(...files);
  };
  add('lockfile', [{ path: 'package-lock.json', file: path.join(root, 'package-lock.json') }]);
  for (const { place, component, ours } of closure.packages) {
    for (const file of await packageFiles(root, place, ours)) {
      add(file.path.startsWith(constitutionScripts) ? 'constitution' : component, [file]);
    }
  }
  return wanted;
}

const constitutionScripts = 'packages/governance/constitution/';

async function realFile(name: string): Promise<string> {
  try {
    return await realpath(name);
  } catch {
    throw new CocoError('COCO_MEASURE_FILE', `there is no ${name} to measure`, { path: name });
  }
}

function moduleFile(module: string): string {
  if (module.startsWith('file:')) return fileURLToPath(module);
  throw new CocoError(
    'COCO_MEASURE_INSTALLATION',
    `the module ${module} is neither part of the installation nor a file: it cannot be measured`,
    { module },
  );
}

/** So many files are open at once: enough to keep the platform's threads busy. */
const openFilesMax = 16;

async function hashAll(
  files: readonly FileToMeasure[],
): Promise<{ path: string; length: number; sha256: string }[]> {
  const hashed: { path: string; length: number; sha256: string }[] = [];
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      hashed.push({ path: next.path, ...(await hashFile(next.file)) });
    }
  };
  await Promise.all(Array.from({ length: openFilesMax }, work));
  return hashed;
}

function twice(name: string): CocoError {
  return new CocoError('COCO_MEASURE_FILE', `two things to measure have the name "${name}"`, { name });
}
