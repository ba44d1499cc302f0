import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const dist = new URL('../dist/', import.meta.url);
const source = new URL('../src/', import.meta.url);

test('only provider.ts imports node:crypto', () => {
  const importing = readdirSync(source)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => /from '(node:)?crypto'/.test(readFileSync(new URL(name, source), 'utf8')));
  assert.deepEqual(importing, ['provider.ts']);
});

test('nothing that index.d.ts reaches mentions a platform type: pure rooms compile against it', () => {
  const waiting = ['index.d.ts'];
  const seen = new Set(waiting);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const text = readFileSync(new URL(name, dist), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    assert.doesNotMatch(text, /node:|Buffer\b(?!Like)|KeyObject|X509Certificate|reference types|cbor2/, name);
    for (const [, file] of text.matchAll(/from '\.\/([\w-]+)\.js'/g)) {
      const next = `${file}.d.ts`;
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  assert.ok(seen.has('types.d.ts') && !seen.has('provider.d.ts'));
});
