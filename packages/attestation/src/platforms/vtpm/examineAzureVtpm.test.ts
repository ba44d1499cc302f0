import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { cborDecode, cborEncode } from '@coco/crypto';
import { toHex, utf8 } from '@coco/primitives';
import { appraise } from '../../appraise.js';
import { codeId } from '../../codeId.js';
import { encodeClaims } from '../../runtimeClaims.js';
import { createDcapAuthority, syntheticDcapAtMs } from '../../testing/dcapAuthority.js';
import { freshKeyPair } from '../../testing/freshKeyPair.js';
import { manifestsFor } from '../../testing/manifests.js';
import { createSnpAuthority } from '../../testing/snpAuthority.js';
import { assertRefused } from '../../testing/snpVerified.js';
import { testClaims } from '../../testing/virtualNode.js';
import {
  type AzureOverrides,
  azureSnpEvidence,
  azureTdxEvidence,
  createVtpm,
  type VtpmOptions,
} from '../../testing/vtpm.js';
import type { Evidence } from '../../types.js';
import { verifyEvidence } from '../../verifyEvidence.js';
import { decodeVtpmEvidence, encodeVtpmEvidence } from './evidence.js';
import { readHclReport } from './hclReport.js';
import { rsaPublicKey } from './rsaPublicKey.js';

const atMs = Date.UTC(2026, 0, 1);
const amd = createSnpAuthority();
const intel = createDcapAuthority();
const machine = amd.machine();
const tpm = createVtpm();
const claims = encodeClaims(testClaims('ab'.repeat(32)));
const evidence = azureSnpEvidence(tpm, machine, claims);

const verify = (given: Evidence) => verifyEvidence(given, amd.anchors, atMs);
const refuses = (given: Evidence, code: string, sentence: RegExp) =>
  assertRefused(() => verify(given), code, sentence);
const bent = (overrides: AzureOverrides) => azureSnpEvidence(tpm, machine, claims, overrides);
const withRuntimeData = (runtimeData: NonNullable<VtpmOptions['runtimeData']>) =>
  azureSnpEvidence(createVtpm({ key: tpm.attestationKey, runtimeData }), machine, claims);

test('Azure: the processor vouches for the paravisor, that for the vTPM, and that for what runs', () => {
  const verified = verify(evidence);
  assert.equal(verified.platform, 'az-snp-vtpm');
  assert.deepEqual(verified.registers, {
    measurement: toHex(machine.measurement),
    pcr4: '04'.repeat(32),
    pcr8: '08'.repeat(32),
    pcr11: '0b'.repeat(32),
    pcr12: '0c'.repeat(32),
    pcr13: '0d'.repeat(32),
  });
  assert.equal(verified.signer, 'vcek');
  assert.equal(verified.machineId, toHex(machine.chipId));
  assert.equal(verified.root, amd.root);
  assert.match(verified.instanceId ?? '', /^[0-9a-f]{64}-7$/);
});

test('the evidence of a vTPM has one encoding, and is read strictly', () => {
  const { runtimeData, report, tdQuote, ...parts } = decodeVtpmEvidence(evidence.evidence);
  assert.deepEqual(runtimeData, tpm.runtimeData);
  assert.equal(tdQuote, undefined);
  const hcl = tpm.hcl(report as Uint8Array, 'snp');
  assert.deepEqual(encodeVtpmEvidence({ ...parts, hcl }), evidence.evidence);
  const map = () => cborDecode(evidence.evidence) as Map<string, unknown>;
  const withField = (name: string, value: unknown) => ({
    ...evidence,
    evidence: cborEncode(new Map([...map(), [name, value]])),
  });
  refuses(withField('extra', 1), 'MALFORMED', /"extra" is unknown/);
  refuses(withField('runtime_data', 'text'), 'MALFORMED', /byte string is missing/);
  refuses(withField('pcrs', new Map([['4', new Uint8Array(32)]])), 'MALFORMED', /one of the PCRs is missing/);
  refuses(withField('pcrs', new Map([['5', new Uint8Array(32)]])), 'MALFORMED', /not one that is wanted/);
  refuses(withField('pcrs', new Map([['4', new Uint8Array(31)]])), 'MALFORMED', /of 32 bytes/);
  for (const name of ['runtime_data', 'quote', 'signature', 'pcrs', 'report']) {
    const without = map();
    without.delete(name);
    refuses({ ...evidence, evidence: cborEncode(without) }, 'MALFORMED', /missing/);
  }
});

test('the evidence of a vTPM that is cut short anywhere, or with any bit turned, is refused', () => {
  const { evidence: bytes } = evidence;
  for (let at = 0; at < bytes.length; at += 13) {
    refuses({ ...evidence, evidence: bytes.subarray(0, at) }, 'MALFORMED', /cannot be read/);
  }
  for (let at = 0; at < bytes.length; at += 3) {
    const flipped = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
    assert.throws(() => verify({ ...evidence, evidence: flipped }), { code: /^COCO_ATTESTATION_/ }, `${at}`);
  }
});

test("a vTPM's key for which the hardware does not vouch is refused", () => {
  const other = createVtpm();
  const report = machine.report(tpm.hardwareReportData);
  const swapped = azureSnpEvidence(other, machine, claims, { parts: { hcl: other.hcl(report, 'snp') } });
  refuses(swapped, 'BINDING', /does not vouch for the vTPM's key/);
  refuses(bent({ quote: { key: other.attestationKey } }), 'SIGNATURE', /attestation key on its quote/);
});

test('Azure: what runs above the paravisor cannot stand in for it (VMPL 0)', () => {
  refuses(bent({ report: { vmpl: 2 } }), 'VMPL', /level \(VMPL\) 2, and the paravisor has 0/);
});

test('what is wrong with the hardware beneath is refused', () => {
  refuses(bent({ report: { debug: true } }), 'DEBUG', /debug/);
  const bend = (report: Uint8Array) => report.fill(0x55, 0x90, 0xc0);
  refuses(bent({ report: { bendSigned: bend } }), 'SIGNATURE', /on the report/);
  const { claims: _, ...rest } = evidence;
  refuses({ ...rest, claims, endorsements: {} }, 'CHAIN', /missing/);
});

test('TPM 2.0 part 2, 10.12: only a quote of the wanted PCRs in the SHA-256 bank counts', () => {
  refuses(bent({ quote: { magic: 0xff544348 } }), 'MALFORMED', /no TPM made it/);
  refuses(bent({ quote: { type: 0x8017 } }), 'MALFORMED', /something else than PCRs/);
  refuses(bent({ quote: { bank: 0x0004 } }), 'MALFORMED', /SHA-256 alone/);
  refuses(bent({ quote: { pcrs: [4, 8, 11, 12] } }), 'MALFORMED', /PCRs 4, 8, 11, 12, not 4, 8, 11, 12, 13/);
  refuses(bent({ quote: { pcrs: [4, 8, 11, 12, 13, 23] } }), 'MALFORMED', /23, not/);
  refuses(bent({ quote: { pcrs: [] } }), 'MALFORMED', /none/);
  refuses(bent({ quote: { trailing: Uint8Array.of(0) } }), 'MALFORMED', /left over/);
  refuses(bent({ quote: { pcrDigest: new Uint8Array(32) } }), 'BINDING', /not those that the TPM has quoted/);
  const pcrs = new Map([...tpm.pcrs, [8, new Uint8Array(32)] as const]);
  refuses(bent({ parts: { pcrs } }), 'BINDING', /not those that the TPM has quoted/);
});

test("the quote's qualifying data are the SHA-384 of the runtime claims, all 48 bytes of it", () => {
  const others = encodeClaims(testClaims('ac'.repeat(32)));
  refuses({ ...evidence, claims: others }, 'BINDING', /report data is not their hash/);
  refuses(bent({ qualifyingData: new Uint8Array(48) }), 'BINDING', /not their hash/);
  refuses(bent({ qualifyingData: new Uint8Array(32) }), 'MALFORMED', /32 bytes, not 48/);
  refuses(bent({ qualifyingData: new Uint8Array(64) }), 'MALFORMED', /64 bytes, not 48/);
});

test('the report of the paravisor is read strictly', () => {
  const report = machine.report(tpm.hardwareReportData);
  const read = (at: number, byte: number) => () =>
    readHclReport(tpm.hcl(report, 'snp', (bytes) => bytes.set([byte], at)));
  assertRefused(read(0, 0), 'MALFORMED', /HCLA/);
  assertRefused(read(1224, 9), 'MALFORMED', /neither of SNP nor of TDX/);
  assertRefused(read(1228, 2), 'MALFORMED', /SHA-256/);
  assert.throws(read(1235, 1), { code: 'COCO_BYTES_TRUNCATED' });
  assert.deepEqual(read(0, 0x48)(), {
    kind: 'snp',
    hardwareReport: report,
    runtimeData: tpm.runtimeData,
  });
  const key = (usual: Record<string, unknown>) => (usual['keys'] as Record<string, string>[])[0] ?? {};
  refuses(
    withRuntimeData(() => []),
    'MALFORMED',
    /not a JSON object/,
  );
  refuses(
    withRuntimeData(() => ({})),
    'MALFORMED',
    /one key HCLAkPub/,
  );
  refuses(
    withRuntimeData(() => ({ keys: [null, 1, {}] })),
    'MALFORMED',
    /one key HCLAkPub/,
  );
  refuses(
    withRuntimeData((usual) => ({ keys: [key(usual), key(usual)] })),
    'MALFORMED',
    /one key HCLAkPub/,
  );
  refuses(
    withRuntimeData((usual) => ({ keys: [{ ...key(usual), kty: 'EC' }] })),
    'MALFORMED',
    /not RSA/,
  );
  refuses(
    withRuntimeData((usual) => ({ keys: [{ ...key(usual), e: 'Aw' }] })),
    'MALFORMED',
    /not RSA/,
  );
  refuses(
    withRuntimeData((usual) => ({ keys: [{ ...key(usual), n: 5 }] })),
    'MALFORMED',
    /not RSA/,
  );
  const weak = createVtpm({ key: freshKeyPair(1024).privateKey });
  refuses(azureSnpEvidence(weak, machine, claims), 'MALFORMED', /not RSA of 2048/);
});

test('a TDX quote belongs to a machine of TDX, and to no other', () => {
  refuses(bent({ parts: { tdQuote: utf8('quote') } }), 'MALFORMED', /SNP report is missing, or not alone/);
  const hcl = tpm.hcl(new Uint8Array(1184), 'tdx');
  refuses(bent({ parts: { hcl } }), 'MALFORMED', /SNP report is missing/);
  const another = { ...evidence, platform: 'az-tdx-vtpm', endorsements: {} } as const;
  refuses(another, 'MALFORMED', /TDX quote is missing, or not alone/);
});

test('Azure: a trust domain vouches for its vTPM as a processor of AMD does', () => {
  const domain = intel.machine({ registers: { mrtd: 'd0'.repeat(48), attributes: '0000000000000000' } });
  const judge = (overrides: AzureOverrides = {}) =>
    verifyEvidence(azureTdxEvidence(tpm, domain, claims, overrides), intel.anchors, syntheticDcapAtMs);
  const verified = judge();
  assert.equal(verified.platform, 'az-tdx-vtpm');
  assert.deepEqual(Object.keys(verified.registers), ['mrtd', 'pcr4', 'pcr8', 'pcr11', 'pcr12', 'pcr13']);
  assert.equal(verified.registers['mrtd'], 'd0'.repeat(48));
  assert.equal(verified.tcbStatus, 'UpToDate');
  assert.equal(verified.machineId, domain.ppid);
  assert.equal(verified.instanceId, 'vtpm-7');
  const manifests = manifestsFor('az-tdx-vtpm', [codeId('az-tdx-vtpm', verified.registers)], {
    roots: [intel.root],
  });
  const binding = { purpose: 'session', nodeId: 'ab'.repeat(32) } as const;
  assert.equal(appraise(verified, manifests, binding, syntheticDcapAtMs).outcome, 'accepted');
  const another = domain.quote(new Uint8Array(64));
  assertRefused(() => judge({ parts: { tdQuote: another } }), 'BINDING', /does not vouch/);
  const both = { hcl: tpm.hcl(new Uint8Array(1184), 'snp') };
  assertRefused(() => judge({ parts: both }), 'MALFORMED', /TDX quote is missing, or not alone/);
  const debug = { body: { attributes: '0100000000000000' } };
  assertRefused(() => judge({ tdQuote: debug }), 'DEBUG', /debugged/);
  const { endorsements: _, ...bare } = azureTdxEvidence(tpm, domain, claims);
  const without = { ...bare, endorsements: {} };
  const act = () => verifyEvidence(without, intel.anchors, syntheticDcapAtMs);
  assertRefused(act, 'COLLATERAL', /without Intel's collateral/);
});

test('RFC 7518 6.3.1: a key in JSON is the key that the platform reads', () => {
  for (const modulusLength of [2048, 3072]) {
    const { publicKey } = freshKeyPair(modulusLength);
    const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
    const der = rsaPublicKey(n, e) as Uint8Array;
    assert.deepEqual(der, new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })));
    assert.equal(
      createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }).asymmetricKeyType,
      'rsa',
    );
    assert.equal(rsaPublicKey(`${n}=`, e), undefined);
    assert.equal(rsaPublicKey(`A${n}`, e), undefined);
  }
});
