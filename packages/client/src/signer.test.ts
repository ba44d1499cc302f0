import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  type Certificate,
  type CertificateIssuer,
  type Curve,
  coseDecode,
  coseVerify,
  generateKeyPair,
  issueCertificate,
  type PrivateKey,
  privateKeyToPem,
  randomBytes,
  verifyRaw,
} from '@coco/crypto';
import { utf8 } from '@coco/primitives';
import { commandSigner } from './commandSigner.js';
import { signRequest } from './governanceRequest.js';
import { keySigner, readCertificateChain } from './signer.js';

const directory = mkdtempSync(path.join(tmpdir(), 'coco-signer-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const curves: readonly Curve[] = ['P-256', 'P-384', 'P-521'];
const hashes = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' } as const;
const noOpenSsl = spawnSync('openssl', ['version']).status === 0 ? false : 'there is no openssl command';
const message = utf8('to be signed');

function identity(
  curve: Curve = 'P-256',
  issuer?: CertificateIssuer,
): { readonly key: PrivateKey; readonly certificate: Certificate; readonly keyFile: string } {
  const key = generateKeyPair(curve);
  const subjectCommonName = `Member ${curve}`;
  const request = { subjectCommonName, publicKey: key.publicKey, isCa: true, serialNumber: randomBytes(16) };
  const certificate = issueCertificate(
    { ...request, notBeforeMs: Date.now() - 1000, notAfterMs: Date.now() + 3_600_000 },
    issuer ?? { key, subjectCommonName },
  );
  const keyFile = path.join(directory, `${key.publicKey.fingerprint}.pem`);
  writeFileSync(keyFile, privateKeyToPem(key), { mode: 0o600 });
  return { key, certificate, keyFile };
}

test('ACT-3: a key in PEM signs, of every curve, encrypted or not', async () => {
  for (const curve of curves) {
    const { key, certificate } = identity(curve);
    const passphrase = 'open sesame';
    const forms = [
      { privateKeyPem: privateKeyToPem(key) },
      { privateKeyPem: privateKeyToPem(key, passphrase), passphrase },
    ];
    for (const form of forms) {
      const signer = keySigner({ certificatePem: certificate.pem, ...form });
      const signature = await signer.sign(message);
      assert.ok(verifyRaw(key.publicKey, message, signature, { hash: hashes[curve] }));
    }
  }
});

test('a key that is not the certificate’s is refused before anything is signed', () => {
  const options = {
    certificatePem: identity().certificate.pem,
    privateKeyPem: privateKeyToPem(identity().key),
  };
  assert.throws(() => keySigner(options), { code: 'COCO_CLIENT_SIGNER' });
});

test('ACT-2: a chain is read leaf first, and each must have issued the one before', () => {
  const root = identity();
  const middle = identity('P-256', root);
  const leaf = identity('P-384', middle);
  const pem = (...of: readonly { certificate: Certificate }[]): string =>
    of.map(({ certificate }) => certificate.pem).join('');
  assert.equal(readCertificateChain(pem(leaf, middle, root)).length, 3);
  for (const wrong of [pem(root, middle, leaf), pem(leaf, root), '', privateKeyToPem(root.key)]) {
    assert.throws(() => readCertificateChain(wrong), { code: 'COCO_CLIENT_SIGNER' });
  }
});

test('ACT-3: OpenSSL signs from outside: it gets the bytes, and gives DER', { skip: noOpenSsl }, async () => {
  for (const curve of curves) {
    const { key, certificate, keyFile } = identity(curve);
    const command = `openssl dgst -${hashes[curve]} -sign '${keyFile}'`;
    const signer = commandSigner({ command, certificatePem: certificate.pem });
    const request = {
      type: 'proposal',
      actorId: certificate.fingerprint,
      createdAt: 1,
      payload: message,
    } as const;
    assert.ok(coseVerify(coseDecode(await signRequest(request, signer)), key.publicKey));
  }
});

test('ACT-3: OpenSSL signs a hash that was made here, and may answer in base64', {
  skip: noOpenSsl,
}, async () => {
  for (const curve of curves) {
    const { certificate, keyFile } = identity(curve);
    for (const ending of ['', ' | base64 -w0', ' | base64 -w20 | tr "+/" "-_"']) {
      const command = `openssl pkeyutl -sign -inkey '${keyFile}'${ending}`;
      const signer = commandSigner({ command, input: 'digest', certificatePem: certificate.pem });
      assert.equal((await signer.sign(message)).length, { 'P-256': 64, 'P-384': 96, 'P-521': 132 }[curve]);
    }
  }
});

test('a command finds algorithm and hash in its environment', { skip: noOpenSsl }, async () => {
  const { certificate, keyFile } = identity();
  const command = `test "$COCO_SIGN_ALGORITHM" = ES256 && printf %s "$COCO_SIGN_DIGEST" | base64 -d | openssl pkeyutl -sign -inkey '${keyFile}'`;
  await commandSigner({ command, certificatePem: certificate.pem }).sign(message);
});

test('a command that fails, is too slow, says nothing or signs with another key is told by its code', async () => {
  const { certificate } = identity();
  const failures: readonly (readonly [command: string, code: string, sentence: RegExp])[] = [
    ['exit 3', 'COCO_CLIENT_SIGNER', /ended with status 3/],
    ['cat >/dev/null', 'COCO_CLIENT_SIGNER', /no signature/],
    ['head -c 5000 /dev/zero', 'COCO_CLIENT_SIGNER', /more than 4096 bytes/],
    ['exec sleep 20', 'COCO_CLIENT_SIGNER', /ended by SIGTERM/],
    ['printf nonsense', 'COCO_CLIENT_SIGNATURE', /neither DER nor r \|\| s/],
    ['head -c 64 /dev/zero', 'COCO_CLIENT_SIGNATURE', /another key/],
  ];
  for (const [command, code, sentence] of failures) {
    const timeoutMs = command.includes('sleep') ? 50 : 10_000;
    const signer = commandSigner({ command, certificatePem: certificate.pem, timeoutMs });
    await assert.rejects(signer.sign(message), { code, message: sentence }, command);
  }
});
