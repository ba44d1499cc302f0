/**
 * `npm run errors`: gathers the tables under "## Errors" of the rooms' READMEs into docs/reference/errors.md. `npm run
 * tidy` says when the page and the code differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { rooms } from './tidy/rooms.mjs';

const rows = new Map();
for (const { path } of rooms) {
  const [, section = ''] = readFileSync(`${path}/README.md`, 'utf8').split('## Errors\n');
  for (const [, code, when, what] of section
    .split('\n## ')[0]
    .matchAll(/^\| `?(COCO_[A-Z0-9_]+)`?\s*\| (.*?)\s*\| (.*?)\s*\|$/gm)) {
    rows.set(code, `| \`${code}\` | ${when} | ${what} |`);
  }
}
const lines = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
const head = [
  '# Error codes',
  '',
  'Every failure that Coco tells somebody about has a code. Codes never change their meaning. Gathered from the rooms by',
  '`npm run errors`.',
  '',
  '| Code | When | What to do |',
  '|---|---|---|',
];
writeFileSync('docs/reference/errors.md', `${[...head, ...lines].join('\n')}\n`);
