import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, toBase64, utf8 } from '@coco/primitives';
import { createSnpAuthority } from '../../testing/snpAuthority.js';
import { assertRefused } from '../../testing/snpVerified.js';
import { snpEndorsements } from './snpEndorsements.js';

const amd = createSnpAuthority();
const { endorsements } = amd.machine();
const { vcek, ask, ark } = endorsements as { vcek: Uint8Array; ask: Uint8Array; ark: Uint8Array };

const pemText = (der: Uint8Array, label = 'CERTIFICATE') =>
  `-----BEGIN ${label}-----\n${toBase64(der).replaceAll(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;
const pem = (...ders: readonly Uint8Array[]) => utf8(ders.map((der) => pemText(der)).join(''));

test('endorsements are made of certificates in any order and form', () => {
  const vlek = amd.machine({ signer: 'vlek' }).endorsements['vcek'] as Uint8Array;
  const json = utf8(
    JSON.stringify({ vcekCert: pemText(vcek), certificateChain: pemText(ask) + pemText(ark) }),
  );
  for (const certificates of [
    [vcek, ask, ark],
    [ark, vcek, ask],
    [pem(vcek), pem(ask), pem(ark)],
    [pem(ark, ask, vcek)],
    [vcek, pem(ask, ark)],
    [vcek, pem(ask, ark), ark],
    [json],
    [utf8(toBase64(json)), ask],
    [utf8(toBase64(vcek)), pem(ask, ark)],
    // Root and authority of another family as well.
    [pem(vcek, ask, ark), createSnpAuthority({ family: 'genoa' }).ask],
  ]) {
    assert.deepEqual(snpEndorsements({ certificates }), { vcek, ask, ark });
  }
  assert.deepEqual(snpEndorsements({ certificates: [pem(vlek, ask, ark)] })['vcek'], vlek);
});

test('list, endorsement of the utility VM and policy are taken as they are, or out of base64 and PEM', () => {
  const crl = amd.crl();
  const uvm = Uint8Array.of(0xd2, 0x84, 0x40);
  const policy = utf8('package policy\n\ndefault allow := false\n');
  const expected = { vcek, ask, ark, crl, uvm, policy };
  const certificates = [vcek, ask, ark];
  assert.deepEqual(snpEndorsements({ certificates, crl, uvm, policy }), expected);
  const base64 = (bytes: Uint8Array) => utf8(`${toBase64(bytes)}\n`);
  const armoured = { crl: utf8(pemText(crl, 'X509 CRL')), uvm: base64(uvm), policy: base64(policy) };
  assert.deepEqual(snpEndorsements({ certificates, ...armoured }), expected);
});

test('certificates that are missing, ambiguous or unreadable are refused', () => {
  const other = amd.machine().endorsements['vcek'] as Uint8Array;
  for (const [certificates, sentence] of [
    [[], /key that signed the report.* is not among/],
    [[ask, ark], /key that signed the report.* is not among/],
    [[vcek, ark], /ASK.* is not among/],
    [[vcek, ask], /ARK.* is not among/],
    [[vcek, other, ask, ark], /several certificates/],
  ] as const) {
    assertRefused(() => snpEndorsements({ certificates }), 'CHAIN', sentence);
  }
  for (const file of ['', '{}', '{"vcekCert":1}', '{', 'null', 'certificate', '-----BEGIN']) {
    assertRefused(() => snpEndorsements({ certificates: [utf8(file)] }), 'MALFORMED');
  }
  assertRefused(() => snpEndorsements({ certificates: [concatBytes(vcek, ask)] }), 'MALFORMED');
});
