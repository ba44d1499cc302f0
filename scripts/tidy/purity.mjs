/**
 * First law: the pure rooms compile without the platform's types, so that a timer or a socket is a compile error
 * (proved by a file that must fail on every line), and they name no clock and no randomness.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rooms } from './rooms.mjs';
import { codeOnly, importsOf, sources } from './source.mjs';

const banned = /\b(Date|Math\.random|performance|globalThis|eval|Function\()/g;

export function checkPurity() {
  const complaints = impureFileFails();
  for (const room of rooms.filter(({ pure }) => pure)) {
    const { compilerOptions } = JSON.parse(readFileSync(`${room.path}/tsconfig.json`, 'utf8'));
    if (compilerOptions.types !== undefined || compilerOptions.lib !== undefined) {
      complaints.push(`${room.path}/tsconfig.json widens types or lib`);
    }
    for (const file of sources(room.path)) {
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
    sources(path).flatMap((file) =>
      file === 'packages/crypto/src/provider.ts'
        ? []
        : importsOf(file)
            .filter(({ specifier }) => specifier === 'node:crypto')
            .map(({ line }) => `${file}:${line} imports node:crypto; only the crypto room's provider may`),
    ),
  );
}
