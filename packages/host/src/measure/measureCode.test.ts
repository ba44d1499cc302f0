import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type CodeMeasurement, measureCode } from './measureCode.js';

const root = new URL('../../../..', import.meta.url).pathname;

/** A small installation: two rooms, an adapter, dependencies for production and for development. */
function installation(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'coco-measure-'));
  const files: Record<string, string> = {
    'package-lock.json': JSON.stringify({
      packages: {
        '': {},
        'apps/cli': { name: '@coco/cli', dependencies: { '@coco/host': '1', one: '1' } },
        'packages/host': { name: '@coco/host', dependencies: { two: '1' } },
        'packages/sandbox': { name: '@coco/sandbox', dependencies: { engine: '1' } },
        'adapters/cards': { name: '@coco/cards', dependencies: { '@coco/sandbox': '1' } },
        'node_modules/@coco/cards': { link: true, resolved: 'adapters/cards' },
        'node_modules/@coco/host': { link: true, resolved: 'packages/host' },
        'node_modules/@coco/sandbox': { link: true, resolved: 'packages/sandbox' },
        'node_modules/one': { dependencies: { two: '2' } },
        'node_modules/one/node_modules/two': {},
        'node_modules/two': { optionalDependencies: { absent: '1' }, peerDependenciesMeta: { friend: {} } },
        'node_modules/absent': { optional: true },
        'node_modules/engine': {},
        'node_modules/friend': {},
        'node_modules/compiler': { dev: true },
      },
    }),
    'apps/cli/package.json': '{"name":"@coco/cli"}',
    'apps/cli/dist/main.js': 'main',
    'packages/host/package.json': '{"name":"@coco/host"}',
    'packages/host/dist/index.js': 'index',
    'packages/sandbox/dist/index.js': 'sandbox',
    'packages/governance/constitution/apply.js': 'not reached by the lockfile',
    'adapters/cards/dist/index.js': 'cards',
    'node_modules/one/index.js': 'one',
    'node_modules/one/node_modules/two/index.js': 'two for one',
    'node_modules/two/index.js': 'two',
    'node_modules/engine/engine.wasm': 'wasm',
    'node_modules/friend/index.js': 'friend',
    'node_modules/compiler/index.js': 'compiler',
  };
  for (const [name, text] of Object.entries(files)) put(folder, name, text);
  mkdirSync(path.join(folder, 'node_modules/@coco'), { recursive: true });
  for (const [name, place] of [
    ['cards', 'adapters/cards'],
    ['host', 'packages/host'],
    ['sandbox', 'packages/sandbox'],
  ]) {
    symlinkSync(`../../${place}`, path.join(folder, `node_modules/@coco/${name}`));
  }
  return folder;
}

function put(folder: string, name: string, text: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function pathsOf(measurement: CodeMeasurement, component: string): readonly string[] {
  return measurement.components.find(({ name }) => name === component)?.files.map((file) => file.path) ?? [];
}

async function refusedWith(code: string, reason: RegExp, measuring: Promise<unknown>): Promise<void> {
  await assert.rejects(measuring, (error: Error & { code?: string }) => {
    assert.equal(error.code, code);
    assert.match(error.message, reason);
    return true;
  });
}

test('two installations of the same code in different folders measure the same; times and what cannot run do not count', async () => {
  const [one, other] = [installation(), installation()];
  const before = await measureCode({ root: one });
  assert.deepEqual(await measureCode({ root: other }), before);
  utimesSync(path.join(other, 'apps/cli/dist/main.js'), 0, 0);
  for (const name of [
    'apps/cli/src/main.ts',
    'apps/cli/tsconfig.json',
    'apps/cli/dist/src.tsbuildinfo',
    'apps/cli/dist/main.js.map',
    'apps/cli/dist/main.d.ts',
    'apps/cli/dist/main.test.js',
    'packages/host/README.md',
    'node_modules/one/index.d.mts',
    'node_modules/.cache/anything.js',
    'node_modules/.package-lock.json',
    'node_modules/compiler/more.js',
    'docs/anything.md',
  ]) {
    put(other, name, other);
  }
  mkdirSync(path.join(other, 'node_modules/.bin'));
  symlinkSync('../one/index.js', path.join(other, 'node_modules/.bin/one'));
  assert.deepEqual(await measureCode({ root: other }), before);
  for (const folder of [one, other]) rmSync(folder, { recursive: true });
});

test('everything that runs is in it: components, adapters, their dependencies, and nothing for development', async () => {
  const folder = installation();
  const measured = await measureCode({ root: folder });
  assert.deepEqual(
    measured.components.map(({ name }) => name),
    ['adapters', 'dependencies', 'framework', 'lockfile', 'runtime', 'sandbox'],
  );
  assert.deepEqual(pathsOf(measured, 'runtime'), [`node ${process.version}`]);
  assert.deepEqual(pathsOf(measured, 'dependencies'), [
    'node_modules/friend/index.js',
    'node_modules/one/index.js',
    'node_modules/one/node_modules/two/index.js',
    'node_modules/two/index.js',
  ]);
  assert.deepEqual(pathsOf(measured, 'sandbox'), ['node_modules/engine/engine.wasm']);
  const everything = measured.components.flatMap(({ files }) => files.map((file) => file.path)).slice(1);
  for (const name of everything.filter((one) => !one.startsWith('node '))) {
    const [file, aside] = [path.join(folder, name), path.join(folder, 'docs-aside')];
    const kept = readFileSync(file);
    writeFileSync(file, name === 'package-lock.json' ? `${kept} ` : 'changed');
    assert.notEqual((await measureCode({ root: folder })).tree, measured.tree, name);
    writeFileSync(file, kept);
    if (name === 'package-lock.json') continue;
    renameSync(file, aside);
    assert.notEqual((await measureCode({ root: folder })).tree, measured.tree, `without ${name}`);
    renameSync(aside, file);
  }
  assert.equal((await measureCode({ root: folder })).tree, measured.tree);
  rmSync(folder, { recursive: true });
});

test('the digest is the format of the head comment, byte for byte', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'coco-measure-'));
  put(folder, 'package-lock.json', '{"packages":{"apps/cli":{}}}');
  put(folder, 'apps/cli/dist/main.js', 'main');
  const { components } = await measureCode({ root: folder });
  // Calculated apart from this code: SHA-256 over CBOR written by hand.
  assert.equal(
    components.find(({ name }) => name === 'framework')?.digest,
    '8b4cd69cc5f90c6e46b4921af5e709ffc809e3646d5029257daf993676527017',
  );
  rmSync(folder, { recursive: true });
});

test('packages that the lockfile does not know, and links that lead elsewhere, are refused', async () => {
  const folder = installation();
  const measuring = () => measureCode({ root: folder });
  const unlisted = [
    'node_modules/supports-color/index.js',
    'node_modules/@coco/new/index.js',
    'packages/host/node_modules/two/index.js',
    'packages/node_modules/two/index.js',
    'node_modules/two/node_modules/ms/index.js',
  ];
  for (const name of unlisted) {
    put(folder, name, 'shadow');
    await refusedWith('COCO_MEASURE_INSTALLATION', /is not in package-lock\.json/, measuring());
    rmSync(path.join(folder, path.dirname(name)), { recursive: true });
  }
  rmSync(path.join(folder, 'packages/node_modules'), { recursive: true });
  const link = path.join(folder, 'node_modules/@coco/host');
  rmSync(link);
  symlinkSync('../../packages/sandbox', link);
  await refusedWith(
    'COCO_MEASURE_INSTALLATION',
    /leads to .*packages\/sandbox, not to packages\/host/,
    measuring(),
  );
  rmSync(link);
  symlinkSync('../../packages/host', link);
  rmSync(path.join(folder, 'node_modules/one'), { recursive: true });
  await refusedWith('COCO_MEASURE_INSTALLATION', /node_modules\/one is missing/, measuring());
  rmSync(path.join(folder, 'package-lock.json'));
  await refusedWith('COCO_MEASURE_INSTALLATION', /package-lock\.json cannot be used/, measuring());
  rmSync(folder, { recursive: true });
});

test('links, and files of unexpected kinds, are refused by name', async () => {
  const folder = installation();
  const strange = path.join(folder, 'packages/host/dist/linked.js');
  symlinkSync('/etc/passwd', strange);
  await refusedWith('COCO_MEASURE_FILE', /linked\.js: it is a symbolic link/, measureCode({ root: folder }));
  rmSync(strange);
  await refusedWith(
    'COCO_MEASURE_FILE',
    /null: it is a device/,
    measureCode({ root: folder, apps: ['/dev/null'] }),
  );
  await refusedWith(
    'COCO_MEASURE_FILE',
    /there is no /,
    measureCode({ root: folder, apps: [`${folder}/none`] }),
  );
  rmSync(folder, { recursive: true });
});

test('app bundles and configured modules outside of the installation are measured, wherever they are', async () => {
  const folder = installation();
  const plain = await measureCode({ root: folder });
  const digests = new Set([plain.tree]);
  for (const place of ['a', 'b/c']) {
    put(folder, `${place}/cards/app.json`, '{}');
    put(folder, `${place}/cards/readme.md`, 'served as it is');
    const app = path.join(folder, place, 'cards');
    const measured = await measureCode({ root: folder, apps: [app] });
    assert.deepEqual(pathsOf(measured, 'app cards'), ['app.json', 'readme.md']);
    digests.add(measured.tree);
    await refusedWith('COCO_MEASURE_FILE', /two things/, measureCode({ root: folder, apps: [app, app] }));
  }
  assert.equal(digests.size, 2);
  put(folder, 'elsewhere/adapter.js', 'adapter');
  put(folder, 'elsewhere/node_modules/part/part.js', 'part');
  const module = pathToFileURL(path.join(folder, 'elsewhere/adapter.js')).href;
  const inside = pathToFileURL(path.join(folder, 'adapters/cards/dist/index.js')).href;
  const measured = await measureCode({ root: folder, modules: [module, inside, '@coco/cards'] });
  assert.deepEqual(pathsOf(measured, 'module adapter.js'), ['adapter.js', 'node_modules/part/part.js']);
  assert.equal(measured.components.length, plain.components.length + 1);
  assert.deepEqual(await measureCode({ root: folder, modules: [module, module] }), measured);
  put(folder, 'another/adapter.js', 'adapter');
  const sameName = pathToFileURL(path.join(folder, 'another/adapter.js')).href;
  await refusedWith(
    'COCO_MEASURE_FILE',
    /two things/,
    measureCode({ root: folder, modules: [module, sameName] }),
  );
  const gone = pathToFileURL(path.join(folder, 'gone.js')).href;
  await refusedWith('COCO_MEASURE_FILE', /there is no/, measureCode({ root: folder, modules: [gone] }));
  for (const unknown of ['data:text/javascript,1', 'fs', 'compiler']) {
    await refusedWith(
      'COCO_MEASURE_INSTALLATION',
      /cannot be measured/,
      measureCode({ root: folder, modules: [unknown] }),
    );
  }
  rmSync(folder, { recursive: true });
});

test('nothing that is measured here imports a file of ours that is not', async () => {
  const { components } = await measureCode({ root });
  const measured = new Set(components.flatMap(({ files }) => files.map((file) => file.path)));
  const ours = [...measured].filter((name) => /^(?:packages|apps|adapters)\/.*\.[cm]?js$/.test(name));
  assert.ok(
    ours.length > 300 && measured.has('packages/host/dist/index.js') && measured.has('apps/cli/bin/coco.mjs'),
  );
  assert.ok([...measured].some((name) => name.endsWith('.wasm')));
  assert.ok(measured.has('packages/governance/constitution/apply.js'));
  for (const name of ours) {
    const text = readFileSync(path.join(root, name), 'utf8');
    for (const [, specifier = ''] of text.matchAll(
      /(?:\bfrom|\bimport|new URL)\s*\(?\s*'(\.[^']+\.[cm]?js)'/g,
    )) {
      const file = path.posix.join(path.posix.dirname(name), specifier);
      assert.ok(measured.has(file), `${name} imports ${specifier}`);
    }
  }
});

test('a starting node is not held up: the installation is measured while the process does other things', async () => {
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  const measured = await measureCode({ root, binary: true });
  clearInterval(counting);
  assert.ok(turns > 5, `${turns} turns`);
  assert.match(measured.treeAndNode ?? '', /^[0-9a-f]{64}$/);
  assert.notEqual(measured.treeAndNode, measured.tree);
  assert.ok((measured.node.binary?.length ?? 0) > 1_000_000);
  assert.equal((await measureCode({ root })).tree, measured.tree);
});
