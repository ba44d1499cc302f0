import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { readTsmReport, type TsmReport } from './configfsTsm.js';
import { type FakeTsmAnswer, fakeTsm } from './testing/fakeTsm.js';
import { manualClock } from './testing/manualClock.js';

const reportData = new Uint8Array(64).fill(7);
const outblob = new Uint8Array(1184).fill(1);

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'coco-tsm-'));
}

/** A report out of a fake directory, whose answers come one step after another. */
async function reportFrom(
  directory: string,
  answer: (inblob: Uint8Array) => FakeTsmAnswer | undefined,
): Promise<TsmReport> {
  const fake = fakeTsm(directory, answer);
  return readTsmReport({ directory, reportData, timeoutMs: 1000 }, manualClock(0, fake.step));
}

async function refusal(
  work: Promise<unknown>,
): Promise<{ readonly code?: string; readonly message: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  return assert.fail('nothing was refused');
}

test('configfs-tsm: the report is for the 64 bytes that were written, and comes with its provider and certificates', async () => {
  const directory = folder();
  const seen: Uint8Array[] = [];
  const auxblob = new Uint8Array(24);
  const report = await reportFrom(directory, (inblob) => {
    seen.push(inblob);
    return { provider: 'sev_guest', outblob, auxblob };
  });
  assert.deepEqual(report, { provider: 'sev_guest', outblob, auxblob });
  assert.deepEqual(seen, [reportData]);
  rmSync(directory, { recursive: true });
});

test('configfs-tsm: a report that takes its time is waited for, but not for ever; the entry is removed', async () => {
  const directory = folder();
  let steps = 0;
  const report = await reportFrom(directory, () =>
    ++steps < 5 ? undefined : { provider: 'tdx_guest', outblob },
  );
  assert.deepEqual(report, { provider: 'tdx_guest', outblob });
  const nobody = folder();
  const clock = manualClock(0);
  const { code, message } = await refusal(
    readTsmReport({ directory: nobody, reportData, timeoutMs: 1000 }, clock),
  );
  assert.equal(code, 'COCO_ATTESTER_TIMEOUT');
  assert.match(message, /read generation of its report in time \(ENOENT\)/);
  assert.ok(clock.nowMs() >= 1000 && clock.nowMs() < 1500);
  assert.deepEqual(readdirSync(nobody), []);
  for (const one of [directory, nobody]) rmSync(one, { recursive: true });
});

test('configfs-tsm: when the generation jumps, somebody else wrote too: the report is asked for again, five times at most', async () => {
  const directory = folder();
  let asked = 0;
  const report = await reportFrom(directory, () => ({
    provider: 'sev_guest',
    outblob,
    writes: ++asked < 3 ? 2 : 1,
  }));
  assert.equal(asked, 3);
  assert.deepEqual(report, { provider: 'sev_guest', outblob });
  const { code } = await refusal(
    reportFrom(directory, () => ({ provider: 'sev_guest', outblob, writes: 7 })),
  );
  assert.equal(code, 'COCO_ATTESTER_DEVICE');
  rmSync(directory, { recursive: true });
});

test('configfs-tsm: what is too large, missing, forbidden or no number is told in a sentence', async () => {
  const directory = folder();
  const large = await refusal(
    reportFrom(directory, () => ({ provider: 'sev_guest', outblob: new Uint8Array(65_537) })),
  );
  assert.equal(large.code, 'COCO_ATTESTER_DEVICE');
  assert.match(large.message, /larger than its interface takes \(EFBIG\)/);
  const absent = path.join(directory, 'absent');
  const missing = await refusal(
    readTsmReport({ directory: absent, reportData, timeoutMs: 10 }, manualClock(0)),
  );
  assert.equal(missing.code, 'COCO_ATTESTER_DEVICE');
  assert.match(missing.message, /it takes Linux 6\.7 in a confidential VM/i);
  const file = path.join(directory, 'file');
  writeFileSync(file, '');
  const noFolder = await refusal(
    readTsmReport({ directory: file, reportData, timeoutMs: 10 }, manualClock(0)),
  );
  assert.match(noFolder.message, /it is no directory/);
  const clock = manualClock(0, () => {
    for (const entry of readdirSync(absent)) writeFileSync(path.join(absent, entry, 'generation'), 'many');
  });
  mkdirSync(absent);
  const many = await refusal(readTsmReport({ directory: absent, reportData, timeoutMs: 10 }, clock));
  assert.match(many.message, /is "many", and no number/);
  rmSync(directory, { recursive: true });
});

test('configfs-tsm: who may not make entries is told whom the platform lets', {
  skip: process.getuid?.() !== 0,
}, async () => {
  const directory = folder();
  // This process may do everything: another one, as nobody, asks.
  const program = `import { readTsmReport } from ${JSON.stringify(new URL('./configfsTsm.js', import.meta.url).href)};
    const clock = { nowMs: () => 0, wait: async () => {} };
    await readTsmReport({ directory: ${JSON.stringify(directory)}, reportData: new Uint8Array(64), timeoutMs: 1 }, clock)
      .catch((error) => console.log(error.code, error.message));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    uid: 65_534,
    gid: 65_534,
    encoding: 'utf8',
    cwd: '/',
  });
  assert.match(stdout, /^COCO_ATTESTER_PRIVILEGE this process may not make an entry in .* \(EACCES\)/);
  rmSync(directory, { recursive: true });
});

test('configfs-tsm: a directory that something else serves meanwhile', async () => {
  const directory = folder();
  const stop = fakeTsm(directory, (inblob) => ({ provider: 'tdx_guest', outblob: inblob })).serve(1);
  const clock = {
    nowMs: () => Date.now(),
    wait: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
  };
  const report = await readTsmReport({ directory, reportData, timeoutMs: 10_000 }, clock);
  stop();
  assert.deepEqual(report.outblob, reportData);
  rmSync(directory, { recursive: true });
});
