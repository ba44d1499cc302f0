import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { builtInAnchors, verifyEvidence } from '@coco/attestation';
import { signRaw } from '@coco/crypto';
import { createDcapAuthority, syntheticDcapAtMs } from '../../../attestation/dist/testing/dcapAuthority.js';
import { createSnpAuthority } from '../../../attestation/dist/testing/snpAuthority.js';
import { createVirtualNode } from '../../../attestation/dist/testing/virtualNode.js';
import { Fields } from '../fields.js';
import { type AttestationSettings, readAttestationSettings } from './attestationSettings.js';
import { type Attester, openAttester } from './attester.js';
import { type FakeTsmAnswer, fakeTsm } from './testing/fakeTsm.js';
import { openHttpStub } from './testing/httpStub.js';
import { manualClock } from './testing/manualClock.js';
import { servePcs } from './testing/pcsStub.js';
import { snpCertificateTable } from './testing/snpCertificateTable.js';
import { testLog } from './testing/testLog.js';

const node = createVirtualNode();
const atMs = syntheticDcapAtMs + 3_600_000;

function settingsOf(section: unknown): AttestationSettings {
  return readAttestationSettings(new Fields(section, 'attestation'), (relative) =>
    path.resolve('/folder', relative),
  );
}

function attesterOf(settings: AttestationSettings, step?: () => void): Attester {
  return openAttester(settings, {
    publicKeyDer: node.key.publicKey.der,
    sign: (toBeSigned) => signRaw(node.key, toBeSigned, { hash: 'sha256' }),
    log: testLog().log,
    clock: manualClock(atMs, step),
  });
}

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'coco-attester-'));
}

test('virtual: evidence that verifies, is bound to the claims, and proves nothing', async () => {
  const attester = attesterOf(settingsOf({}));
  assert.deepEqual([attester.platform, attester.provesNothing], ['virtual', true]);
  const evidence = await attester.attest(node.claims());
  const verified = verifyEvidence(evidence, builtInAnchors, atMs);
  assert.deepEqual(verified.claims, node.claims());
  assert.equal(verified.registers['tree'], '7e'.repeat(32));
});

test('sev-snp: what the device gives and the host endorses verifies, several at once', async () => {
  const directory = folder();
  const amd = createSnpAuthority();
  const machine = amd.machine();
  const auxblob = snpCertificateTable(machine.endorsements);
  const fake = fakeTsm(path.join(directory, 'tsm'), (inblob) => ({
    provider: 'sev_guest',
    outblob: machine.report(inblob),
    auxblob,
  }));
  const section = { platform: 'sev-snp', cache: directory, devices: { tsm: path.join(directory, 'tsm') } };
  const attester = attesterOf(settingsOf(section), fake.step);
  assert.equal(attester.provesNothing, false);
  const purposes = ['join', 'session', 'lease'] as const;
  const made = await Promise.all(purposes.map((purpose) => attester.attest(node.claims({ purpose }))));
  for (const [index, evidence] of made.entries()) {
    assert.equal(verifyEvidence(evidence, amd.anchors, atMs).claims.purpose, purposes[index]);
  }
  rmSync(directory, { recursive: true });
});

test('tdx: what the device gives verifies with Intel’s collateral', async () => {
  const directory = folder();
  const stub = await openHttpStub();
  const intel = createDcapAuthority();
  const machine = intel.machine();
  servePcs(stub, machine.collateral(), 'tdx');
  const fake = fakeTsm(path.join(directory, 'tsm'), (inblob) => ({
    provider: 'tdx_guest',
    outblob: machine.quote(inblob),
  }));
  const section = {
    platform: 'tdx',
    cache: path.join(directory, 'cache'),
    devices: { tsm: path.join(directory, 'tsm') },
    sources: { pcsUrl: stub.url, rootCrlUrl: `${stub.url}/root.crl` },
  };
  const evidence = await attesterOf(settingsOf(section), fake.step).attest(node.claims());
  assert.deepEqual(verifyEvidence(evidence, intel.anchors, atMs).claims, node.claims());
  await stub.close();
  rmSync(directory, { recursive: true });
});

test('sgx: what Gramine gives verifies with Intel’s collateral, one request after the other', async () => {
  const directory = folder();
  const stub = await openHttpStub();
  const intel = createDcapAuthority();
  const machine = intel.machine({ platform: 'sgx' });
  servePcs(stub, machine.collateral(), 'sgx');
  const file = (name: string): string => path.join(directory, name);
  writeFileSync(file('attestation_type'), 'dcap');
  const quoteWhatIsWritten = (): void =>
    writeFileSync(file('quote'), machine.quote(readFileSync(file('user_report_data'))));
  const section = {
    platform: 'sgx',
    cache: path.join(directory, 'cache'),
    devices: { gramine: directory },
    sources: { pcsUrl: stub.url, rootCrlUrl: `${stub.url}/root.crl` },
  };
  const attester = attesterOf(settingsOf(section), quoteWhatIsWritten);
  const made = await Promise.all(
    [1, 2, 3].map((byte) => attester.attest(node.claims({ nonce: new Uint8Array(32).fill(byte) }))),
  );
  for (const [index, evidence] of made.entries()) {
    assert.equal(verifyEvidence(evidence, intel.anchors, atMs).claims.nonce?.[0], index + 1);
  }
  await stub.close();
  rmSync(directory, { recursive: true });
});

test('a machine of another platform than the configuration says is refused by name', async () => {
  const directory = folder();
  const on = async (provider: string): Promise<void> => {
    const answer: FakeTsmAnswer = { provider, outblob: new Uint8Array(8) };
    const fake = fakeTsm(path.join(directory, provider), () => answer);
    const section = { platform: 'tdx', cache: directory, devices: { tsm: path.join(directory, provider) } };
    await attesterOf(settingsOf(section), fake.step).attest(node.claims());
  };
  await assert.rejects(on('sev_guest'), {
    code: 'COCO_ATTESTER_PLATFORM',
    message: 'this machine is of the platform sev-snp, and attestation.platform says tdx',
  });
  await assert.rejects(on('arm_cca_guest'), {
    code: 'COCO_ATTESTER_PLATFORM',
    message: /"arm_cca_guest", which is unknown/,
  });
  rmSync(directory, { recursive: true });
});

test('where the device of a platform is missing, that is said when evidence is asked for', async () => {
  for (const [platform, devices] of [
    ['sev-snp', { tsm: '/absent/tsm' }],
    ['sgx', { gramine: '/absent/gramine' }],
    ['az-snp-vtpm', { tpm: '/absent/tpm' }],
  ] as const) {
    const attester = attesterOf(settingsOf({ platform, devices }));
    await assert.rejects(attester.attest(node.claims()), { code: 'COCO_ATTESTER_DEVICE', message: /there/ });
  }
});

test('the section "attestation" is read strictly, with defaults that fit the platform', () => {
  const plain = settingsOf({});
  assert.equal(plain.cache, '/folder/attestation');
  assert.equal(plain.devices.tsm, '/sys/kernel/config/tsm/report');
  assert.deepEqual(plain.sources.snp, ['host', 'aci', 'kds']);
  assert.equal(plain.sources.rootCrlUrl, 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der');
  assert.deepEqual(settingsOf({ platform: 'az-snp-vtpm' }).sources.snp, ['thim', 'kds']);
  const cached = settingsOf({
    sources: { pcsUrl: 'https://pccs.example:8081/', snp: ['kds'], securityContext: 'acl' },
  });
  assert.equal(cached.sources.pcsUrl, 'https://pccs.example:8081');
  assert.equal(cached.sources.rootCrlUrl, 'https://pccs.example:8081/sgx/certification/v4/rootcacrl');
  assert.equal(cached.sources.securityContext, '/folder/acl');
  const refused: [unknown, RegExp][] = [
    [{ platform: 'nitro' }, /attestation\.platform must be one of/],
    [{ device: {} }, /attestation\.device is not a setting/],
    [{ devices: { tpm2: '' } }, /attestation\.devices\.tpm2 is not a setting/],
    [{ sources: { snp: ['amd'] } }, /attestation\.sources\.snp\[0\] must be one of host, aci, thim, kds/],
    [{ sources: { kdsUrl: 'ftp://amd' } }, /attestation\.sources\.kdsUrl must be a URL/],
    [{ sources: { pcsUrl: 'https://a/?b' } }, /attestation\.sources\.pcsUrl must be a URL/],
    [{ deviceTimeoutMs: 1 }, /attestation\.deviceTimeoutMs must be a whole number from 100/],
  ];
  for (const [section, message] of refused) {
    assert.throws(() => settingsOf(section), { code: 'COCO_HOST_CONFIG', message });
  }
});
