/**
 * Compatibility, checked on what we did not write: quotes of real machines with Intel's own collateral.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureHolds } from '@coco/crypto';
import { fromHex, fromUtf8, toHex, utf8 } from '@coco/primitives';
import { builtInAnchors } from '../../anchors.js';
import { checkSignatures } from '../../signatures.js';
import {
  type DcapSampleName,
  dcapSample,
  dcapSampleFile,
  dcapSamplesMissing as skip,
} from '../../testing/dcapSamples.js';
import { assertRefused } from '../../testing/snpVerified.js';
import type { PlatformClaims } from '../../types.js';
import { readCertificate, readCertificates } from '../../x509/certificate.js';
import { checkChain } from '../../x509/chain.js';
import { checkCrl, isRevoked, readCrl } from '../../x509/crl.js';
import { type DcapInput, examineDcap } from './examineDcap.js';
import { readPckExtensions } from './pckExtensions.js';
import { readQuote } from './quote.js';

type Bend = Partial<DcapInput & { atMs: number }>;

function judge(name: DcapSampleName, bend: Bend = {}): PlatformClaims {
  const { atMs, ...input } = { ...dcapSample(name), ...bend };
  return checkSignatures(examineDcap(input, builtInAnchors, atMs));
}

/** The collateral of a sample with fields replaced. */
function collateral(name: DcapSampleName, change: (fields: Record<string, string>) => object): Uint8Array {
  const fields = JSON.parse(fromUtf8(dcapSample(name).collateral) ?? '') as Record<string, string>;
  return utf8(JSON.stringify({ ...fields, ...change(fields) }));
}

for (const [name, version, status, advisories, evaluation, fmspc, from, until] of [
  [
    'sgx',
    3,
    'ConfigurationAndSWHardeningNeeded',
    ['INTEL-SA-00289', 'INTEL-SA-00615'],
    17,
    '00a067110000',
    '2025-06-19T10:56:11Z',
    '2025-07-19T10:01:18Z',
  ],
  ['tdx-v4', 4, 'UpToDate', [], 17, 'b0c06f000000', '2025-06-19T10:32:27Z', '2025-07-19T10:00:35Z'],
  ['tdx-v5', 5, 'UpToDate', [], 18, '90c06f000000', '2026-02-18T10:58:51Z', '2026-03-20T10:41:15Z'],
] as const) {
  test(`DCAP: ${name} is a genuine quote of version ${version}, ${status}`, { skip }, () => {
    const claims = judge(name);
    assert.equal(claims.version, version);
    assert.equal(claims.platform, dcapSample(name).platform);
    assert.equal(claims.tcbStatus, status);
    assert.deepEqual(claims.advisories, advisories);
    assert.equal(claims.tcbEvaluationNumber, evaluation);
    assert.equal(claims.tcb.parts['fmspc'], fmspc);
    assert.equal(claims.root, builtInAnchors.intel[0]);
    assert.equal(claims.signer, 'pck');
    assert.equal(claims.migratable, false);
    assert.match(claims.machineId ?? '', /^[0-9a-f]{32}$/);
    assert.equal(claims.reportData.length, 64);
  });

  test(`DCAP: ${name} is good while its collateral is, and neither before nor after`, { skip }, () => {
    const [first, end] = [Date.parse(from), Date.parse(until)];
    assert.equal(judge(name, { atMs: first }).validUntilMs, end);
    assert.doesNotThrow(() => judge(name, { atMs: end - 1 }));
    for (const [atMs, code] of [
      [first - 1, /EXPIRED|CRL/],
      [end, /EXPIRED|CRL/],
      [Date.UTC(2010, 0, 1), /EXPIRED/],
      [Date.UTC(2060, 0, 1), /EXPIRED/],
    ] as const) {
      assert.throws(() => judge(name, { atMs }), { code });
    }
  });
}

test('DCAP: the registers of a genuine quote are those of its body', { skip }, () => {
  const { quote } = dcapSample('tdx-v5');
  const { registers, reportData, attributes } = judge('tdx-v5');
  const body = quote.subarray(54);
  assert.equal(registers['mrtd'], toHex(body.subarray(136, 184)));
  assert.equal(registers['rtmr0'], toHex(body.subarray(328, 376)));
  assert.equal(registers['rtmr3'], toHex(body.subarray(472, 520)));
  assert.equal(registers['mr_service_td'], '00'.repeat(48));
  assert.equal(attributes, toHex(body.subarray(120, 136)));
  assert.deepEqual(reportData, body.subarray(520, 584));
  const sgx = judge('sgx');
  assert.equal(sgx.registers['mrenclave'], toHex(dcapSample('sgx').quote.subarray(48 + 64, 48 + 96)));
  assert.equal(fromUtf8(sgx.reportData.subarray(0, 13)), 'Hello, world!');
});

for (const [name, code] of [
  ['tdx-no-level', 'TCB'],
  ['tdx-no-level-2', 'TCB'],
  ['tdx-debug', 'DEBUG'],
  ['sgx-debug', 'DEBUG'],
  ['tdx-other-family', 'COLLATERAL'],
] as const) {
  test(`DCAP: ${name}, a genuine negative, is refused: ${code}`, { skip }, () => {
    assertRefused(() => judge(name), code);
  });
}

test('DCAP: what the debuggable quotes are signed by is genuine all the same', { skip }, () => {
  for (const name of ['tdx-debug', 'sgx-debug'] as const) {
    const quote = readQuote(dcapSample(name).quote);
    const end = quote.pckChain.indexOf(0);
    const pem = end < 0 ? quote.pckChain : quote.pckChain.subarray(0, end);
    const chain = readCertificates(pem, 'the chain', 3);
    const signatures = checkChain(chain, builtInAnchors.intel, Date.UTC(2024, 6, 1), 'the PCK');
    assert.ok(signatures.every(signatureHolds), name);
    assert.ok(
      signatureHolds({
        scheme: 'ecdsa-p256-sha256',
        publicKey: chain[0]?.publicKey as Uint8Array,
        message: quote.qeReport,
        signature: quote.qeReportSignature,
      }),
      name,
    );
  }
});

test('notes section 1: garbage, empty, unsigned, swapped and foreign CRLs are refused', { skip }, () => {
  for (const name of ['sgx', 'tdx-v4', 'tdx-v5'] as const) {
    const bent: ((fields: Record<string, string>) => object)[] = [
      () => ({ pck_crl: 'deadbeef' }),
      () => ({ root_ca_crl: 'deadbeef' }),
      () => ({ pck_crl: '' }),
      () => ({ root_ca_crl: '' }),
      ({ pck_crl }) => ({ root_ca_crl: pck_crl }),
      ({ root_ca_crl }) => ({ pck_crl: root_ca_crl }),
      ({ pck_crl, root_ca_crl }) => ({ pck_crl: root_ca_crl, root_ca_crl: pck_crl }),
      // The list of the same authority, of another time.
      ({ pck_crl_issuer_chain }) => {
        const otherName = name === 'tdx-v4' ? 'tdx-v5' : 'tdx-v4';
        const other = JSON.parse(fromUtf8(dcapSample(otherName).collateral) ?? '');
        return { pck_crl: other.pck_crl, pck_crl_issuer_chain };
      },
    ];
    for (const change of bent) {
      assertRefused(() => judge(name, { collateral: collateral(name, change) }), 'CRL');
    }
    // The last byte of the list is the end of its signature.
    for (const field of ['pck_crl', 'root_ca_crl']) {
      const change = (fields: Record<string, string>) => {
        const bytes = fromHex(fields[field] ?? '') as Uint8Array;
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        return { [field]: toHex(bytes) };
      };
      assertRefused(() => judge(name, { collateral: collateral(name, change) }), 'SIGNATURE', /CRL/);
    }
  }
});

test('DCAP: signed documents that are changed, exchanged or missing are refused', { skip }, () => {
  const name = 'tdx-v4';
  const of = (change: (fields: Record<string, string>) => object) => () =>
    judge(name, { collateral: collateral(name, change) });
  const sgx = JSON.parse(fromUtf8(dcapSample('sgx').collateral) ?? '') as Record<string, string>;
  assertRefused(
    of(({ tcb_info }) => ({ tcb_info: `${tcb_info} ` })),
    'SIGNATURE',
    /TCB info/,
  );
  assertRefused(
    of(({ qe_identity }) => ({ qe_identity: ` ${qe_identity}` })),
    'SIGNATURE',
    /QE identity/,
  );
  assertRefused(
    of(({ tcb_info_signature }) => ({ qe_identity_signature: tcb_info_signature })),
    'SIGNATURE',
  );
  assertRefused(
    of(() => ({ qe_identity: sgx['qe_identity'] })),
    'COLLATERAL',
  );
  assertRefused(
    of(() => ({ tcb_info: sgx['tcb_info'] })),
    'COLLATERAL',
  );
  assertRefused(
    of(({ pck_crl_issuer_chain }) => ({ tcb_info_issuer_chain: pck_crl_issuer_chain })),
    'CHAIN',
  );
  for (const field of Object.keys(sgx)) {
    assertRefused(
      of(() => ({ [field]: undefined })),
      'COLLATERAL',
    );
    assertRefused(
      of(() => ({ [field]: 7 })),
      'COLLATERAL',
    );
  }
});

test('DCAP: who does not trust Intel trusts none of it', { skip }, () => {
  const { atMs, ...input } = dcapSample('tdx-v4');
  assertRefused(() => examineDcap(input, { ...builtInAnchors, intel: ['00'.repeat(32)] }, atMs), 'CHAIN');
});

for (const vendor of ['sgx', 'tdx'] as const) {
  const file = (name: string): Uint8Array => dcapSampleFile(`${vendor}/intel-qvl-synthetic/${name}`);

  test(`Intel's synthetic ${vendor} set: chains, lists and documents hold under their own root`, {
    skip,
  }, () => {
    const atMs = Date.UTC(2024, 0, 1);
    const root = readCertificate(file('trustedRootCaCert.pem'));
    const pins = [root.publicKeyDigest];
    const pck = readCertificate(file('pckCert.pem'));
    const authority = readCertificates(file('pckSignChain.pem')).find(({ title }) => /PCK/.test(title));
    const signer = readCertificates(file('tcbSignChain.pem')).find(({ title }) => /TCB/.test(title));
    assert.ok(authority !== undefined && signer !== undefined);
    const rootCrl = readCrl(file('rootCaCrl.der'));
    const pckCrl = readCrl(file('intermediateCaCrl.der'));
    const signatures = [
      ...checkChain([pck, authority, root], pins, atMs, 'the PCK'),
      ...checkChain([signer, root], pins, atMs, 'the signer'),
      checkCrl(rootCrl, root, atMs, 'the root CRL'),
      checkCrl(pckCrl, authority, atMs, 'the PCK CRL'),
      ...(['tcbInfo', 'enclaveIdentity'] as const).map((name) => {
        const text = fromUtf8(file(name === 'tcbInfo' ? 'tcbInfo.json' : 'qeIdentity.json')) ?? '';
        const [, body = '', signature = ''] =
          /^\{"\w+":(.*),"signature":"([0-9a-f]{128})"\}\s*$/s.exec(text) ?? [];
        return {
          what: name,
          scheme: 'ecdsa-p256-sha256' as const,
          publicKey: signer.publicKey,
          message: utf8(body),
          signature: fromHex(signature) as Uint8Array,
        };
      }),
    ];
    for (const signature of signatures) assert.ok(signatureHolds(signature), signature.what);
    assert.equal(isRevoked(rootCrl, authority.serial), false);
    assert.equal(isRevoked(pckCrl, pck.serial), false);
    assert.equal(pckCrl.revoked.size, vendor === 'sgx' ? 1 : 0);
    assert.equal(readPckExtensions(pck, 'the PCK').fmspc, vendor === 'sgx' ? '00707f000000' : 'ed742af8adf5');
    assertRefused(() => checkChain([pck, authority, root], builtInAnchors.intel, atMs, 'the PCK'), 'CHAIN');
  });
}

test('DCAP: quotes that do not bring the PCK chain in PEM are refused', { skip }, () => {
  for (const platform of ['sgx', 'tdx'] as const) {
    const quote = dcapSampleFile(`${platform}/intel-qvl-synthetic/quote.dat`);
    const { collateral } = dcapSample(platform === 'sgx' ? 'sgx' : 'tdx-v4');
    const atMs = Date.UTC(2025, 5, 20);
    assertRefused(() => examineDcap({ quote, collateral, platform }, builtInAnchors, atMs), 'MALFORMED');
  }
});

test('DCAP: bytes after the quote are zeros, or it is refused', { skip }, () => {
  const { quote } = dcapSample('tdx-v5');
  const padded = new Uint8Array(8000);
  padded.set(quote);
  assert.equal(judge('tdx-v5', { quote: padded }).tcbStatus, 'UpToDate');
  padded[7999] = 1;
  assertRefused(() => judge('tdx-v5', { quote: padded }), 'MALFORMED');
  const google = dcapSampleFile('tdx/go-tdx-guest/tdx_prod_quote_SPR_E4.dat');
  assertRefused(() => readQuote(google), 'MALFORMED', /zeros/);
  assert.equal(readQuote(google.subarray(0, google.length - 39)).version, 4);
});
