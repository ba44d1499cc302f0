/**
 * Paths and npm scripts named in the documents exist.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from '../files.mjs';

const roots = /^(packages|adapters|apps|sim|bench|test|docs|scripts|\.ci)\//;

export function checkDocs() {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  return globSync('.', (name) => name.endsWith('.md')).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const at = (index) => `${file.replace(/^\.\//, '')}:${text.slice(0, index).split('\n').length}`;
    const complaints = [];
    for (const match of text.matchAll(/`([^`\n]+)`/g)) {
      if (
        roots.test(match[1]) &&
        /^[\w./-]+$/.test(match[1]) &&
        !match[1].includes('/dist/') &&
        !existsSync(match[1])
      ) {
        complaints.push(`${at(match.index)} names ${match[1]}, which does not exist`);
      }
    }
    for (const match of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (!/^[a-z]+:/.test(match[1]) && !existsSync(path.join(path.dirname(file), match[1]))) {
        complaints.push(`${at(match.index)} links to ${match[1]}, which does not exist`);
      }
    }
    for (const match of text.matchAll(/npm run ([\w:-]+)/g)) {
      if (!(match[1] in scripts))
        complaints.push(`${at(match.index)} names npm run ${match[1]}, which does not exist`);
    }
    return complaints;
  });
}
