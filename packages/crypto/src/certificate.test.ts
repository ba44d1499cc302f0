import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CocoError, fromBase64, toHex, utf8 } from '@coco/primitives';
import { isIssuedBy, parseCertificate } from './certificate.js';
import { issueCertificate } from './certificate-issue.js';
import { derRead } from './der-read.js';
import { sha256 } from './hash.js';
import { generateKeyPair } from './keys.js';
import type { Certificate, CertificateRequest, Curve, PrivateKey } from './types.js';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 0, 1);
const refused = (error: unknown): boolean =>
  error instanceof CocoError && error.code === 'COCO_CRYPTO_CERTIFICATE';

interface Identity {
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

function request(key: PrivateKey, changes: Partial<CertificateRequest> = {}): CertificateRequest {
  return {
    subjectCommonName: 'Node 1',
    publicKey: key.publicKey,
    notBeforeMs: nowMs,
    notAfterMs: nowMs + 40 * 365 * dayMs,
    isCa: false,
    serialNumber: new Uint8Array(16).fill(0xfe),
    ...changes,
  };
}

function service(curve: Curve = 'P-256', changes: Partial<CertificateRequest> = {}): Identity {
  const key = generateKeyPair(curve);
  const name = { subjectCommonName: 'Service ü', subjectOrganization: 'Coco' };
  return {
    key,
    certificate: issueCertificate(request(key, { ...name, isCa: true, ...changes }), { key, ...name }),
  };
}

test('RFC 5280: an issued certificate reads back as what was asked for', () => {
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    const issuer = service(curve, { pathLengthMax: 0 });
    const key = generateKeyPair(curve);
    const subjectAltNames = [{ dns: 'localhost' }, { ip: '127.0.0.1' }, { ip: '2001:db8::ff00:1' }] as const;
    const certificate = issueCertificate(request(key, { subjectAltNames }), issuer);
    assert.equal(certificate.subject, 'CN=Node 1');
    assert.equal(certificate.issuer, 'O=Coco\nCN=Service ü');
    assert.equal(certificate.serialNumber, `7e${'fe'.repeat(15)}`);
    assert.equal(certificate.notBeforeMs, nowMs);
    assert.equal(certificate.notAfterMs, nowMs + 40 * 365 * dayMs);
    assert.equal(certificate.isCa, false);
    assert.equal(issuer.certificate.isCa, true);
    assert.deepEqual(certificate.publicKey, key.publicKey);
    assert.equal(certificate.fingerprint, toHex(sha256(certificate.der)));
    const x509 = new X509Certificate(certificate.pem);
    assert.equal(
      x509.subjectAltName,
      'DNS:localhost, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:FF00:1',
    );
    assert.ok(x509.checkIP('127.0.0.1') && x509.checkHost('localhost'));
    assert.deepEqual(parseCertificate(certificate.pem), certificate);
    assert.deepEqual(parseCertificate(certificate.der), certificate);
  }
});

test('RFC 5280 section 6: openssl accepts the chain under its strict rules', (context) => {
  const version = spawnSync('openssl', ['version']);
  if (version.status !== 0) return context.skip('the openssl command is not here');
  const folder = mkdtempSync(join(tmpdir(), 'coco-crypto-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    const issuer = service(curve, { pathLengthMax: 0 });
    const node = issueCertificate(
      request(generateKeyPair(), { subjectAltNames: [{ dns: 'localhost' }] }),
      issuer,
    );
    writeFileSync(join(folder, 'service.pem'), issuer.certificate.pem);
    writeFileSync(join(folder, 'node.pem'), node.pem);
    const at = ['-attime', String(nowMs / 1000 + 60), '-x509_strict', '-check_ss_sig'];
    const verify = spawnSync('openssl', ['verify', ...at, '-CAfile', 'service.pem', 'node.pem'], {
      cwd: folder,
    });
    assert.equal(verify.status, 0, String(verify.stderr));
    const asn1 = spawnSync('openssl', ['asn1parse', '-in', 'node.pem'], { cwd: folder });
    assert.equal(asn1.status, 0, String(asn1.stderr));
  }
});

test('isIssuedBy holds for the true issuer only', () => {
  const issuer = service();
  const samename = service();
  const key = generateKeyPair();
  const node = issueCertificate(request(key), issuer);
  assert.ok(isIssuedBy(node, issuer.certificate));
  assert.ok(isIssuedBy(issuer.certificate, issuer.certificate));
  assert.ok(!isIssuedBy(node, samename.certificate), 'another key under the same name');
  assert.ok(!isIssuedBy(issuer.certificate, node));
  assert.ok(isIssuedBy(structuredClone(node), structuredClone(issuer.certificate)));
  const otherName = issueCertificate(request(issuer.key, { isCa: true }), {
    key: issuer.key,
    subjectCommonName: 'Other',
  });
  assert.ok(!isIssuedBy(node, otherName), 'the same key under another name');
});

/** Made by openssl: says CA:FALSE and nothing about key usage, and signed itself. */
const notCaDer =
  'MIIBMjCB2KADAgECAhQWPX++ChXJy1GctuPzDGK+qbkBQDAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVObyBDQTAeFw0yNjEx' +
  'MjEwMzMyMDFaFw00NjExMTYwMzMyMDFaMBAxDjAMBgNVBAMMBU5vIENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWRzA' +
  'CxWNzh6WzxZ88YzJSuVNTLse6ZC3NSF0FhkgfjcMnb50oxU/acx7H7JCFJiYJUb/tt4g416wgInVgIehaKMQMA4wDAYDVR0T' +
  'AQH/BAIwADAKBggqhkjOPQQDAgNJADBGAiEAiPrtxg+Wj1mMjMMU2vEWeGSHQM6uLbl+PMyxFkm5GOYCIQCHinyNtvCHWy6p' +
  '7gUMOCTwhdCBhUAbtBNG1NYBKqDt1g==';

test('RFC 5280 4.2.1.9: who is no CA issues nothing', () => {
  const key = generateKeyPair();
  const node = issueCertificate(request(key), { key, subjectCommonName: 'Node 1' });
  assert.ok(!isIssuedBy(node, node));
  const notCa = parseCertificate(fromBase64(notCaDer) as Uint8Array);
  const platform = new X509Certificate(notCa.der);
  assert.ok(
    platform.checkIssued(platform) && platform.verify(platform.publicKey),
    'the platform alone would take it',
  );
  assert.ok(!isIssuedBy(notCa, notCa));
  assert.throws(() => issueCertificate(request(generateKeyPair()), { key, certificate: node }), refused);
});

test('a changed byte anywhere in a certificate is seen', () => {
  const issuer = service();
  const node = issueCertificate(request(generateKeyPair()), issuer);
  for (let i = 0; i < node.der.length; i++) {
    const der = node.der.slice();
    der[i] = (der[i] as number) ^ 1;
    let accepted = false;
    try {
      accepted = isIssuedBy(parseCertificate(der), issuer.certificate);
    } catch (error) {
      assert.ok(refused(error), `byte ${i}: ${error}`);
    }
    assert.ok(!accepted, `byte ${i}`);
  }
});

test('requests that do not fit the format are refused', () => {
  const issuer = service();
  const key = generateKeyPair();
  const bad: Partial<CertificateRequest>[] = [
    { serialNumber: new Uint8Array(7) },
    { serialNumber: new Uint8Array(21) },
    { notAfterMs: nowMs - 1 },
    { pathLengthMax: 0 },
    { isCa: true, pathLengthMax: -1 },
    { subjectCommonName: '' },
    { subjectCommonName: 'x'.repeat(65) },
    { subjectAltNames: [{ dns: 'two words' }] },
    { subjectAltNames: [{ ip: '256.0.0.1' }] },
    { subjectAltNames: [{ ip: '1:2:3' }] },
    { subjectAltNames: [{ ip: '1::2::3' }] },
  ];
  for (const changes of bad) {
    assert.throws(() => issueCertificate(request(key, changes), issuer), refused, JSON.stringify(changes));
  }
  assert.throws(() => issueCertificate(request(key), { key, certificate: issuer.certificate }), refused);
});

test('input that is not one certificate is refused', () => {
  const { certificate } = service();
  const bad = [
    '',
    'text',
    certificate.pem + certificate.pem,
    certificate.pem.replaceAll('CERTIFICATE', 'PRIVATE KEY'),
    certificate.pem.slice(0, 200),
    certificate.der.subarray(0, 100),
    new Uint8Array(0),
    new Uint8Array(20_000),
    '\n'.repeat(60_000) + certificate.pem,
  ];
  for (const input of bad) assert.throws(() => parseCertificate(input), refused);
});

const ledgers = new URL('../../../../shared/data/ccf-ledgers/', import.meta.url);

test('certificates of published CCF services parse and are issued by themselves', (context) => {
  if (!existsSync(ledgers)) return context.skip(`no data at ${ledgers.pathname}`);
  for (const name of readdirSync(ledgers)) {
    const pem = readFileSync(new URL(`${name}/common/service_cert.pem`, ledgers), 'utf8');
    const certificate = parseCertificate(pem);
    assert.equal(certificate.publicKey.curve, 'P-384');
    assert.ok(isIssuedBy(certificate, certificate));
  }
});

test('RFC 9999: 32 KiB of evidence fit into a certificate, as an extension that nobody need understand', () => {
  const key = generateKeyPair();
  const value = new Uint8Array(32 * 1024).fill(7);
  const name = { subjectCommonName: 'Node' };
  const extensions = [{ objectId: '1.3.6.1.5.5.7.1.35', value }];
  const certificate = issueCertificate(request(key, { ...name, extensions }), { key, ...name });
  assert.deepEqual(certificate.extensions.unhandledCritical, []);
  for (const form of [certificate.der, certificate.pem, utf8(certificate.pem)]) {
    assert.equal(parseCertificate(form).fingerprint, certificate.fingerprint);
  }
  const last = derRead(certificate.der).children[0]?.children.at(-1)?.children[0]?.children.at(-1);
  assert.deepEqual(last?.children.at(-1)?.content, value);
  const tooLong = [{ objectId: '1.3.6.1.5.5.7.1.35', value: new Uint8Array(48 * 1024) }];
  assert.throws(() => issueCertificate(request(key, { ...name, extensions: tooLong }), { key, ...name }), {
    code: 'COCO_CRYPTO_CERTIFICATE',
  });
});
