/**
 * The files of the project below a folder, in a fixed order, leaving out what is installed.
 */
import { existsSync, readdirSync } from 'node:fs';

/** Paths below `folder` for which `wanted(path)` holds; node_modules and hidden folders are not entered. */
export function globSync(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((item) => {
      const path = `${folder}/${item.name}`;
      if (item.isDirectory()) {
        return item.name === 'node_modules' || item.name.startsWith('.') ? [] : globSync(path, wanted);
      }
      return wanted(path) ? [path] : [];
    });
}
