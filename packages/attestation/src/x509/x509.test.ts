import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { signatureHolds } from '@coco/crypto';
import { toHex } from '@coco/primitives';
import { readCertificates } from './certificate.js';
import { issuedBy } from './chain.js';

const tee = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../../shared/data/tee');
const skip = existsSync(tee) ? false : 'the genuine evidence is not beside the checkout';

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );

test('RFC 5280: every certificate of the vendors reads as the platform reads it', { skip }, () => {
  let count = 0;
  for (const file of files(tee)) {
    const bytes = new Uint8Array(readFileSync(file));
    if (!/\.(pem|der|testcer)$|cert_chain/.test(file) || /Crl|crl/.test(file)) continue;
    for (const read of readCertificates(bytes, file)) {
      const platform = new X509Certificate(read.der);
      assert.equal(BigInt(`0x${read.serial}`), BigInt(`0x${platform.serialNumber}`), file);
      assert.equal(read.notBeforeMs, Date.parse(platform.validFrom), file);
      assert.equal(read.notAfterMs, Date.parse(platform.validTo), file);
      assert.equal(read.isCa, platform.ca, file);
      assert.equal(
        toHex(read.publicKey),
        platform.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'),
      );
      if (platform.issuer === platform.subject) {
        assert.equal(
          signatureHolds(issuedBy(read, read, 'it', 0)),
          platform.verify(platform.publicKey),
          file,
        );
      }
      count++;
    }
  }
  assert.ok(count > 50, `${count}`);
});
