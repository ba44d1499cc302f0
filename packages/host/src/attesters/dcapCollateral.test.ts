import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { builtInAnchors, verifyPlatformEvidence } from '@coco/attestation';
import { fromHex, fromUtf8, toBase64 } from '@coco/primitives';
import { createDcapAuthority, syntheticDcapAtMs } from '../../../attestation/dist/testing/dcapAuthority.js';
import { dcapSample, dcapSamplesMissing } from '../../../attestation/dist/testing/dcapSamples.js';
import { type DcapSources, fetchCollateral } from './dcapCollateral.js';
import { openEndorsementSource } from './endorsementSource.js';
import { type HttpStub, openHttpStub } from './testing/httpStub.js';
import { type ManualClock, manualClock } from './testing/manualClock.js';
import { servePcs } from './testing/pcsStub.js';
import { testLog } from './testing/testLog.js';

interface World {
  readonly stub: HttpStub;
  readonly clock: ManualClock;
  readonly folder: string;
  readonly lines: readonly string[];
  /** Of another process over the same directory. */
  by(): DcapSources;
}

async function inWorld(atMs: number, run: (world: World) => Promise<void>): Promise<void> {
  const stub = await openHttpStub();
  const folder = mkdtempSync(path.join(tmpdir(), 'coco-pcs-'));
  const clock = manualClock(atMs);
  const { log, lines } = testLog();
  const by = (): DcapSources => ({
    pcsUrl: stub.url,
    rootCrlUrl: `${stub.url}/root.crl`,
    source: openEndorsementSource({ directory: folder, timeoutMs: 30_000, bytesMax: 262_144, clock, log }),
    clock,
    log,
  });
  try {
    await run({ stub, clock, folder, lines, by });
  } finally {
    await stub.close();
    rmSync(folder, { recursive: true });
  }
}

const intel = createDcapAuthority();
const machine = intel.machine();
const quote = machine.quote(new Uint8Array(64));
const atMs = syntheticDcapAtMs + 3_600_000;
const collateral = machine.collateral();
const dayMs = 86_400_000;

test('collateral for a quote is put together out of what Intel serves, byte for byte, and asked for once a day', async () => {
  await inWorld(atMs, async ({ stub, clock, lines, by }) => {
    servePcs(stub, collateral, 'tdx');
    const sources = by();
    const got = await fetchCollateral(quote, sources);
    assert.deepEqual(JSON.parse(fromUtf8(got) ?? ''), JSON.parse(fromUtf8(collateral) ?? ''));
    verifyPlatformEvidence(
      { platform: 'tdx', evidence: quote, endorsements: { collateral: got } },
      intel.anchors,
      atMs,
    );
    assert.equal(stub.asked.length, 4);
    clock.pass(dayMs - 1);
    await fetchCollateral(quote, by());
    assert.equal(stub.asked.length, 4);
    clock.pass(1);
    await fetchCollateral(quote, sources);
    assert.equal(stub.asked.length, 8);
    assert.deepEqual(lines, []);
  });
});

test('while Intel does not answer yesterday’s collateral goes on, with a warning; without any, the sentence says whose it lacks', async () => {
  await inWorld(atMs, async ({ stub, clock, lines, by }) => {
    servePcs(stub, collateral, 'tdx');
    const sources = by();
    const got = await fetchCollateral(quote, sources);
    stub.answers.clear();
    clock.pass(2 * dayMs);
    assert.deepEqual(await fetchCollateral(quote, sources), got);
    assert.equal(lines.length, 4);
    assert.match(lines.join(), /using an old copy of Intel's TCB info/);
  });
  await inWorld(atMs, async ({ by }) => {
    await assert.rejects(fetchCollateral(quote, by()), {
      code: 'COCO_ATTESTER_SOURCE',
      message: /status 404/,
    });
  });
});

test('what Intel’s service would never say is not taken: no signature, no chain, no end, no list', async () => {
  const bends: [string, Parameters<HttpStub['answers']['set']>[1], RegExp][] = [
    ['tcb', { body: '{"tcbInfo":{}}' }, /is not \{"tcbInfo":…,"signature":"…"\}/],
    ['tcb', { body: `{"tcbInfo":{},"signature":"${'0'.repeat(128)}"}` }, /does not say when it ends/],
    ['identity', { body: 'garbage' }, /Intel's identity of the quoting enclave cannot be used/],
    ['pckcrl', { body: Uint8Array.of(0x30, 0) }, /revoked PCK certificates cannot be used/],
    ['root.crl', { body: 'nothing' }, /neither DER nor hex/],
  ];
  for (const [part, answer, message] of bends) {
    await inWorld(atMs, async ({ stub, by }) => {
      servePcs(stub, collateral, 'tdx');
      const served = [...stub.answers.keys()].find((one) => one.includes(part)) ?? '';
      stub.answers.set(served, { headers: stub.answers.get(served)?.headers ?? {}, ...answer });
      await assert.rejects(fetchCollateral(quote, by()), { code: 'COCO_ATTESTER_SOURCE', message });
    });
  }
});

test('an answer without the chain of its signer is not taken', async () => {
  for (const part of ['tcb', 'identity', 'pckcrl']) {
    await inWorld(atMs, async ({ stub, by }) => {
      servePcs(stub, collateral, 'tdx');
      for (const [served, answer] of stub.answers) {
        if (served.includes(part)) stub.answers.set(served, { ...answer, headers: {} });
      }
      const message = /its header .*-issuer-chain is missing/;
      await assert.rejects(fetchCollateral(quote, by()), { code: 'COCO_ATTESTER_SOURCE', message });
    });
  }
});

test('a cache that somebody has changed is asked for anew; a quote that nobody would accept is warned of', async () => {
  await inWorld(atMs, async ({ stub, clock, folder, lines, by }) => {
    servePcs(stub, collateral, 'tdx');
    const got = await fetchCollateral(quote, by());
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      const kept = JSON.parse(readFileSync(file, 'utf8'));
      const text = Buffer.from(kept.body, 'base64').toString('latin1');
      if (!text.includes('"UpToDate"')) continue;
      const bent = new Uint8Array(Buffer.from(text.replace('"UpToDate"', '"OutOfDate"'), 'latin1'));
      writeFileSync(file, JSON.stringify({ ...kept, body: toBase64(bent) }));
    }
    clock.pass(61_000);
    assert.deepEqual(await fetchCollateral(quote, by()), got);
    assert.deepEqual(lines, []);
    const debug = quote.slice();
    debug[700] = (debug[700] ?? 0) ^ 1;
    assert.deepEqual(await fetchCollateral(debug, by()), got);
    assert.match(lines.join(), /does not fit this machine's quote/);
  });
});

for (const name of ['tdx-v4', 'tdx-v5', 'sgx'] as const) {
  test(`a genuine quote (${name}) verifies with the collateral that was put together for it`, {
    skip: dcapSamplesMissing,
  }, async () => {
    const sample = dcapSample(name);
    await inWorld(sample.atMs, async ({ stub, lines, by }) => {
      servePcs(stub, sample.collateral as Uint8Array, sample.platform);
      const got = await fetchCollateral(sample.quote, by());
      const evidence = {
        platform: sample.platform,
        evidence: sample.quote,
        endorsements: { collateral: got },
      };
      verifyPlatformEvidence(evidence, builtInAnchors, sample.atMs);
      assert.deepEqual(lines, []);
    });
  });
}

test('what is no quote is refused before anybody is asked', async () => {
  await inWorld(atMs, async ({ stub, by }) => {
    await assert.rejects(fetchCollateral(fromHex('00') ?? quote, by()), {
      code: 'COCO_ATTESTATION_MALFORMED',
    });
    assert.deepEqual(stub.asked, []);
  });
});
