/**
 * Where the code of the worker is: what Node.js must be allowed to read so that the worker and its adapters can be loaded.
 */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Directories with all code that `modules` (URLs or package names) may load, and what Node.js looks up on the way. */
export function codeRoots(modules: readonly string[]): readonly string[] {
  return [...new Set(modules.flatMap(rootOf))].sort();
}

function rootOf(module: string): readonly string[] {
  let file: string;
  try {
    file = realpathSync(fileURLToPath(import.meta.resolve(module)));
  } catch {
    // It is missing: whoever loads it says so.
    return [];
  }
  // Packages are looked for in every folder above; the topmost that has some takes in all of them.
  let root = path.dirname(file);
  for (let folder = root; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'node_modules'))) root = folder;
  }
  return [root];
}
