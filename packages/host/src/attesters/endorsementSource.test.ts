import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fromUtf8 } from '@coco/primitives';
import { type EndorsementSource, openEndorsementSource, type Wanted } from './endorsementSource.js';
import { type HttpStub, openHttpStub } from './testing/httpStub.js';
import { type ManualClock, manualClock } from './testing/manualClock.js';
import { testLog } from './testing/testLog.js';

const hourMs = 3_600_000;

interface World {
  readonly stub: HttpStub;
  readonly clock: ManualClock;
  readonly directory: string;
  readonly lines: readonly string[];
  /** Of another process over the same directory. */
  open(timeoutMs?: number): EndorsementSource;
}

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const stub = await openHttpStub();
  const directory = mkdtempSync(path.join(tmpdir(), 'coco-cache-'));
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const { log, lines } = testLog();
  const open = (timeoutMs = 30_000) =>
    openEndorsementSource({ directory, timeoutMs, bytesMax: 1000, clock, log });
  try {
    await run({ stub, clock, directory, lines, open });
  } finally {
    await stub.close();
    rmSync(directory, { recursive: true });
  }
}

/** A text that begins with "good", fresh for an hour, and a header with it. */
function wanted({ url }: HttpStub): Wanted<string> {
  return {
    url: `${url}/thing?a=1`,
    what: 'a thing',
    headers: ['x-chain'],
    read: ({ body, header }, fetchedMs) => {
      const text = fromUtf8(body) ?? '';
      if (!text.startsWith('good')) throw new Error('it is bad');
      return { value: `${text} ${header('x-chain')}`, freshUntilMs: fetchedMs + hourMs };
    },
  };
}

const answer = (body: string) => ({ body, headers: { 'X-Chain': 'chain' } });

test('endorsements are asked for once while they are fresh, also by the next process, and again before they end', async () => {
  await inWorld(async ({ stub, clock, lines, open }) => {
    stub.answers.set('/thing?a=1', answer('good 1'));
    const source = open();
    assert.deepEqual(await Promise.all([source.get(wanted(stub)), source.get(wanted(stub))]), [
      'good 1 chain',
      'good 1 chain',
    ]);
    stub.answers.set('/thing?a=1', answer('good 2'));
    assert.equal(await source.get(wanted(stub)), 'good 1 chain');
    assert.equal(await open().get(wanted(stub)), 'good 1 chain');
    assert.equal(stub.asked.length, 1);
    clock.pass(hourMs);
    assert.equal(await source.get(wanted(stub)), 'good 2 chain');
    assert.equal(await open().get(wanted(stub)), 'good 2 chain');
    assert.equal(stub.asked.length, 2);
    assert.deepEqual(lines, []);
  });
});

test('while a source is down what was kept is used, with a warning, and the source is left alone for a minute', async () => {
  await inWorld(async ({ stub, clock, lines, open }) => {
    stub.answers.set('/thing?a=1', answer('good 1'));
    const source = open();
    await source.get(wanted(stub));
    clock.pass(2 * hourMs);
    for (const broken of [{ status: 503 }, answer('garbage')]) {
      stub.answers.set('/thing?a=1', broken);
      const [asked, warned] = [stub.asked.length, lines.length];
      for (let times = 0; times < 3; times++) assert.equal(await source.get(wanted(stub)), 'good 1 chain');
      assert.equal(stub.asked.length, asked + 1);
      assert.match(
        lines[warned] ?? '',
        /using an old copy of a thing.*status 503|using an old copy of a thing.*it is bad/,
      );
      clock.pass(61_000);
    }
    stub.answers.set('/thing?a=1', answer('good 3'));
    assert.equal(await source.get(wanted(stub)), 'good 3 chain');
  });
});

test('slow, too large, missing, garbage and redirecting sources are refused within the limits', async () => {
  await inWorld(async ({ stub, clock, open }) => {
    const cases: [Parameters<HttpStub['answers']['set']>[1], RegExp][] = [
      [{ hangs: true }, /no whole answer within 50 ms/],
      [{ body: `good${'x'.repeat(1000)}` }, /more than 1000 bytes/],
      [{ status: 404 }, /status 404/],
      [{ body: 'garbage' }, /cannot be used: it is bad/],
      [{ status: 302, headers: { location: '/elsewhere' } }, /gives nothing: .*redirect/],
    ];
    stub.answers.set('/elsewhere', answer('good elsewhere'));
    for (const [broken, message] of cases) {
      stub.answers.set('/thing?a=1', broken);
      const source = open(broken.hangs === true ? 50 : undefined);
      await assert.rejects(source.get(wanted(stub)), { code: 'COCO_ATTESTER_SOURCE', message });
      const asked = stub.asked.length;
      await assert.rejects(source.get(wanted(stub)), { code: 'COCO_ATTESTER_SOURCE', message });
      assert.equal(stub.asked.length, asked, 'what has just failed is not asked again at once');
      clock.pass(2000);
      stub.answers.set('/thing?a=1', answer('good'));
      if (broken.hangs !== true) assert.equal(await source.get(wanted(stub)), 'good chain');
      clock.pass(61_000);
      await source.forget([wanted(stub).url]);
    }
    const nobody = { ...wanted(stub), url: 'http://127.0.0.1:1/' };
    await assert.rejects(open().get(nobody), {
      code: 'COCO_ATTESTER_SOURCE',
      message: /ECONNREFUSED|bad port/,
    });
  });
});

test('what is kept on disk is believed in nothing: damaged, foreign and future files count as missing', async () => {
  await inWorld(async ({ stub, clock, directory, open }) => {
    stub.answers.set('/thing?a=1', answer('good 1'));
    await open().get(wanted(stub));
    const [name = ''] = readdirSync(directory);
    const file = path.join(directory, name);
    const genuine = JSON.parse(readFileSync(file, 'utf8'));
    const texts = [
      '',
      '{',
      'null',
      JSON.stringify({ ...genuine, url: 'http://elsewhere/' }),
      JSON.stringify({ ...genuine, fetchedMs: clock.nowMs() + hourMs }),
      JSON.stringify({ ...genuine, fetchedMs: 1e300 }),
      JSON.stringify({ ...genuine, headers: null }),
      JSON.stringify({ ...genuine, body: 'bm90aGluZw==' }),
      JSON.stringify({ ...genuine, body: '*' }),
      JSON.stringify({ ...genuine, more: 'x'.repeat(100_000) }),
    ];
    for (const text of texts) {
      writeFileSync(file, text);
      const asked = stub.asked.length;
      assert.equal(await open().get(wanted(stub)), 'good 1 chain', text.slice(0, 200));
      assert.equal(stub.asked.length, asked + 1, text.slice(0, 200));
    }
  });
});

test('what turns out not to do is forgotten, unless it has just come', async () => {
  await inWorld(async ({ stub, clock, directory, open }) => {
    stub.answers.set('/thing?a=1', answer('good 1'));
    const source = open();
    await source.get(wanted(stub));
    assert.equal(await source.forget([wanted(stub).url]), false);
    clock.pass(61_000);
    assert.equal(await source.forget([wanted(stub).url]), true);
    assert.deepEqual(readdirSync(directory), []);
    await source.get(wanted(stub));
    assert.equal(stub.asked.length, 2);
  });
});
