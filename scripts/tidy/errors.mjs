/**
 * Every error code in the code is documented in docs/reference/errors.md, and every documented one is in the code. What
 * stands behind `env:` is a variable of the environment.
 */
import { existsSync, readFileSync } from 'node:fs';
import { rooms } from './rooms.mjs';
import { sources } from './source.mjs';

const page = 'docs/reference/errors.md';

export function checkErrors() {
  const documented = new Set();
  if (existsSync(page)) {
    for (const match of readFileSync(page, 'utf8').matchAll(/^\| `(COCO_[A-Z0-9_]+)`/gm))
      documented.add(match[1]);
  }
  const complaints = [];
  const used = new Set();
  for (const { path } of rooms) {
    for (const file of sources(path)) {
      for (const match of readFileSync(file, 'utf8').matchAll(
        /(?<!env: )['"](COCO_[A-Z0-9]+_[A-Z0-9_]+)['"]/g,
      )) {
        if (!documented.has(match[1]) && !used.has(match[1]))
          complaints.push(`${file}: ${match[1]} is not in ${page}`);
        used.add(match[1]);
      }
    }
  }
  for (const code of documented)
    if (!used.has(code)) complaints.push(`${page}: ${code} is in no source file`);
  return complaints;
}
