/**
 * Everything that a quote or its collateral can be wrong in, one at a time, signed all the same by an authority that is trusted.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { fromHex, toHex } from '@coco/primitives';
import { checkSignatures } from '../../signatures.js';
import {
  createDcapAuthority,
  type DcapCollateralOptions,
  type DcapMachine,
  type DcapQuoteOverrides,
  syntheticDcapAtMs,
} from '../../testing/dcapAuthority.js';
import { element, integer, objectId, pem, sequence, syntheticX509 } from '../../testing/dcapX509.js';
import { assertRefused } from '../../testing/snpVerified.js';
import type { PlatformClaims } from '../../types.js';
import { examineDcap } from './examineDcap.js';

const intel = createDcapAuthority();
const stranger = createDcapAuthority();
const reportData = new Uint8Array(64).fill(0x51);
const dayMs = 86_400_000;

const machines = {
  sgx: intel.machine({ platform: 'sgx' }),
  tdx4: intel.machine({ platform: 'tdx', version: 4 }),
  tdx5: intel.machine({ platform: 'tdx', version: 5 }),
} as const;

interface Bend {
  readonly machine?: DcapMachine;
  readonly quote?: DcapQuoteOverrides;
  readonly collateral?: DcapCollateralOptions;
  readonly platform?: 'tdx' | 'sgx';
  readonly atMs?: number;
  readonly roots?: readonly string[];
}

function judge({ machine = machines.tdx5, quote, collateral, platform, atMs, roots }: Bend): PlatformClaims {
  const input = {
    quote: machine.quote(reportData, quote),
    collateral: machine.collateral(collateral),
    platform: platform ?? machine.platform,
  };
  const anchors = { ...intel.anchors, intel: roots ?? intel.anchors.intel };
  return checkSignatures(examineDcap(input, anchors, atMs ?? syntheticDcapAtMs));
}

const refuses = (code: string, bend: Bend, sentence?: RegExp): void =>
  assertRefused(() => judge(bend), code, sentence);

/** Replaces fields of a JSON object. */
const withFields = (fields: object) => (document: Record<string, unknown>) => ({ ...document, ...fields });

const levelsOf = (document: Record<string, unknown>) => document['tcbLevels'] as Record<string, unknown>[];

test('DCAP: what the synthetic authority makes is good, for every version', () => {
  for (const [name, machine] of Object.entries(machines)) {
    const claims = judge({ machine });
    assert.equal(claims.tcbStatus, 'UpToDate', name);
    assert.deepEqual(claims.reportData, reportData);
    assert.equal(claims.machineId, machine.ppid);
    assert.equal(claims.root, intel.root);
    assert.equal(claims.collateralIssuedMs, syntheticDcapAtMs);
    assert.equal(claims.validUntilMs, syntheticDcapAtMs + 30 * dayMs);
  }
  const v10 = judge({ quote: { bodyType: 2 } });
  assert.equal(v10.version, 5);
  assert.equal(v10.registers['mr_service_td'], undefined);
});

test('DCAP: another process makes evidence of the same authority by its saved text', () => {
  const again = createDcapAuthority({ saved: intel.save() });
  assert.equal(judge({ machine: again.machine() }).root, intel.root);
});

test('DCAP: a quote of another platform, version, kind of key or quoting enclave is refused', () => {
  refuses('MALFORMED', { platform: 'sgx' });
  refuses('MALFORMED', { machine: machines.sgx, platform: 'tdx' });
  for (const version of [0, 1, 2, 6, 0xffff]) refuses('MALFORMED', { quote: { version } });
  refuses('MALFORMED', { quote: { keyType: 3 } });
  refuses('MALFORMED', { quote: { teeType: 0 } });
  refuses('MALFORMED', { machine: machines.sgx, quote: { teeType: 0x81 } });
  refuses('MALFORMED', { quote: { bodyType: 1 } });
  refuses('MALFORMED', { quote: { bodyType: 4 } });
  refuses('MALFORMED', { quote: { pckDataType: 4 } });
  refuses('QE', { quote: { vendor: '00'.repeat(16) } });
});

test('DCAP: debug is refused, on every platform', () => {
  refuses('DEBUG', {
    machine: machines.sgx,
    quote: { body: { attributes: '0700000000000000e700000000000000' } },
  });
  for (const machine of [machines.tdx4, machines.tdx5]) {
    refuses('DEBUG', { machine, quote: { body: { attributes: '0100001000000000' } } });
    refuses('DEBUG', { machine, quote: { body: { attributes: '8000001000000000' } } });
  }
});

test('TDX: a domain that may move, or that has a service domain, says so; attributes are reported', () => {
  assert.equal(judge({}).attributes, '0000001000000000e702060000000000');
  assert.equal(judge({}).migratable, false);
  assert.equal(judge({ quote: { body: { attributes: '0000003000000000' } } }).migratable, true);
  assert.equal(judge({ quote: { body: { mr_service_td: `${'00'.repeat(47)}01` } } }).migratable, true);
});

test('DCAP: every signature counts', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
  refuses('SIGNATURE', { quote: { pckKey: other } }, /PCK/);
  const swapped = judgeRaw((quote) => {
    quote[60] = (quote[60] ?? 0) ^ 1;
  });
  assertRefused(swapped, 'SIGNATURE', /on the quote/);
  for (const [name, sentence] of [
    ['root', /root/],
    ['authority', /Intel SGX PCK Platform CA/],
    ['tcbSigning', /signer/],
  ] as const) {
    const saved = intel.save();
    const forger = createDcapAuthority({ saved, certificates: { [name]: { signedBy: other } } });
    refuses('SIGNATURE', { machine: forger.machine() }, sentence);
  }
  refuses('SIGNATURE', { machine: intel.machine({ certificate: { signedBy: other } }) }, /PCK certificate/);
  refuses('SIGNATURE', { machine: intel.machine({ certificate: { signedBy: p384 } }) }, /PCK certificate/);
  refuses('SIGNATURE', { collateral: { rootCrl: { signedBy: other } } }, /root CRL/);
  refuses('SIGNATURE', { collateral: { pckCrl: { signedBy: other } } }, /PCK CRL/);
  const tcbSigning = { key: other, certificate: intel.certificates.tcbSigning };
  refuses('SIGNATURE', { collateral: { tcbSigning } }, /TCB info/);
});

function judgeRaw(bend: (quote: Uint8Array) => void): () => unknown {
  const quote = machines.tdx5.quote(reportData);
  bend(quote);
  const input = { quote, collateral: machines.tdx5.collateral(), platform: 'tdx' as const };
  return () => checkSignatures(examineDcap(input, intel.anchors, syntheticDcapAtMs));
}

test('DCAP: chains to another root, of other lengths or of other keys are refused', () => {
  refuses('CHAIN', { roots: [] });
  refuses('CHAIN', { roots: stranger.anchors.intel });
  refuses('CHAIN', { machine: stranger.machine() });
  const { authority, root, tcbSigning } = intel.certificates;
  const { pckCertificate: pck } = machines.tdx5;
  for (const chain of [
    [],
    [pck],
    [pck, authority],
    [authority, pck, root],
    [pck, root, authority],
    [tcbSigning, authority, root],
    [pck, authority, stranger.certificates.root],
    [pck, authority, root, root],
  ]) {
    const pckChain = pem('CERTIFICATE', ...chain);
    assert.throws(() => judge({ quote: { pckChain } }), { code: /_(CHAIN|MALFORMED)$/ });
  }
  refuses('MALFORMED', { quote: { pckChain: `${pem('CERTIFICATE', pck, authority, root)}x` } });
  // Collateral of another trusted root says nothing of this one's machines.
  const roots = [intel.root, stranger.root];
  const foreign = stranger.machine({ ppid: machines.tdx5.ppid }).collateral();
  const { pck_crl, root_ca_crl, pck_crl_issuer_chain, ...documents } = JSON.parse(
    Buffer.from(foreign).toString(),
  );
  refuses('CHAIN', { roots, collateral: { fields: documents } }, /another root/);
  refuses('CRL', { roots, collateral: { fields: { pck_crl, root_ca_crl, pck_crl_issuer_chain } } });
  refuses('SIGNATURE', { roots, collateral: { fields: { root_ca_crl } } }, /root CRL/);
});

test('DCAP: a key does only what its name is for: a machine cannot sign TCB info', () => {
  const { pckKey: key, pckCertificate } = machines.tdx5;
  const { authority, root } = intel.certificates;
  for (const chain of [
    [pckCertificate, authority, root],
    [pckCertificate, root],
    [authority, root],
  ]) {
    const fields = { tcb_info_issuer_chain: pem('CERTIFICATE', ...chain) };
    assert.throws(() => judge({ collateral: { tcbSigning: { key, certificate: pckCertificate }, fields } }), {
      code: /_(CHAIN|MALFORMED)$/,
    });
  }
  const named = syntheticX509({
    subject: 'Intel SGX TCB Signing',
    issuer: 'Intel SGX PCK Certificate',
    key,
    signedBy: key,
    serial: Uint8Array.of(9),
    notBeforeMs: Date.UTC(2024, 0, 1),
    notAfterMs: Date.UTC(2030, 0, 1),
  });
  refuses('CHAIN', { collateral: { tcbSigning: { key, certificate: named } } });
});

test('RFC 5280 4.2.1.9: an authority without the right to issue is none', () => {
  const saved = intel.save();
  for (const limits of [{ ca: false }, { ca: true, keyUsage: 0x02 }] as const) {
    const bent = createDcapAuthority({ saved, certificates: { authority: limits } });
    refuses('CHAIN', { machine: bent.machine() });
  }
  const short = createDcapAuthority({ saved, certificates: { root: { ca: true, pathLengthMax: 0 } } });
  refuses('CHAIN', { machine: short.machine() }, /path length/);
  refuses('CHAIN', { machine: intel.machine({ certificate: { ca: true } }) });
});

test('DCAP: certificates are valid at the time asked about', () => {
  refuses('EXPIRED', { atMs: Date.UTC(2019, 0, 1) });
  refuses('EXPIRED', { machine: intel.machine({ certificate: { notAfterMs: syntheticDcapAtMs - 1000 } }) });
  refuses('EXPIRED', { machine: intel.machine({ certificate: { notBeforeMs: syntheticDcapAtMs + 1000 } }) });
  const saved = intel.save();
  for (const name of ['root', 'authority', 'tcbSigning'] as const) {
    const limits = { notAfterMs: syntheticDcapAtMs - 1000 };
    const bent = createDcapAuthority({ saved, certificates: { [name]: limits } });
    refuses('EXPIRED', { machine: bent.machine() });
  }
});

test('RFC 5280 6.3: CRLs must be of their issuer, in date, complete and understood', () => {
  const list = { thisUpdateMs: syntheticDcapAtMs, nextUpdateMs: syntheticDcapAtMs + dayMs };
  for (const name of ['rootCrl', 'pckCrl'] as const) {
    const crl = (change: DcapCollateralOptions['rootCrl']): Bend => ({
      collateral: { [name]: change ?? {} },
    });
    assert.doesNotThrow(() => judge(crl(list)));
    refuses('CRL', { ...crl(list), atMs: list.nextUpdateMs }, /next update/);
    refuses('CRL', crl({ ...list, thisUpdateMs: syntheticDcapAtMs + 1000 }), /later/);
    refuses('CRL', crl({ nextUpdateMs: null }));
    refuses('CRL', crl({ issuer: 'Intel SGX Root CB' }));
    refuses('CRL', crl({ extensions: [['2.5.29.27', integer(1), true]] }), /2\.5\.29\.27/);
    refuses('CRL', crl({ extensions: [['2.5.29.28', sequence(element(0x81, Uint8Array.of(255))), true]] }));
    refuses('CRL', crl({ extensions: [['1.2.3', integer(1), true]] }));
    assert.doesNotThrow(() => judge(crl({ extensions: [['1.2.3', integer(1)]] })));
    const reason: [string, Uint8Array] = ['2.5.29.21', element(0x0a, Uint8Array.of(1))];
    const revoked = [Uint8Array.of(99)];
    assert.doesNotThrow(() => judge(crl({ revoked, entryExtensions: [reason] })));
    refuses('CRL', crl({ revoked, entryExtensions: [['2.5.29.29', sequence(), true]] }));
    const many = Array.from({ length: 4001 }, (_, at) => Uint8Array.of(1, at >> 8, at));
    refuses('CRL', crl({ revoked: many }));
  }
});

test('DCAP: what is revoked is refused', () => {
  for (const name of ['pck', 'authority', 'tcbSigning'] as const) {
    refuses('REVOKED', { collateral: { revoked: [name] } });
  }
});

test('DCAP: the attestation key and the QE data must be those that the quoting enclave vouches for', () => {
  refuses('QE', { quote: { qeReportData: new Uint8Array(64) } }, /another key/);
  const vouched = machines.tdx5.quote(reportData);
  // The QE report's hash, followed by something other than zeros.
  const at = 54 + 648 + 4 + 128 + 6 + 320;
  const qeReportData = vouched.slice(at, at + 64);
  qeReportData[63] = 1;
  refuses('QE', { quote: { qeReportData } });
});

test('DCAP: the quoting enclave must be one that Intel identifies', () => {
  for (const machine of [machines.sgx, machines.tdx4, machines.tdx5]) {
    for (const [field, value] of [
      ['mrsigner', '00'.repeat(32)],
      ['isv_prod_id', '0003'],
      ['misc_select', '01000000'],
      ['attributes', '1700000000000000e700000000000000'],
      ['attributes', '1100000000000001e700000000000000'],
      ['isv_svn', '0004'],
    ] as const) {
      refuses('QE', { machine, quote: { qe: { [field]: value } } });
    }
    // What the masks leave out is not compared: bit 2 of the flags, and XFRM.
    const attributes = '1100000000000000ff00000000000000';
    assert.equal(judge({ machine, quote: { qe: { attributes } } }).tcbStatus, 'UpToDate');
    const old = judge({ machine, quote: { qe: { isv_svn: '0006' } } });
    assert.equal(old.tcbStatus, 'OutOfDate');
    assert.deepEqual(old.advisories, ['INTEL-SA-00002']);
  }
});

test('TDX: the module must be one that Intel identifies, at a level that it lists', () => {
  for (const machine of [machines.tdx4, machines.tdx5]) {
    const module = (body: Record<string, string>): Bend => ({ machine, quote: { body } });
    refuses('MODULE', module({ mr_signer_seam: `01${'00'.repeat(47)}` }));
    refuses('MODULE', module({ seam_attributes: '0100000000000000' }));
    refuses('MODULE', module({ tee_tcb_svn: `0502${'03'.padEnd(28, '0')}` }), /TDX_02/);
    refuses('MODULE', module({ tee_tcb_svn: `0201${'03'.padEnd(28, '0')}` }), /SVN 2/);
    const old = judge(module({ tee_tcb_svn: `0401${'03'.padEnd(28, '0')}` }));
    assert.equal(old.tcbStatus, 'OutOfDate');
    assert.deepEqual(old.advisories, ['INTEL-SA-00003']);
    // Version 0 is judged with the platform's components.
    assert.equal(judge(module({ tee_tcb_svn: `0500${'03'.padEnd(28, '0')}` })).tcbStatus, 'UpToDate');
    assert.equal(judge(module({ tee_tcb_svn: `0400${'03'.padEnd(28, '0')}` })).tcbStatus, 'OutOfDate');
    refuses('MODULE', {
      ...module({ mr_signer_seam: 'ff'.repeat(48), tee_tcb_svn: `0500${'03'.padEnd(28, '0')}` }),
    });
    refuses('TCB', module({ tee_tcb_svn: `0501${'00'.padEnd(28, '0')}` }));
  }
});

test('DCAP: the first level that is reached in every component counts, and none is a refusal', () => {
  const components = [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
  const raised = (at: number) => (document: Record<string, unknown>) => {
    const [first, ...rest] = levelsOf(document);
    const tcb = first?.['tcb'] as { sgxtcbcomponents: { svn: number }[] };
    const svns = tcb.sgxtcbcomponents.map(({ svn }, index) => ({ svn: index === at ? svn + 1 : svn }));
    return { ...document, tcbLevels: [{ ...first, tcb: { ...tcb, sgxtcbcomponents: svns } }, ...rest] };
  };
  for (const machine of [machines.sgx, machines.tdx5]) {
    for (let at = 0; at < 16; at++) {
      const below = judge({ machine, collateral: { tcbInfo: raised(at) } });
      assert.equal(below.tcbStatus, 'OutOfDate', `component ${at}`);
      assert.deepEqual(below.advisories, ['INTEL-SA-00001']);
    }
    const only = (document: Record<string, unknown>) => {
      const bent = raised(0)(document);
      return { ...bent, tcbLevels: bent.tcbLevels.slice(0, 1) };
    };
    refuses('TCB', { machine, collateral: { tcbInfo: only } });
    refuses('TCB', { machine, collateral: { tcbInfo: withFields({ tcbLevels: [] }) } });
  }
  const older = intel.machine({ components, pceSvn: 5 });
  const newer = intel.machine({ components: components.map((svn) => svn + 1), pceSvn: 14 });
  const level13 = machines.tdx5.collateral();
  const fields = JSON.parse(Buffer.from(level13).toString()) as Record<string, string>;
  const { tcb_info = '', tcb_info_signature = '' } = fields;
  assert.equal(
    judge({ machine: older, collateral: { fields: { tcb_info, tcb_info_signature } } }).tcbStatus,
    'OutOfDate',
  );
  assert.equal(
    judge({ machine: newer, collateral: { fields: { tcb_info, tcb_info_signature } } }).tcbStatus,
    'UpToDate',
  );
});

test('DCAP: statuses are merged to the worst, as by the verifier of Intel; Revoked is refused', () => {
  const oldQe: DcapQuoteOverrides = { qe: { isv_svn: '0006' } };
  for (const [status, merged] of [
    ['UpToDate', 'OutOfDate'],
    ['SWHardeningNeeded', 'OutOfDate'],
    ['ConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['ConfigurationAndSWHardeningNeeded', 'OutOfDateConfigurationNeeded'],
    ['OutOfDate', 'OutOfDate'],
    ['OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
  ] as const) {
    const collateral = { status, advisories: ['INTEL-SA-00009', 'INTEL-SA-00002'] };
    const alone = judge({ collateral });
    assert.equal(alone.tcbStatus, status);
    assert.deepEqual(alone.advisories, ['INTEL-SA-00002', 'INTEL-SA-00009']);
    const both = judge({ collateral, quote: oldQe });
    assert.equal(both.tcbStatus, merged);
    assert.deepEqual(both.advisories, ['INTEL-SA-00002', 'INTEL-SA-00009']);
  }
  refuses('TCB', { collateral: { status: 'Revoked' } }, /revoked/);
  const revokedQe = withFields({ tcbLevels: [{ tcb: { isvsvn: 1 }, tcbStatus: 'Revoked' }] });
  refuses('TCB', { collateral: { qeIdentity: revokedQe } }, /revoked/);
  refuses('COLLATERAL', { collateral: { status: 'Fine' } });
  refuses('COLLATERAL', { collateral: { status: 'toString' } });
});

test('DCAP: signed documents must be for this platform, of the known version, in date and well formed', () => {
  const bends: readonly (readonly [string, object])[] = [
    ['COLLATERAL', { id: 'QE' }],
    ['COLLATERAL', { id: undefined }],
    ['COLLATERAL', { version: 1 }],
    ['COLLATERAL', { version: '3' }],
    ['COLLATERAL', { tcbEvaluationDataNumber: -1 }],
    ['COLLATERAL', { tcbEvaluationDataNumber: 1.5 }],
    ['COLLATERAL', { issueDate: '2026-01-01' }],
    ['COLLATERAL', { issueDate: '2026-02-30T00:00:00Z' }],
    ['COLLATERAL', { nextUpdate: null }],
    ['COLLATERAL', { tcbLevels: {} }],
    ['COLLATERAL', { tcbLevels: [7] }],
    ['COLLATERAL', { tcbLevels: Array.from({ length: 129 }, () => ({})) }],
    ['EXPIRED', { nextUpdate: '2026-01-01T00:00:00Z' }],
    ['EXPIRED', { issueDate: '2026-01-01T00:00:01Z' }],
  ];
  for (const [code, fields] of bends) {
    refuses(code, { collateral: { tcbInfo: withFields(fields) } });
    refuses(code, { collateral: { qeIdentity: withFields(fields) } });
  }
  for (const fields of [
    { fmspc: '90C06F000001' },
    { pceId: '0001' },
    { tcbType: 1 },
    { fmspc: '90c06f0000' },
    { tdxModule: undefined, tdxModuleIdentities: undefined },
  ]) {
    refuses('COLLATERAL', { collateral: { tcbInfo: withFields(fields) } });
  }
  for (const fields of [{ mrsigner: 'zz'.repeat(32) }, { attributesMask: 'FF' }, { isvprodid: 65536 }]) {
    refuses('COLLATERAL', { collateral: { qeIdentity: withFields(fields) } });
  }
  const number = (bend: DcapCollateralOptions) => judge({ collateral: bend }).tcbEvaluationNumber;
  assert.equal(number({ evaluationNumber: 20 }), 20);
  assert.equal(number({ qeIdentity: withFields({ tcbEvaluationDataNumber: 17 }) }), 17);
});

test('DCAP: the oldest of TCB info, QE identity and PCK CRL tells the age of the collateral', () => {
  const issued = (bend: DcapCollateralOptions) => judge({ collateral: bend }).collateralIssuedMs;
  const issueDate = '2025-12-30T00:00:00Z';
  assert.equal(issued({ tcbInfo: withFields({ issueDate }) }), Date.parse(issueDate));
  assert.equal(issued({ qeIdentity: withFields({ issueDate }) }), Date.parse(issueDate));
  assert.equal(issued({ pckCrl: { thisUpdateMs: Date.parse(issueDate) } }), Date.parse(issueDate));
  assert.equal(issued({ rootCrl: { thisUpdateMs: Date.parse(issueDate) } }), syntheticDcapAtMs);
});

test('DCAP: PCK certificates have the extensions of Intel, all of them', () => {
  const sgx = '1.2.840.113741.1.13.1';
  for (const extensions of [
    [],
    [[sgx, sequence()]],
    [[sgx, integer(1)]],
    [[sgx, sequence(sequence(objectId(`${sgx}.1`), element(0x04, new Uint8Array(16))))]],
  ] as const) {
    const certificate = { extensions: extensions.map(([id, value]) => [id, value] as const) };
    refuses('MALFORMED', { machine: intel.machine({ certificate }) });
  }
  assert.equal(judge({ machine: intel.machine({ ppid: '00'.repeat(16) }) }).machineId, undefined);
  const sameKey = createPrivateKey(machines.tdx5.pckKey.export({ format: 'pem', type: 'pkcs8' }));
  assert.equal(judge({ quote: { pckKey: sameKey } }).machineId, machines.tdx5.ppid);
});

test('DCAP: hex of what is not signed is lower-case alone, and no field is unknown', () => {
  const fields = JSON.parse(Buffer.from(machines.tdx5.collateral()).toString()) as Record<string, string>;
  for (const [name, value] of Object.entries(fields)) {
    if (!/^[0-9a-f]+$/.test(value)) continue;
    refuses('COLLATERAL', { collateral: { fields: { [name]: value.toUpperCase() } } });
    assert.equal(toHex(fromHex(value) as Uint8Array), value);
  }
  refuses('COLLATERAL', { collateral: { fields: { more: '' } } });
});
