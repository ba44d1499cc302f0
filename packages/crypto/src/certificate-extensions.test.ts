import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CocoError } from '@coco/primitives';
import { parseCertificate } from './certificate.js';
import { issueCertificate } from './certificate-issue.js';
import { generateKeyPair } from './keys.js';

const dates = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2027, 0, 1) };

test('RFC 5280 4.2.1.9 and 4.2.1.3: path length and key usage read back as issued', () => {
  const key = generateKeyPair();
  const common = { publicKey: key.publicKey, serialNumber: new Uint8Array(16).fill(7), ...dates };
  const issuer = { key, subjectCommonName: 'CA' };
  const ca = issueCertificate({ ...common, subjectCommonName: 'CA', isCa: true, pathLengthMax: 3 }, issuer);
  assert.deepEqual(ca.extensions, {
    pathLengthMax: 3,
    keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
    unhandledCritical: [],
  });
  const leaf = issueCertificate({ ...common, subjectCommonName: 'Leaf', isCa: false }, issuer);
  assert.deepEqual(leaf.extensions, { keyUsage: ['digitalSignature'], unhandledCritical: [] });
});

/** A certificate that openssl made with these extensions. */
function openssl(context: TestContext, ...extensions: string[]): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'coco-crypto-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const added = extensions.flatMap((one) => ['-addext', one]);
  const made = spawnSync(
    'openssl',
    // biome-ignore format: one command line
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem',
      '-out', 'cert.pem', '-subj', '/CN=Other', ...added],
    { cwd: folder },
  );
  if (made.error !== undefined) return undefined;
  assert.equal(made.status, 0, String(made.stderr));
  return readFileSync(join(folder, 'cert.pem'), 'utf8');
}

test('RFC 5280 4.2.1.12: the purposes that another tool wrote are read', (context) => {
  const pem = openssl(
    context,
    'extendedKeyUsage=serverAuth,clientAuth',
    'keyUsage=critical,digitalSignature',
  );
  if (pem === undefined) return context.skip('the openssl command is not here');
  const { extensions } = parseCertificate(pem);
  assert.deepEqual(extensions.extendedKeyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  assert.deepEqual(extensions.keyUsage, ['digitalSignature']);
  assert.equal(extensions.pathLengthMax, undefined);
  assert.deepEqual(extensions.unhandledCritical, []);
});

test('RFC 5280 4.2: critical extensions that are not understood are told', (context) => {
  const pem = openssl(
    context,
    'nameConstraints=critical,permitted;DNS:example.com',
    '2.999.3=critical,DER:0500',
  );
  if (pem === undefined) return context.skip('the openssl command is not here');
  assert.deepEqual(parseCertificate(pem).extensions.unhandledCritical, ['2.5.29.30', '2.999.3']);
});

test('RFC 5280 4.2: an extension that occurs twice is refused', (context) => {
  const pem = openssl(context, '1.2.3.4=DER:0500', '1.2.3.5=DER:0500');
  if (pem === undefined) return context.skip('the openssl command is not here');
  const der = parseCertificate(pem).der.slice();
  const at = der.findIndex(
    (byte, i) => byte === 6 && der[i + 1] === 3 && der[i + 2] === 0x2a && der[i + 4] === 5,
  );
  assert.ok(at > 0);
  der[at + 4] = 4;
  assert.throws(
    () => parseCertificate(der),
    (error) => error instanceof CocoError && String(error.facts['reason']).includes('twice'),
  );
});
