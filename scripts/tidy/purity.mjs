/**
 * First law: the pure rooms compile without the platform's types, so that a timer or a socket is a compile error
 * (proved by a file that must fail on every line), and they name no clock and no randomness. What a room offers for
 * testing is held to the same, unless the room does not ship it: what its tsconfig.json leaves out compiles with the tests.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rooms } from './rooms.mjs';
import { codeOnly, importsOf, isTesting, sources } from './source.mjs';

const banned = /\b(?:(?:Date|Math\.random|performance|globalThis|eval)\b|Function\()/g;

export function checkPurity() {
  const complaints = impureFileFails();
  for (const room of rooms.filter(({ pure }) => pure)) {
    const { compilerOptions } = JSON.parse(readFileSync(`${room.path}/tsconfig.json`, 'utf8'));
    if (compilerOptions.types !== undefined || compilerOptions.lib !== undefined) {
      complaints.push(`${room.path}/tsconfig.json widens types or lib`);
    }
    for (const file of shipped(room.path)) {
      const code = codeOnly(readFileSync(file, 'utf8'));
      for (const match of code.matchAll(banned)) {
        complaints.push(`${file}:${code.slice(0, match.index).split('\n').length} uses ${match[0]}`);
      }
      for (const { specifier, line } of importsOf(file)) {
        if (specifier.startsWith('node:')) complaints.push(`${file}:${line} imports ${specifier}`);
      }
    }
  }
  return [...complaints, ...providerAlone()];
}

/** The sources that the room's tsconfig.json compiles. */
function shipped(room) {
  const { exclude = [] } = JSON.parse(readFileSync(`${room}/tsconfig.json`, 'utf8'));
  return sources(room).filter((file) => !(isTesting(file) && exclude.includes('src/testing/**')));
}

/** Every statement of the impure file must be refused by the compiler options of the pure rooms. */
function impureFileFails() {
  const file = 'scripts/tidy/impure/impure.ts';
  const { stdout } = spawnSync('node_modules/.bin/tsc', ['-p', 'scripts/tidy/impure/tsconfig.json'], {
    encoding: 'utf8',
  });
  const refused = new Set([...stdout.matchAll(/impure\.ts[(:](\d+)/g)].map((match) => Number(match[1])));
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, index) =>
      text.startsWith('export const') && !refused.has(index + 1)
        ? [`${file}:${index + 1} compiles: ${text}`]
        : [],
    );
}

/** node:crypto enters through one file. */
function providerAlone() {
  return rooms.flatMap(({ path }) =>
    shipped(path).flatMap((file) =>
      file === 'packages/crypto/src/provider.ts'
        ? []
        : importsOf(file)
            .filter(({ specifier }) => specifier === 'node:crypto')
            .map(({ line }) => `${file}:${line} imports node:crypto; only the crypto room's provider may`),
    ),
  );
}
