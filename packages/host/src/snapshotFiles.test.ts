import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '@coco/crypto';
import { fromUtf8, toHex } from '@coco/primitives';
import { readBytes, type Test, temporaryDirectory } from './entries.test.js';
import { openSnapshotFiles, type SnapshotFiles, type SnapshotFilesOptions } from './snapshotFiles.js';
import { putSnapshots, testHistory } from './snapshots.test.js';

const { snapshots } = testHistory(60, [10, 20, 30, 40]);

interface Opened {
  readonly files: SnapshotFiles;
  readonly directory: string;
  readonly warnings: string[];
}

function opened(t: Test, options: Partial<SnapshotFilesOptions> = {}): Opened {
  const directory = options.directory ?? temporaryDirectory(t);
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) };
  return { files: openSnapshotFiles({ directory, keep: 2, log, ...options }), directory, warnings };
}

test("a snapshot gets CCF's name once it is whole, with its receipt behind it", async (t) => {
  const { files, directory } = opened(t);
  const [first] = snapshots;
  assert.ok(first !== undefined);
  const [write, commit] = first.effects;
  assert.ok(write?.type === 'write' && commit !== undefined);
  files.carryOut([write]);
  await files.settled();
  assert.deepEqual(files.list(), []);
  files.carryOut([commit]);
  await files.settled();
  assert.deepEqual(readdirSync(directory), [first.name]);
  assert.deepEqual(readBytes(join(directory, first.name)), first.bytes);
  const [file] = files.list();
  assert.ok(file !== undefined);
  assert.deepEqual([file.seqno, file.size], [first.seqno, first.bytes.length]);
  assert.equal(files.digest(file), toHex(sha256(write.bytes)));
});

test('so many are kept as the setting says, and the one that the ledger goes on from', async (t) => {
  const { files, directory } = opened(t, { needed: () => snapshots[0]?.seqno ?? 0 });
  for (const { effects } of snapshots) files.carryOut(effects);
  await files.settled();
  const kept = [snapshots[0], ...snapshots.slice(-2)].map((one) => one?.name ?? '');
  assert.deepEqual(readdirSync(directory).toSorted(), kept.toSorted());
  assert.deepEqual(
    files.list().map(({ name }) => name),
    kept.toReversed(),
  );
});

test('what was given up, or cut short by a crash, is gone', async (t) => {
  const { files, directory } = opened(t);
  const [first, second] = snapshots;
  assert.ok(first !== undefined && second !== undefined);
  files.carryOut([
    first.effects[0] as never,
    { type: 'discard', seqno: first.seqno },
    second.effects[0] as never,
  ]);
  await files.settled();
  assert.deepEqual(readdirSync(directory), [`snapshot_${second.seqno}.writing`]);
  opened(t, { directory });
  assert.deepEqual(readdirSync(directory), []);
});

test('a disk that refuses costs the snapshot and nothing else', async (t) => {
  const { files, directory, warnings } = opened(t);
  const [first, second] = snapshots;
  files.carryOut([...(first?.effects.slice(1) ?? []), ...(second?.effects ?? [])]);
  await files.settled();
  assert.equal(warnings.length, 1);
  assert.deepEqual(readdirSync(directory), [second?.name]);
});

test('only names of whole snapshots are listed or found', (t) => {
  const { files, directory } = opened(t);
  putSnapshots(directory, snapshots.slice(0, 1));
  for (const name of [
    'snapshot_5_7',
    'snapshot_5_7.committed.part',
    'snapshot_9_7.committed',
    'ledger_1',
    '..',
  ]) {
    if (name !== '..') writeFileSync(join(directory, name), 'x');
    assert.equal(files.find(name), undefined);
  }
  assert.equal(files.find('../../etc/passwd'), undefined);
  assert.equal(files.list().length, 1);
});

test('a file without a receipt states no digest', (t) => {
  const { files, directory } = opened(t);
  for (const [index, text] of ['', 'short', '\u0001\u0000'.repeat(40)].entries()) {
    writeFileSync(join(directory, `snapshot_${index + 1}_99.committed`), text);
  }
  assert.deepEqual(
    files.list().map((file) => files.digest(file)),
    ['', '', ''],
  );
  assert.equal(fromUtf8(new Uint8Array()), '');
});
