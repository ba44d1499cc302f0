import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { openVirtualSealer } from '../virtualSealer.js';
import { openBodyFiles } from './bodyFiles.js';

const digest = 'd1'.repeat(32);
const data = { salt: new Uint8Array(32).fill(7), body: utf8('marker-7f3a9c') };

async function opener(context: TestContext) {
  const home = mkdtempSync(path.join(tmpdir(), 'coco-bodies-'));
  context.after(() => rmSync(home, { recursive: true }));
  const sealer = await openVirtualSealer(path.join(home, 'key'));
  const directory = path.join(home, 'data');
  const open = (bytesMax = 2 ** 20) => openBodyFiles({ directory, sealer, bytesMax, nowMs: () => 1e15 });
  return { directory, open };
}

test('CONF-1: a body is sealed before it is written, for its digest alone, and readable by nobody else', async (context) => {
  const { directory, open } = await opener(context);
  const files = await open();
  assert.ok(await files.write(digest, data));
  const file = path.join(directory, `${digest}.sealed`);
  assert.ok(!readFileSync(file).includes('marker'));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(await (await open()).read(digest), data, 'after a restart');
  const other = 'd2'.repeat(32);
  writeFileSync(path.join(directory, `${other}.sealed`), readFileSync(file));
  assert.equal(await (await open()).read(other), undefined);
  assert.deepEqual(readdirSync(directory), [`${digest}.sealed`]);
});

test('what a crash left of a write is removed; what is not the node’s own is left alone', async (context) => {
  const { directory, open } = await opener(context);
  await open();
  for (const name of [`${digest}.new`, 'notes.txt', 'x.sealed'])
    writeFileSync(path.join(directory, name), 'x');
  const files = await open();
  assert.deepEqual(readdirSync(directory).toSorted(), ['notes.txt', 'x.sealed']);
  assert.equal(files.held.size, 0);
  writeFileSync(path.join(directory, `${digest}.sealed`), 'no envelope');
  await files.look();
  assert.ok(files.has(digest));
  assert.equal(await files.read(digest), undefined);
  assert.ok(!files.has(digest));
});

test('all files together stay within what the settings allow', async (context) => {
  const { open } = await opener(context);
  const files = await open(16_384);
  const writes = await Promise.all([1, 2, 3, 4, 5].map((at) => files.write(`d${at}`.repeat(32), data)));
  assert.deepEqual(writes, [true, true, true, true, false]);
  assert.equal(files.bytes, 16_384);
  await files.remove('d1'.repeat(32));
  assert.ok(await files.write('d5'.repeat(32), data));
});
