/**
 * Everything that a quote or its collateral can be wrong in, one at a time, signed all the same by an authority that is trusted.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { fromHex, toHex } from '@coco/primitives';
import { checkSignatures } from '../../signatures.js';
import {
  createDcapAuthority,
  type DcapCollateralOptions,
  syntheticDcapAtMs,
} from '../../testing/dcapAuthority.js';
import { type DcapBend, intel, judge, machines, refuses, reportData } from '../../testing/dcapBench.js';
import { element, integer, objectId, pem, sequence, syntheticX509 } from '../../testing/dcapX509.js';
import { freshKeyPair } from '../../testing/freshKeyPair.js';
import { assertRefused } from '../../testing/snpVerified.js';
import { examineDcap } from './examineDcap.js';

const stranger = createDcapAuthority();
const dayMs = 86_400_000;

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

test('DCAP: nothing may follow within a quote; zeros alone after it', () => {
  const zero = new Uint8Array(1);
  for (const machine of Object.values(machines)) {
    refuses('MALFORMED', { machine, quote: { qePartTrailing: zero } });
    refuses('MALFORMED', { machine, quote: { authTrailing: zero } });
    refuses('MALFORMED', { machine, quote: { trailing: Uint8Array.of(0, 1) } });
    assert.doesNotThrow(() => judge({ machine, quote: { trailing: new Uint8Array(3000) } }));
  }
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
  const other = freshKeyPair('prime256v1').privateKey;
  const p384 = freshKeyPair('secp384r1').privateKey;
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
  refuses('CHAIN', { machine: intel.machine({ certificate: { keyUsage: 0x20 } }) }, /not for signatures/);
  for (const limits of [{ ca: true }, { keyUsage: 0x20 }]) {
    const other = createDcapAuthority({ saved, certificates: { tcbSigning: limits } });
    refuses('CHAIN', { machine: other.machine() }, /not for signatures on the TCB info/);
  }
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
    const crl = (change: DcapCollateralOptions['rootCrl']): DcapBend => ({
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
    const many = Array.from({ length: 2001 }, (_, at) => Uint8Array.of(1, at >> 8, at));
    refuses('CRL', crl({ revoked: many }));
  }
});

test('DCAP: what is revoked is refused', () => {
  for (const name of ['pck', 'authority', 'tcbSigning'] as const) {
    refuses('REVOKED', { collateral: { revoked: [name] } });
  }
  // An authority has two certificates over one key: neither may be revoked.
  const serial = Uint8Array.of(42);
  const again = createDcapAuthority({ saved: intel.save(), certificates: { authority: { serial } } });
  const fields = {
    pck_crl_issuer_chain: pem('CERTIFICATE', again.certificates.authority, again.certificates.root),
  };
  assert.doesNotThrow(() => judge({ collateral: { fields } }));
  refuses('REVOKED', { collateral: { fields, revoked: ['authority'] } });
  refuses('REVOKED', { collateral: { fields, rootCrl: { revoked: [serial] } } });
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
