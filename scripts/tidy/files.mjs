/**
 * Small files, small functions (the linter counts those), names that say something, one barrel a room.
 */
import { existsSync, readFileSync } from 'node:fs';
import { globSync } from '../files.mjs';
import { rooms } from './rooms.mjs';
import { sources } from './source.mjs';

const linesMax = 400;
const vague = /(^|\/)(utils?|common|helpers?|misc|shared|lib)(\/|\.ts$)/;

export function checkFiles() {
  const complaints = rooms.flatMap(({ path }) => [
    ...(existsSync(`${path}/README.md`) ? [] : [`${path} has no README.md`]),
    ...sources(path, { tests: true }).flatMap(judge),
  ]);
  for (const file of globSync('scripts', (name) => name.endsWith('.mjs'))) complaints.push(...judge(file));
  return complaints;
}

function judge(file) {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').length - 1;
  const complaints = [];
  if (lines > linesMax) complaints.push(`${file} has ${lines} lines, ${linesMax} are allowed`);
  if (vague.test(file)) complaints.push(`${file} has a name that says nothing`);
  if (
    !file.endsWith('index.ts') &&
    !file.endsWith('.test.ts') &&
    !text.startsWith('/**') &&
    !text.startsWith('#!')
  ) {
    complaints.push(`${file} does not say why it is here (head comment)`);
  }
  if (!file.endsWith('/index.ts') && /^export \* from/m.test(text)) complaints.push(`${file} is a barrel`);
  if (/^export default/m.test(text)) complaints.push(`${file} has a default export`);
  return complaints;
}
