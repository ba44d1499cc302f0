import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { builtInAnchors, readSnpReport, verifyPlatformEvidence } from '@coco/attestation';
import { concatBytes, toBase64, toHex, utf8 } from '@coco/primitives';
import { createSnpAuthority } from '../../../attestation/dist/testing/snpAuthority.js';
import {
  type SnpSampleName,
  snpSample,
  snpSampleFile,
  snpSamplesMissing,
} from '../../../attestation/dist/testing/snpSamples.js';
import { openEndorsementSource } from './endorsementSource.js';
import { readSnpCertificateTable } from './snpCertificateTable.js';
import { endorseSnp, type SnpEndorsing } from './snpEvidence.js';
import type { SnpSourceName } from './snpSources.js';
import { type HttpStub, openHttpStub } from './testing/httpStub.js';
import { type ManualClock, manualClock } from './testing/manualClock.js';
import { snpCertificateTable } from './testing/snpCertificateTable.js';
import { testLog } from './testing/testLog.js';

interface World {
  readonly stub: HttpStub;
  readonly clock: ManualClock;
  readonly folder: string;
  readonly lines: readonly string[];
  by(...sources: readonly SnpSourceName[]): SnpEndorsing;
}

async function inWorld(atMs: number, run: (world: World) => Promise<void>): Promise<void> {
  const stub = await openHttpStub();
  const folder = mkdtempSync(path.join(tmpdir(), 'coco-snp-'));
  const clock = manualClock(atMs);
  const { log, lines } = testLog();
  const settings = { kdsUrl: stub.url, thimUrl: `${stub.url}/thim`, securityContext: folder };
  const by = (...sources: readonly SnpSourceName[]): SnpEndorsing => {
    const directory = path.join(folder, 'cache');
    const source = openEndorsementSource({ directory, timeoutMs: 30_000, bytesMax: 262_144, clock, log });
    return { sources, settings, source, clock, log };
  };
  try {
    await run({ stub, clock, folder, lines, by });
  } finally {
    await stub.close();
    rmSync(folder, { recursive: true });
  }
}

const amd = createSnpAuthority();
const machine = amd.machine({ version: 3, chipId: new Uint8Array(64).fill(0xc1) });
const atMs = Date.UTC(2026, 0, 1);
const reportData = new Uint8Array(64).fill(1);
const report = machine.report(reportData);
const { vcek, ask, ark } = machine.endorsements as Record<'vcek' | 'ask' | 'ark', Uint8Array>;
const pem = (...ders: readonly Uint8Array[]): string =>
  ders.map((der) => `-----BEGIN CERTIFICATE-----\n${toBase64(der)}\n-----END CERTIFICATE-----\n`).join('');
const kdsPath = `/vcek/v1/Milan/${'c1'.repeat(64)}?blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219`;

function serveKds({ answers }: HttpStub): void {
  answers.set(kdsPath, { body: vcek });
  answers.set('/vcek/v1/Milan/cert_chain', { body: pem(ask, ark) });
}

test("the host's table of certificates is read by its GUIDs, and asks nobody else", async () => {
  await inWorld(atMs, async ({ stub, by }) => {
    const table = snpCertificateTable({ vcek, ask, ark, other: utf8('what nobody knows') });
    assert.deepEqual(await endorseSnp(report, table, by('host', 'kds')), { vcek, ask, ark });
    assert.deepEqual(stub.asked, []);
  });
});

test('tables that do not hold together are refused, and the next source asked', async () => {
  const table = snpCertificateTable({ vcek, ask, ark });
  for (const cut of [0, 23, 24, 95, 96, 200, table.length - 1]) {
    assert.throws(() => readSnpCertificateTable(table.slice(0, cut)), { code: 'COCO_ATTESTER_DEVICE' });
  }
  const far = table.slice();
  far.fill(255, 16, 24);
  assert.throws(() => readSnpCertificateTable(far), {
    code: 'COCO_ATTESTER_DEVICE',
    message: /entry 0 lies beyond/,
  });
  await inWorld(atMs, async ({ stub, by }) => {
    serveKds(stub);
    assert.deepEqual(await endorseSnp(report, far, by('host', 'kds')), { vcek, ask, ark });
  });
});

test("AMD's service is asked by product, chip and TCB, once; its CRL comes along where there is one", async () => {
  await inWorld(atMs, async ({ stub, clock, by }) => {
    serveKds(stub);
    const endorsing = by('kds');
    assert.deepEqual(await endorseSnp(report, undefined, endorsing), { vcek, ask, ark });
    const asked = stub.asked.map(({ path: one }) => one).toSorted();
    assert.deepEqual(asked, [kdsPath, '/vcek/v1/Milan/cert_chain', '/vcek/v1/Milan/crl'].toSorted());
    const crl = amd.crl({ nextUpdateMs: atMs + 10 * 86_400_000 });
    stub.answers.set('/vcek/v1/Milan/crl', { body: crl });
    clock.pass(3000);
    assert.deepEqual(await endorseSnp(report, undefined, endorsing), { vcek, ask, ark, crl });
    assert.deepEqual(await endorseSnp(report, undefined, by('kds')), { vcek, ask, ark, crl });
    assert.equal(stub.asked.length, 4);
  });
});

test("a host that gives a VLEK alone: its authority's certificates come from AMD", async () => {
  await inWorld(atMs, async ({ stub, by }) => {
    const cloud = amd.machine({ signer: 'vlek', cspId: 'cloud' });
    const leaf = cloud.endorsements['vcek'] as Uint8Array;
    stub.answers.set('/vlek/v1/Milan/cert_chain', { body: pem(ask, ark) });
    const table = snpCertificateTable({ vlek: leaf });
    const endorsements = await endorseSnp(cloud.report(reportData), table, by('host', 'kds'));
    assert.deepEqual(endorsements, { vcek: leaf, ask, ark });
    await assert.rejects(endorseSnp(cloud.report(reportData), undefined, by('host', 'kds')), {
      code: 'COCO_ATTESTER_SOURCE',
      message: /host: the host gave no certificate.*kds: AMD gives out certificates of chips' own keys/,
    });
  });
});

test('certificates of another firmware level do not fit: the next source is asked, and else everybody is warned', async () => {
  await inWorld(atMs, async ({ stub, lines, by }) => {
    const older = amd.machine({ chipId: machine.chipId, tcb: { snp: 23 } });
    const body = JSON.stringify({
      vcekCert: pem(older.endorsements['vcek'] as Uint8Array),
      certificateChain: pem(ask, ark),
    });
    stub.answers.set('/thim', { body });
    serveKds(stub);
    assert.deepEqual(await endorseSnp(report, undefined, by('thim', 'kds')), { vcek, ask, ark });
    assert.equal(stub.asked[0]?.headers['metadata'], 'true');
    assert.deepEqual(lines, []);
    assert.deepEqual(await endorseSnp(report, undefined, by('thim')), { ...older.endorsements });
    assert.match(lines.join(), /no source has certificates that fit .* others will refuse it.*thim: /);
  });
});

test('a cache that somebody has changed costs a request, and nothing else', async () => {
  await inWorld(atMs, async ({ stub, clock, folder, by }) => {
    serveKds(stub);
    await endorseSnp(report, undefined, by('kds'));
    const files = readdirSync(path.join(folder, 'cache')).map((name) => path.join(folder, 'cache', name));
    const file = files.find((one) => readFileSync(one, 'utf8').includes('Milan/c1')) ?? '';
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    const stranger = createSnpAuthority({ keyBits: 3072 }).machine({ chipId: machine.chipId });
    writeFileSync(
      file,
      JSON.stringify({ ...kept, body: toBase64(stranger.endorsements['vcek'] as Uint8Array) }),
    );
    clock.pass(61_000);
    const asked = stub.asked.length;
    assert.deepEqual(await endorseSnp(report, undefined, by('kds')), { vcek, ask, ark });
    assert.ok(stub.asked.length > asked);
  });
});

test('when all sources are down, that is one sentence that names each', async () => {
  await inWorld(atMs, async ({ by }) => {
    const masked = machine.report(reportData, { chipId: new Uint8Array(64) });
    await assert.rejects(endorseSnp(report, undefined, by('host', 'aci', 'thim', 'kds')), (error: Error) => {
      for (const part of [
        /host: the host gave no/,
        /aci: .*host-amd-cert-base64 cannot/,
        /thim: .* 404/,
        /kds: .* 404/,
      ]) {
        assert.match(error.message, part);
      }
      return true;
    });
    await assert.rejects(endorseSnp(masked, undefined, by('kds')), /has masked its chip id/);
  });
});

/** The URL paths under which AMD has the certificates of genuine machines. */
const genuine: Readonly<Partial<Record<SnpSampleName, string>>> = {
  'ms-tav-milan': 'Milan',
  'ms-tav-genoa': 'Genoa',
  'ms-tav-turin': 'Turin',
  virtee: 'Milan',
  gcp: 'Milan',
};

test("genuine machines of all families get from AMD's service what their reports verify with", {
  skip: snpSamplesMissing,
}, async () => {
  for (const [name, product] of Object.entries(genuine)) {
    const sample = snpSample(name as SnpSampleName);
    await inWorld(sample.atMs, async ({ stub, lines, by }) => {
      const { chipId } = readSnpReport(sample.report);
      const id = toHex(product === 'Turin' ? chipId.subarray(0, 8) : chipId);
      // Whatever is asked of this chip gets its certificate: one that does not fit its TCB does not verify.
      const [leaf, ...chain] = leafFirst(sample.files.certificates);
      stub.answers.set(`/vcek/v1/${product}/cert_chain`, { body: concatBytes(...chain) });
      const endorsing = by('kds');
      await endorseSnp(sample.report, undefined, endorsing).catch(() => undefined);
      const path = stub.asked.map((one) => one.path).find((one) => one.includes(id)) ?? '';
      assert.match(path, product === 'Turin' ? /\?fmcSPL=\d\d+&blSPL=/ : /\?blSPL=\d\d+&teeSPL=/);
      stub.answers.set(path, { body: leaf ?? '' });
      const endorsements = await endorseSnp(sample.report, undefined, by('kds'));
      verifyPlatformEvidence(
        { platform: 'sev-snp', evidence: sample.report, endorsements },
        builtInAnchors,
        sample.atMs,
      );
      assert.deepEqual(lines, [], name);
    });
  }
});

/** The file of the leaf, then the others, as the samples have them in one order or another. */
function leafFirst(files: readonly Uint8Array[]): readonly Uint8Array[] {
  const isLeaf = (file: Uint8Array): boolean => {
    const text = Buffer.from(file).toString('latin1');
    const der = text.startsWith('-----')
      ? Buffer.from(text.split('-----')[2] ?? '', 'base64').toString('latin1')
      : text;
    return der.includes('SEV-VCEK') && !text.includes('END CERTIFICATE-----\n-----BEGIN');
  };
  return files.toSorted((a, b) => Number(isLeaf(b)) - Number(isLeaf(a)));
}

test("an Azure container's files give certificates, endorsement of the utility VM and policy that fit its report", {
  skip: snpSamplesMissing,
}, async () => {
  const sample = snpSample('ms-sidecar');
  await inWorld(sample.atMs, async ({ stub, folder, lines, by }) => {
    const put = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
    put('host-amd-cert-base64', toBase64(snpSampleFile('snp/ms-sidecar/uvm_host_amd_certificate.json')));
    put(
      'reference-info-base64',
      `${toBase64(snpSampleFile('snp/ms-sidecar/body.uvm_reference_info.bin'))}\n`,
    );
    put(
      'security-policy-base64',
      Buffer.from(snpSampleFile('snp/ms-sidecar/uvm_security_policy.base64')).toString(),
    );
    const endorsements = await endorseSnp(sample.report, undefined, by('host', 'aci', 'kds'));
    assert.deepEqual(Object.keys(endorsements).toSorted(), ['ark', 'ask', 'policy', 'uvm', 'vcek']);
    const evidence = { platform: 'sev-snp', evidence: sample.report, endorsements } as const;
    assert.ok(verifyPlatformEvidence(evidence, builtInAnchors, sample.atMs).uvm);
    assert.deepEqual([stub.asked, lines], [[], []]);
    stub.answers.set('/thim', { body: snpSampleFile('snp/ms-sidecar/uvm_host_amd_certificate.json') });
    assert.deepEqual(Object.keys(await endorseSnp(sample.report, undefined, by('thim'))), [
      'vcek',
      'ask',
      'ark',
    ]);
  });
});

test('hostile tables of certificates end in a coded refusal, whatever is in them', () => {
  const table = snpCertificateTable({ vcek, ask, ark });
  for (let at = 0; at < 96; at++) {
    for (const value of [0, 1, 127, 255]) {
      const bent = table.slice();
      bent[at] = value;
      try {
        readSnpCertificateTable(bent);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'COCO_ATTESTER_DEVICE');
      }
    }
  }
});
