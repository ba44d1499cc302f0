/**
 * Third law: a room imports only rooms on lower floors, through their index, and itself by relative paths. Tests, and what is
 * offered for testing, may also use what a room on a lower floor offers for testing, as it was built.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from '../files.mjs';
import { rooms } from './rooms.mjs';
import { importsOf, isTesting, sources } from './source.mjs';

export function checkFloors() {
  const byName = new Map(rooms.map((room) => [manifest(room.path).name, room]));
  const complaints = rooms.flatMap((room) =>
    sources(room.path, { tests: true }).flatMap((file) =>
      importsOf(file).flatMap((found) => judge(room, file, found, byName)),
    ),
  );
  const known = new Set(rooms.map((room) => room.path));
  for (const parent of ['packages', 'adapters', 'apps']) {
    for (const file of globSync(parent, (name) => /^[^/]+\/[^/]+\/package\.json$/.test(name))) {
      const folder = path.dirname(file);
      if (!known.has(folder)) complaints.push(`${folder} is not in scripts/tidy/rooms.mjs`);
    }
  }
  return complaints;
}

function judge(room, file, { specifier, line }, byName) {
  const at = `${file}:${line}`;
  if (specifier.startsWith('.')) {
    const target = path.normalize(path.join(path.dirname(file), specifier));
    if (target.startsWith(`${room.path}/src/`) || testingBelow(target, room, file)) return [];
    return [`${at} reaches out of its room: ${specifier}`];
  }
  if (!specifier.startsWith('@coco/')) return [];
  const target = byName.get(specifier);
  if (target === undefined)
    return testingOf(specifier, room) ? [] : [`${at} imports past an index: ${specifier}`];
  if (target.floor >= room.floor)
    return [`${at} floor ${room.floor} imports floor ${target.floor}: ${specifier}`];
  const declared = manifest(room.path).dependencies ?? {};
  return specifier in declared ? [] : [`${at} ${specifier} is not in ${room.path}/package.json`];
}

function manifest(folder) {
  const file = `${folder}/package.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** True when a test reaches for what a room on a lower floor offers for testing. */
function testingBelow(target, room, file) {
  const owner = rooms.find(({ path }) => target.startsWith(`${path}/dist/testing/`));
  return owner !== undefined && owner.floor < room.floor && (file.endsWith('.test.ts') || isTesting(file));
}

/** Tests and benchmarks may use what a room offers for testing. */
function testingOf(specifier, room) {
  return specifier.endsWith('/testing') && room.floor === 7;
}
