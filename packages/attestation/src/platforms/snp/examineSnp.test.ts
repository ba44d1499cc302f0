import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, toHex, utf8 } from '@coco/primitives';
import { freshKeyPair } from '../../testing/freshKeyPair.js';
import {
  createSnpAuthority,
  type SnpMachineOptions,
  type SnpReportOverrides,
} from '../../testing/snpAuthority.js';
import { integer } from '../../testing/snpDer.js';
import { createUvmSigner, uvmFeed } from '../../testing/snpUvm.js';
import { assertRefused, snpVerified } from '../../testing/snpVerified.js';
import type { Anchors, Endorsements, PlatformClaims } from '../../types.js';
import { snpOffsets } from './report.js';

const atMs = Date.UTC(2026, 0, 1);
const reportData = new Uint8Array(64).fill(7);
const milan = createSnpAuthority();
const genoa = createSnpAuthority({ family: 'genoa' });
const turin = createSnpAuthority({ family: 'turin' });
const extension = (n: string) => `1.3.6.1.4.1.3704.1.${n}`;

interface Attempt {
  readonly authority?: typeof milan;
  readonly machine?: SnpMachineOptions;
  readonly report?: SnpReportOverrides;
  readonly endorsements?: Readonly<Record<string, Uint8Array>>;
  readonly anchors?: Anchors;
  readonly atMs?: number;
}

function judge(attempt: Attempt = {}): PlatformClaims {
  const authority = attempt.authority ?? milan;
  const machine = authority.machine(attempt.machine);
  const report = machine.report(reportData, attempt.report);
  const endorsements: Endorsements = { ...machine.endorsements, ...attempt.endorsements };
  return snpVerified({ report, endorsements }, attempt.anchors ?? authority.anchors, attempt.atMs ?? atMs);
}

test('SNP: every version of the report, of every family, under a VCEK or a VLEK, is understood', () => {
  for (const authority of [milan, genoa, turin]) {
    for (const signer of ['vcek', 'vlek'] as const) {
      for (const version of authority.family === 'turin' ? [3, 4, 5] : [2, 3, 4, 5]) {
        const claims = judge({ authority, machine: { signer, version } });
        assert.deepEqual(
          [claims.tcb.family, claims.signer, claims.version],
          [authority.family, signer, version],
        );
        assert.equal(claims.root, authority.root);
        assert.deepEqual(claims.reportData, reportData);
        assert.equal(claims.tcb.cpuid === undefined, version === 2);
        assert.equal(claims.cspId, signer === 'vlek' ? 'CN=cc-region-1.cloud.example' : undefined);
      }
    }
  }
});

test('SNP: what a report says is told: measurement, host data, VMPL, migration agent, instance', () => {
  const measurement = new Uint8Array(48).fill(1);
  const hostData = new Uint8Array(32).fill(2);
  const reportId = new Uint8Array(32).fill(3);
  const claims = judge({
    machine: { measurement, hostData },
    report: { vmpl: 2, migratable: true, reportId },
  });
  assert.deepEqual(claims.registers, { measurement: toHex(measurement), host_data: toHex(hostData) });
  assert.deepEqual([claims.vmpl, claims.migratable, claims.instanceId], [2, true, toHex(reportId)]);
  assert.equal(judge().migratable, false);
});

test('SNP: a report of a form that is not understood is refused', () => {
  for (const version of [0, 1, 6, 7, 2 ** 32 - 1]) {
    assertRefused(() => judge({ report: { version } }), 'MALFORMED', /only versions 2 to 5/);
  }
  assertRefused(() => judge({ report: { signatureAlgorithm: 0 } }), 'MALFORMED', /signature algorithm is 0/);
  assertRefused(() => judge({ report: { signatureAlgorithm: 2 } }), 'MALFORMED', /signature algorithm is 2/);
  assertRefused(() => judge({ report: { vmpl: 4 } }), 'MALFORMED', /VMPL is 4/);
  assertRefused(() => judge({ report: { signingKey: 3 } }), 'MALFORMED', /unknown kind 3/);
});

test('SNP: what AMD reserves must be zero', () => {
  for (const [version, offset] of [
    [3, 0x4c],
    [2, 0x188],
    [3, 0x18b],
    [3, 0x1eb],
    [5, 0x1ef],
    [3, 0x1f8],
    [5, 0x208],
    [5, 0x29f],
  ] as const) {
    const bend = (report: Uint8Array) => void report.fill(1, offset, offset + 1);
    assertRefused(() => judge({ report: { version, bend } }), 'MALFORMED', /reserves what it has/);
  }
  for (const [offset, sentence] of [
    [snpOffsets.signature + 48, /longer than 48 bytes/],
    [snpOffsets.signature + 72 + 71, /longer than 48 bytes/],
    [snpOffsets.signature + 144, /follows its signature/],
    [1183, /follows its signature/],
  ] as const) {
    const bendSigned = (report: Uint8Array) => void report.fill(1, offset, offset + 1);
    assertRefused(() => judge({ report: { bendSigned } }), 'MALFORMED', sentence);
  }
});

test('SNP: a guest that allows debugging is refused', () => {
  assertRefused(() => judge({ report: { debug: true } }), 'DEBUG');
});

test('SNP: a report that is not signed by the certified key is refused', () => {
  const key = freshKeyPair('secp384r1').privateKey;
  assertRefused(() => judge({ report: { key } }), 'SIGNATURE', /VCEK on the report/);
  const bendSigned = (report: Uint8Array) => void report.fill(9, snpOffsets.measurement, snpOffsets.hostData);
  assertRefused(() => judge({ report: { bendSigned } }), 'SIGNATURE', /VCEK on the report/);
});

test('SNP: a report without a signature is refused: the host masks the key, or there is none', () => {
  assertRefused(() => judge({ report: { chipKeyMasked: true } }), 'SIGNATURE', /not signed/);
  assertRefused(() => judge({ report: { signingKey: 7 } }), 'SIGNATURE', /not signed/);
});

test('SNP: the report must say that the kind of key signed it that the certificate is of', () => {
  assertRefused(() => judge({ report: { signingKey: 1 } }), 'CHAIN', /says that a VLEK/);
  assertRefused(
    () => judge({ machine: { signer: 'vlek' }, report: { signingKey: 0 } }),
    'CHAIN',
    /that a VCEK/,
  );
});

test('SNP: the chip of the report must be the one of the VCEK', () => {
  const other = new Uint8Array(64).fill(5);
  assertRefused(() => judge({ report: { chipId: other } }), 'CHIP', /another chip/);
  assertRefused(() => judge({ report: { chipId: new Uint8Array(64) } }), 'CHIP', /masked the id/);
  // Turin's has 8 bytes; what follows is not a part of it.
  const chipId = new Uint8Array(64).fill(5, 0, 8);
  assert.equal(judge({ authority: turin, machine: { chipId } }).machineId, '0505050505050505');
  const longer = chipId.slice().fill(1, 63);
  assertRefused(() => judge({ authority: turin, machine: { chipId }, report: { chipId: longer } }), 'CHIP');
});

test('SNP: under a VLEK the report may hide its chip, or tell it', () => {
  assert.equal(judge({ machine: { signer: 'vlek' } }).machineId, undefined);
  const chipId = new Uint8Array(64).fill(0xab);
  assert.equal(judge({ machine: { signer: 'vlek', chipId } }).machineId, 'ab'.repeat(64));
});

test('SNP: the TCB of the report must be exactly the certificate’s, no higher and no lower, reserved bytes too', () => {
  for (const authority of [milan, turin]) {
    for (let at = 0; at < 8; at++) {
      for (const step of [-1, 1]) {
        const bend = (report: Uint8Array) => {
          const byte = report[snpOffsets.reportedTcb + at] as number;
          report[snpOffsets.reportedTcb + at] = byte + step;
        };
        assertRefused(() => judge({ authority, report: { bend } }), 'TCB', /and the certificate is for/);
      }
    }
  }
});

test('SNP: a guest that was started under older firmware counts as of that, whatever runs below it now', () => {
  const launched = (authority: typeof milan, at: number, version: number) =>
    judge({
      authority,
      report: {
        bend: (report) => {
          report[snpOffsets.launchTcb + at] = version;
        },
      },
    }).tcb.parts;
  assert.deepEqual(launched(milan, 6, 23), { boot_loader: 4, tee: 0, snp: 23, microcode: 219 });
  assert.deepEqual(launched(milan, 7, 220), { boot_loader: 4, tee: 0, snp: 24, microcode: 219 });
  assert.deepEqual(launched(turin, 3, 2), { fmc: 1, boot_loader: 4, tee: 0, snp: 2, microcode: 219 });
});

test('SNP: the certificate must have all that AMD puts into the certificate of a key', () => {
  for (const n of ['3.1', '3.2', '3.3', '3.4', '3.5', '3.6', '3.7', '3.8', '4']) {
    assertRefused(
      () => judge({ machine: { extensions: { [extension(n)]: null } } }),
      'CHAIN',
      /not that of a key/,
    );
  }
  const missing = { authority: turin, machine: { extensions: { [extension('3.9')]: null } } };
  assertRefused(() => judge(missing), 'CHAIN', /lacks the extension/);
  const both = { [extension('5')]: utf8('\x16\x01x') };
  assertRefused(
    () => judge({ machine: { extensions: both } }),
    'CHAIN',
    /neither a chip nor a cloud, or both/,
  );
  const high = { [extension('3.8')]: integer(475) };
  assertRefused(() => judge({ machine: { extensions: high } }), 'CHAIN', /above 255/);
  const text = { [extension('3.8')]: utf8('\x16\x01x') };
  assertRefused(() => judge({ machine: { extensions: text } }), 'MALFORMED');
  const short = { [extension('4')]: new Uint8Array(8).fill(1) };
  assertRefused(() => judge({ machine: { extensions: short } }), 'CHAIN', /8 bytes instead of 64/);
});

test('SNP: the chip’s id is also read out of an OCTET STRING within the extension', () => {
  const chipId = new Uint8Array(64).fill(6);
  const wrapped = Uint8Array.of(4, 64, ...chipId);
  const claims = judge({ machine: { chipId, extensions: { [extension('4')]: wrapped } } });
  assert.equal(claims.machineId, toHex(chipId));
});

test('SNP: a root that is not trusted is refused, and one that is trusted for another family', () => {
  const nobody: Anchors = { amd: { milan: [], genoa: [], turin: [] }, intel: [milan.root] };
  assertRefused(() => judge({ anchors: nobody }), 'CHAIN', /not a root that is trusted/);
  const other: Anchors = { amd: { milan: [], genoa: [milan.root], turin: [] }, intel: [] };
  assertRefused(() => judge({ anchors: other }), 'CHIP', /of a processor milan/);
  assertRefused(() => judge({ report: { cpuid: [0x19, 0x11, 0] } }), 'CHIP', /of a processor genoa/);
  assertRefused(() => judge({ report: { cpuid: [0x17, 0x31, 0] } }), 'CHIP', /of an unknown family/);
});

test('SNP: Genoa’s root certifies Bergamo and Siena', () => {
  for (const model of [0x10, 0xa0, 0xaf]) {
    const { tcb } = judge({ authority: genoa, report: { cpuid: [0x19, model, 2] } });
    assert.deepEqual(
      [tcb.family, tcb.cpuid],
      ['genoa', `00a${toHex(Uint8Array.of(model)).charAt(0)}0f${toHex(Uint8Array.of(model)).charAt(1)}2`],
    );
  }
});

test('SNP: a root that was voted in for all families leaves the family to the report, or the certificate', () => {
  for (const authority of [milan, genoa, turin]) {
    const all = [authority.root];
    const anchors: Anchors = { amd: { milan: all, genoa: all, turin: all }, intel: [] };
    for (const version of authority.family === 'turin' ? [5] : [2, 3]) {
      assert.equal(judge({ authority, anchors, machine: { version } }).tcb.family, authority.family);
    }
  }
  const all = [milan.root];
  const anchors: Anchors = { amd: { milan: all, genoa: all, turin: all }, intel: [] };
  const nameless = { version: 2, extensions: { [extension('2')]: null } };
  assertRefused(() => judge({ anchors, machine: nameless }), 'CHIP', /neither report nor certificate/);
});

test('SNP: every certificate must be there, in its place, and issued by the next', () => {
  const { vcek, ask, ark } = milan.machine().endorsements as Record<string, Uint8Array>;
  const other = createSnpAuthority({ notAfterMs: Date.UTC(2044, 0, 1) });
  for (const [name, endorsements] of [
    ['the leaf is an authority', { vcek: ask }],
    ['the authority is missing', { ask: ark }],
    ['another chip’s VCEK', { ask: vcek }],
    ['the root is not one', { ark: ask }],
    ['another root', { ark: other.ark }],
  ] as const) {
    const attempt = () => judge({ endorsements: endorsements as Record<string, Uint8Array> });
    assert.throws(
      attempt,
      (error) => error instanceof CocoError && error.code === 'COCO_ATTESTATION_CHAIN',
      name,
    );
  }
  // Of the same name, but not the one that signed.
  assertRefused(() => judge({ endorsements: { ask: other.ask } }), 'SIGNATURE', /on the VCEK/);
  const machine = milan.machine();
  const report = machine.report(reportData);
  for (const name of ['vcek', 'ask', 'ark']) {
    const { [name]: _, ...endorsements } = machine.endorsements;
    assertRefused(() => snpVerified({ report, endorsements }, milan.anchors, atMs), 'CHAIN', /is missing/);
    const pem = utf8('-----BEGIN CERTIFICATE-----\n');
    assertRefused(() => judge({ endorsements: { [name]: pem } }), 'MALFORMED', /is not DER/);
  }
});

test('SNP: each certificate must be valid at the time asked about', () => {
  const machine = { notBeforeMs: Date.UTC(2025, 0, 1), notAfterMs: Date.UTC(2025, 11, 1) };
  assertRefused(
    () => judge({ machine, atMs: Date.UTC(2024, 11, 31) }),
    'EXPIRED',
    /the VCEK is not valid yet/,
  );
  assertRefused(
    () => judge({ machine, atMs: Date.UTC(2025, 11, 2) }),
    'EXPIRED',
    /the VCEK is no longer valid/,
  );
  const claims = judge({ machine, atMs: Date.UTC(2025, 5, 1) });
  assert.equal(claims.validUntilMs, machine.notAfterMs);
  const authority = createSnpAuthority({ notAfterMs: Date.UTC(2025, 0, 1) });
  assertRefused(() => judge({ authority }), 'EXPIRED');
});

test('SNP: AMD’s revocation list counts when it comes along: signed, in date, the root’s', () => {
  const nextUpdateMs = Date.UTC(2026, 1, 1);
  assert.equal(judge({ machine: { crl: milan.crl({ nextUpdateMs }) } }).validUntilMs, nextUpdateMs);
  assert.ok(judge({ machine: { crl: milan.crl({ revoked: [1, 2] }) } }));
  const revoked = milan.crl({ revoked: [1, milan.askSerial] });
  assertRefused(() => judge({ machine: { crl: revoked } }), 'REVOKED', /SEV-milan/);
  const late = milan.crl({ nextUpdateMs: Date.UTC(2025, 11, 31) });
  assertRefused(() => judge({ machine: { crl: late } }), 'CRL', /next update is due/);
  const early = milan.crl({ thisUpdateMs: Date.UTC(2026, 1, 1) });
  assertRefused(() => judge({ machine: { crl: early } }), 'CRL', /later time/);
  const key = freshKeyPair(2048).privateKey;
  assertRefused(() => judge({ machine: { crl: milan.crl({ key }) } }), 'SIGNATURE', /AMD's CRL/);
  assertRefused(() => judge({ machine: { crl: genoa.crl() } }), 'CRL', /is not .*ARK-milan/);
  assertRefused(() => judge({ machine: { crl: utf8('deadbeef') } }), 'CRL', /not DER/);
  assertRefused(() => judge({ machine: { crl: milan.crl().subarray(1) } }), 'CRL');
});

test('SNP: Microsoft’s endorsement counts when it comes along: signed, and for the measurement of the report', () => {
  const measurement = new Uint8Array(48).fill(8);
  const signer = createUvmSigner();
  const uvm = signer.endorse({ measurement, svn: 101 });
  assert.deepEqual(judge({ machine: { measurement, uvm } }).uvm, {
    did: signer.did,
    feed: uvmFeed,
    svn: 101,
  });
  assert.equal(judge().uvm, undefined);
  assertRefused(() => judge({ machine: { uvm } }), 'UVM', /another measurement/);
  const bent = uvm.slice();
  bent[bent.length - 1] = (bent.at(-1) as number) ^ 1;
  assertRefused(() => judge({ machine: { measurement, uvm: bent } }), 'SIGNATURE', /utility VM/);
});

test('SNP: the policy must be what HOST_DATA is the SHA-256 of', () => {
  const policy = utf8('package policy\n');
  assert.ok(judge({ machine: { policy } }));
  assertRefused(
    () => judge({ machine: { policy }, endorsements: { policy: utf8('package other\n') } }),
    'POLICY',
  );
  assertRefused(() => judge({ endorsements: { policy } }), 'POLICY');
});

test('SNP: evidence that ends anywhere too early, or goes on, is refused with a code', () => {
  const machine = milan.machine({ crl: milan.crl() });
  const parts: Record<string, Uint8Array> = { report: machine.report(reportData), ...machine.endorsements };
  for (const [name, whole] of Object.entries(parts)) {
    const shorter = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
    for (const bytes of [...shorter, Uint8Array.of(...whole, 0)]) {
      const { report, ...endorsements } = { ...parts, [name]: bytes };
      assert.throws(
        () => snpVerified({ report: report as Uint8Array, endorsements }, milan.anchors, atMs),
        (error) => error instanceof CocoError && error.code.startsWith('COCO_ATTESTATION_'),
        `${name} of ${bytes.length} bytes`,
      );
    }
  }
});

test('the synthetic authority is the same in every process that has its text', () => {
  const saved = createSnpAuthority({ saved: milan.save() });
  assert.equal(saved.root, milan.root);
  const machine = saved.machine();
  const evidence = machine.evidence(utf8('claims'));
  const { evidence: report, endorsements } = evidence;
  assert.equal(snpVerified({ report, endorsements }, milan.anchors, atMs).machineId, toHex(machine.chipId));
});
