/**
 * Source text as the checks want it.
 */
import { readFileSync } from 'node:fs';
import { globSync } from '../files.mjs';

/** TypeScript files of a room's src folder. */
export function sources(room, { tests = false } = {}) {
  return globSync(`${room}/src`, (path) => path.endsWith('.ts') && (tests || !path.endsWith('.test.ts')));
}

/** True of what a room offers for testing, to itself and to the tests of others. */
export function isTesting(file) {
  return file.includes('/src/testing/');
}

/** Module specifiers that a file imports or exports from, with line numbers. */
export function importsOf(path) {
  const found = [];
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;
  const text = readFileSync(path, 'utf8');
  for (const match of text.matchAll(pattern)) {
    found.push({ specifier: match[1], line: text.slice(0, match.index).split('\n').length });
  }
  return found;
}

/** The text with comments and the contents of strings blanked out, line breaks kept. */
export function codeOnly(text) {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (part) =>
    part.replace(/[^\n]/g, ' '),
  );
}
