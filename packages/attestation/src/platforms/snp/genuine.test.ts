/**
 * Compatibility, checked on what we did not write: reports of real machines with AMD's own certificates.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { signatureHolds } from '@coco/crypto';
import { CocoError, fromBase64, fromHex, fromUtf8, seededRandom, toHex } from '@coco/primitives';
import { builtInAnchors } from '../../anchors.js';
import {
  type SnpSampleName,
  snpSamplesMissing as skip,
  snpSample,
  snpSampleFile,
} from '../../testing/snpSamples.js';
import { assertRefused, snpVerified } from '../../testing/snpVerified.js';
import type { PlatformClaims } from '../../types.js';
import { readCertificate } from '../../x509/certificate.js';
import { readSnpReport } from './report.js';
import { snpEndorsements } from './snpEndorsements.js';

function judge(name: SnpSampleName, atMs?: number): PlatformClaims {
  const { report, files, atMs: then } = snpSample(name);
  return snpVerified({ report, endorsements: snpEndorsements(files) }, builtInAnchors, atMs ?? then);
}

for (const [name, version, family, signer, vmpl, parts, cpuid] of [
  ['ms-sidecar', 2, 'milan', 'vcek', 0, { boot_loader: 3, tee: 0, snp: 8, microcode: 115 }, undefined],
  ['ms-tav-milan', 3, 'milan', 'vcek', 0, { boot_loader: 4, tee: 0, snp: 24, microcode: 219 }, '00a00f11'],
  ['ms-tav-genoa', 3, 'genoa', 'vcek', 0, { boot_loader: 10, tee: 0, snp: 23, microcode: 84 }, '00a10f11'],
  [
    'ms-tav-turin',
    5,
    'turin',
    'vcek',
    0,
    { fmc: 1, boot_loader: 1, tee: 1, snp: 4, microcode: 81 },
    '00b00f21',
  ],
  ['virtee', 2, 'milan', 'vcek', 0, { boot_loader: 3, tee: 0, snp: 8, microcode: 115 }, undefined],
  ['trustee', 2, 'milan', 'vcek', 0, { boot_loader: 3, tee: 0, snp: 8, microcode: 115 }, undefined],
  ['trustee-vlek', 3, 'milan', 'vlek', 1, { boot_loader: 4, tee: 0, snp: 24, microcode: 217 }, '00a00f11'],
  ['gcp', 5, 'milan', 'vcek', 0, { boot_loader: 4, tee: 0, snp: 27, microcode: 222 }, '00a00f11'],
  ['gcp-report-data', 5, 'milan', 'vcek', 1, { boot_loader: 4, tee: 0, snp: 27, microcode: 222 }, '00a00f11'],
  ['gcp-x25519', 5, 'milan', 'vcek', 1, { boot_loader: 4, tee: 0, snp: 27, microcode: 222 }, '00a00f11'],
] as const) {
  test(`SNP: ${name} is a genuine report of version ${version} by a ${signer} of ${family}`, { skip }, () => {
    const claims = judge(name);
    const { report } = snpSample(name);
    assert.equal(claims.platform, 'sev-snp');
    assert.equal(claims.version, version);
    assert.equal(claims.signer, signer);
    assert.equal(claims.vmpl, vmpl);
    assert.equal(claims.migratable, false);
    assert.deepEqual(claims.tcb, { family, parts, ...(cpuid === undefined ? {} : { cpuid }) });
    assert.deepEqual(claims.registers, {
      measurement: toHex(report.subarray(0x90, 0xc0)),
      host_data: toHex(report.subarray(0xc0, 0xe0)),
    });
    assert.deepEqual(claims.reportData, report.subarray(0x50, 0x90));
    assert.equal(claims.instanceId, toHex(report.subarray(0x140, 0x160)));
    assert.equal(claims.root, builtInAnchors.amd[family][0]);
    if (signer === 'vcek') {
      assert.equal(claims.machineId, toHex(report.subarray(0x1a0, family === 'turin' ? 0x1a8 : 0x1e0)));
      assert.equal(claims.cspId, undefined);
    } else {
      assert.equal(claims.machineId, undefined);
      assert.equal(claims.cspId, 'CN=cc-us-east-2.amazonaws.com');
    }
  });
}

test('SNP: a report is judged as of the time asked about, not sooner and not later', { skip }, () => {
  for (const [name, from, until] of [
    ['ms-sidecar', '2022-11-29', '2029-11-29'],
    ['ms-tav-turin', '2026-02-05', '2033-02-05'],
    ['trustee-vlek', '2024-12-10', '2025-12-10'],
    ['gcp', '2025-12-05', '2032-12-05'],
  ] as const) {
    const day = 86_400_000;
    judge(name, Date.parse(from) + day);
    judge(name, Date.parse(until) - day);
    assertRefused(() => judge(name, Date.parse(from) - day), 'EXPIRED', /not valid yet/);
    assertRefused(() => judge(name, Date.parse(until) + day), 'EXPIRED', /no longer valid/);
    const { validUntilMs } = judge(name);
    assert.equal(Math.floor(validUntilMs / day), Date.parse(until) / day);
  }
});

test('SNP: a guest that allows debugging is refused, however genuine', { skip }, () => {
  assertRefused(() => judge('go-sev-guest'), 'DEBUG');
  const { report, files } = snpSample('go-sev-guest');
  const { signed: message, signature } = readSnpReport(report);
  const { publicKey } = readCertificate(snpEndorsements(files)['vcek'] as Uint8Array);
  assert.ok(signatureHolds({ scheme: 'ecdsa-p384-sha384', publicKey, message, signature }));
});

test('SNP: certificates that are not of the machine are refused', { skip }, () => {
  assertRefused(() => judge('trustee-bad-legacy'), 'CHIP');
  assertRefused(() => judge('trustee-bad-new'), 'CHIP');
  const { report, atMs } = snpSample('ms-tav-milan');
  for (const [other, code] of [
    ['gcp', 'CHIP'],
    ['ms-tav-genoa', 'CHIP'],
    ['trustee-vlek', 'CHAIN'],
  ] as const) {
    const endorsements = snpEndorsements(snpSample(other).files);
    const time = other === 'trustee-vlek' ? snpSample(other).atMs : atMs;
    assertRefused(() => snpVerified({ report, endorsements }, builtInAnchors, time), code);
  }
  const turin = snpEndorsements({
    certificates: ['vcek_turin.der', 'cert_chain_turin'].map((name) => snpSampleFile(`snp/virtee/${name}`)),
  });
  const turinReport = snpSample('ms-tav-turin').report;
  assertRefused(
    () => snpVerified({ report: turinReport, endorsements: turin }, builtInAnchors, atMs),
    'CHIP',
  );
});

test('SNP on Azure: Microsoft’s endorsement and the policy are those of the report', { skip }, () => {
  const { uvm } = judge('ms-sidecar');
  assert.deepEqual(uvm, {
    did: 'did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2',
    feed: 'ContainerPlat-AMD-UVM',
    svn: 22,
  });
  const { files } = snpSample('ms-sidecar');
  const { policy } = snpEndorsements(files);
  const base64 = (fromUtf8(files.policy as Uint8Array) ?? '').trim();
  assert.deepEqual(policy, fromBase64(base64));
  // The same, of another machine: neither fits.
  const { report, files: others, atMs } = snpSample('gcp');
  for (const [name, code] of [
    ['uvm', 'UVM'],
    ['policy', 'POLICY'],
  ] as const) {
    const endorsements = snpEndorsements({ ...others, [name]: files[name] });
    assertRefused(() => snpVerified({ report, endorsements }, builtInAnchors, atMs), code);
  }
});

test('SNP: the report data binds what a node of another maker bound', { skip }, () => {
  const text = fromUtf8(snpSampleFile('snp/teekit-gcp/sev-gcp-x25519-bound.txt')) ?? '';
  const [, nonce = '', key = ''] = /NONCE=(\w+)\s+X25519_KEY=(\w+)/.exec(text) ?? [];
  const digest = createHash('sha512')
    .update(fromHex(nonce) as Uint8Array)
    .update(fromHex(key) as Uint8Array)
    .digest('hex');
  assert.equal(toHex(judge('gcp-x25519').reportData), digest);
});

test('SNP: of 2,000 flips of one bit in evidence and endorsements, as Azure hands them out, none is accepted', {
  skip,
}, () => {
  const random = seededRandom(2000);
  const { report, files, atMs } = snpSample('ms-sidecar');
  const endorsements = snpEndorsements(files);
  const parts: Record<string, Uint8Array> = { report, ...endorsements };
  const names = Object.keys(parts);
  const accepted: string[] = [];
  for (let i = 0; i < 2000; i++) {
    const name = names[i % names.length] as string;
    const bent = (parts[name] as Uint8Array).slice();
    const bit = random.integer(bent.length * 8);
    bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
    const { report: bentReport, ...bentEndorsements } = { ...parts, [name]: bent };
    try {
      const evidence = { report: bentReport as Uint8Array, endorsements: bentEndorsements };
      snpVerified(evidence, builtInAnchors, atMs);
      accepted.push(`${name} bit ${bit}`);
    } catch (error) {
      assert.ok(
        error instanceof CocoError && error.code.startsWith('COCO_ATTESTATION_'),
        `${name} ${bit}: ${error}`,
      );
    }
  }
  assert.deepEqual(accepted, []);
});
