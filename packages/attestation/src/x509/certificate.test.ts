import assert from 'node:assert/strict';
import { type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { signatureHolds } from '@coco/crypto';
import { CocoError, seededRandom, toHex, utf8 } from '@coco/primitives';
import {
  element,
  integer,
  keyDigest,
  pem,
  pssIdentifier,
  type SyntheticX509,
  sequence,
  syntheticX509,
  time,
  unsigned,
} from '../testing/dcapX509.js';
import { freshKeyPair } from '../testing/freshKeyPair.js';
import { assertRefused } from '../testing/snpVerified.js';
import { readCertificate, readCertificates, type X509 } from './certificate.js';
import { issuedBy } from './chain.js';

const tee = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../../shared/data/tee');
const skip = existsSync(tee) ? false : `the genuine evidence is not at ${tee}: not checked`;

const p256 = freshKeyPair('prime256v1').privateKey;
const p384 = freshKeyPair('secp384r1').privateKey;
const rsa = freshKeyPair(2048).privateKey;
const fromMs = Date.UTC(2024, 1, 29, 12, 30, 59);
const untilMs = Date.UTC(2051, 0, 1);

const make = (change: Partial<SyntheticX509> = {}): Uint8Array =>
  syntheticX509({
    subject: 'A',
    issuer: 'A',
    key: change.signedBy ?? p256,
    signedBy: p256,
    serial: Uint8Array.of(1, 0),
    notBeforeMs: fromMs,
    notAfterMs: untilMs,
    ca: true,
    ...change,
  });

const read = (change: Partial<SyntheticX509> = {}): X509 => readCertificate(make(change));

/** Replaces one field of what is signed. */
const field = (index: number, value: Uint8Array): Partial<SyntheticX509> => ({
  bend: (fields) => fields.map((old, at) => (at === index ? value : old)),
});

const refuses = (change: Partial<SyntheticX509>): void => assertRefused(() => read(change), 'MALFORMED');

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );

test('RFC 5280: every certificate of the vendors reads as the platform reads it', { skip }, () => {
  let count = 0;
  for (const file of files(tee)) {
    const bytes = new Uint8Array(readFileSync(file));
    if (!/\.(pem|der|testcer)$|cert_chain/.test(file) || /Crl|crl/.test(file)) continue;
    for (const found of readCertificates(bytes, file)) {
      assertAsPlatform(found, file);
      count++;
    }
  }
  assert.ok(count > 50, `${count}`);
});

function assertAsPlatform(found: X509, file: string): void {
  const platform = new X509Certificate(found.der);
  assert.equal(BigInt(`0x${found.serial}`), BigInt(`0x${platform.serialNumber}`), file);
  assert.equal(found.notBeforeMs, Date.parse(platform.validFrom), file);
  assert.equal(found.notAfterMs, Date.parse(platform.validTo), file);
  assert.equal(found.isCa, platform.ca, file);
  const spki = platform.publicKey.export({ format: 'der', type: 'spki' });
  assert.equal(toHex(found.publicKey), spki.toString('hex'), file);
  assert.equal(found.publicKeyDigest, keyDigest(platform.publicKey), file);
  if (platform.issuer === platform.subject) {
    assert.equal(signatureHolds(issuedBy(found, found, 'it', 0)), platform.verify(platform.publicKey), file);
  }
}

test('what is written is read: names, serial, times, constraints, key usage, extensions', () => {
  const found = read({ pathLengthMax: 2, extensions: [['1.2.840.113741.1.13.1', Uint8Array.of(5, 0)]] });
  assertAsPlatform(found, 'synthetic');
  assert.equal(found.subjectText, 'CN=A, O=Synthetic, for tests alone');
  assert.equal(found.commonName, 'A');
  assert.equal(found.serial, '0100');
  assert.equal(found.pathLengthMax, 2);
  assert.deepEqual([...(found.keyUsage ?? [])], ['keyCertSign', 'cRLSign']);
  assert.deepEqual(found.extensions.get('1.2.840.113741.1.13.1'), {
    critical: false,
    value: Uint8Array.of(5, 0),
  });
  const leaf = read({ ca: false });
  assert.deepEqual([...(leaf.keyUsage ?? [])], ['digitalSignature', 'nonRepudiation']);
  assert.equal(leaf.isCa, false);
  assert.equal(leaf.pathLengthMax, undefined);
  assert.equal(read({ keyUsage: null }).keyUsage, undefined);
});

test('RFC 5758, RFC 4055: signatures of every supported algorithm hold', () => {
  for (const [algorithm, signedBy, scheme] of [
    ['ecdsa', p256, 'ecdsa-p256-sha256'],
    ['ecdsa', p384, 'ecdsa-p384-sha384'],
    ['pss-sha256', rsa, 'rsa-pss-sha256'],
    ['pss-sha384', rsa, 'rsa-pss-sha384'],
    ['pss-sha512', rsa, 'rsa-pss-sha512'],
    ['pkcs1-sha256', rsa, 'rsa-pkcs1-sha256'],
    ['pkcs1-sha384', rsa, 'rsa-pkcs1-sha384'],
    ['pkcs1-sha512', rsa, 'rsa-pkcs1-sha512'],
  ] as const) {
    // ECDSA numbers are shorter now and then.
    for (let round = 0; round < (algorithm === 'ecdsa' ? 40 : 1); round++) {
      const found = read({ algorithm, signedBy: signedBy as KeyObject });
      assert.equal(found.signatureAlgorithm, scheme);
      assert.ok(signatureHolds(issuedBy(found, found, 'it', 0)), scheme);
      const tbs = found.tbs.slice();
      tbs[tbs.length - 1] = (tbs.at(-1) as number) ^ 1;
      assert.ok(!signatureHolds({ ...issuedBy(found, found, 'it', 0), message: tbs }), scheme);
    }
  }
});

test('RFC 4055 3.1: PSS with other parameters than MGF1 of the same hash and a salt as long is refused', () => {
  const good = make({ signedBy: rsa, algorithm: 'pss-sha384' });
  const usual = Buffer.from(pssIdentifier(2, 2, 48)).toString('hex');
  assert.equal(good.length > 0 && toHex(good).split(usual).length, 3);
  for (const other of [pssIdentifier(2, 1, 48), pssIdentifier(2, 2, 32), pssIdentifier(1, 1, 48)]) {
    const bent = Buffer.from(toHex(good).replaceAll(usual, toHex(other)), 'hex');
    assertRefused(() => readCertificate(new Uint8Array(bent)), 'MALFORMED', /algorithm/);
  }
});

test('RFC 5280 4.1.1.2: the algorithm that is signed is the one that is used', () => {
  refuses({ ...field(2, sequence(element(0x06, Uint8Array.of(0x2a, 0x03)))) });
  const other = make({ signedBy: p384 });
  const inner = make({ signedBy: p256 });
  const found = readCertificate(inner);
  assert.equal(found.signatureAlgorithm, 'ecdsa-p256-sha256');
  refuses(field(2, readCertificateAlgorithm(other)));
});

/** The AlgorithmIdentifier of a certificate: what follows its tbs. */
function readCertificateAlgorithm(der: Uint8Array): Uint8Array {
  const { tbs } = readCertificate(der);
  const at = tbs.byteOffset - der.byteOffset + tbs.length;
  return der.subarray(at, at + 2 + (der[at + 1] as number));
}

test('RFC 5280 4.1: fields that are missing, double, out of order or of other types are refused', () => {
  for (let index = 0; index < 8; index++) {
    refuses({ bend: (fields) => fields.filter((_, at) => at !== index) });
    refuses({ bend: (fields) => fields.flatMap((old, at) => (at === index ? [old, old] : [old])) });
    refuses(field(index, Uint8Array.of(5, 0)));
  }
  refuses(field(0, element(0xa0, integer(1))));
  refuses(field(0, element(0xa0, integer(0))));
  refuses(field(1, element(0x02, Uint8Array.of(0xff))));
  refuses(field(1, element(0x02, Uint8Array.of(0, 1))));
  refuses(field(1, element(0x02)));
  refuses(field(1, unsigned(new Uint8Array(21).fill(1))));
  assert.equal(read(field(1, integer(0))).serial, '00');
  assert.equal(read(field(1, unsigned(new Uint8Array(20).fill(0xff)))).serial, 'ff'.repeat(20));
});

test('RFC 5280 4.1.2.5: times have one form, and are in the calendar', () => {
  const times = (from: Uint8Array, until = time(untilMs)) => field(4, sequence(from, until));
  const utc = (text: string) => element(0x17, utf8(text));
  const general = (text: string) => element(0x18, utf8(text));
  assert.equal(read(times(utc('000229235959Z'))).notBeforeMs, Date.UTC(2000, 1, 29, 23, 59, 59));
  assert.equal(read(times(utc('500101000000Z'))).notBeforeMs, Date.UTC(1950, 0, 1));
  assert.equal(
    read(times(utc('491231235959Z'), general('99991231235959Z'))).notAfterMs,
    Date.UTC(9999, 11, 31, 23, 59, 59),
  );
  for (const text of [
    '2402291230Z',
    '240229123059',
    '240229123059+0000',
    '240229123059.5Z',
    '240230000000Z',
    '230229000000Z',
    '241301000000Z',
    '240001000000Z',
    '240100000000Z',
    '240101240000Z',
    '240101006000Z',
    '240101000060Z',
    '2４0101000000Z',
  ]) {
    refuses(times(utc(text)));
  }
  refuses(times(general('20240101000000Z')));
  refuses(times(general('20500101000000.1Z')));
  refuses(field(4, sequence(time(fromMs))));
  refuses(field(4, sequence(time(fromMs), time(untilMs), time(untilMs))));
});

test('times agree with the calendar of the platform', () => {
  const random = seededRandom(5280);
  for (let round = 0; round < 300; round++) {
    const ms = Date.UTC(1950, 0, 1) + random.integer(2 ** 31) * 1000 + random.integer(1000) * 86_400_000;
    assert.equal(read({ notBeforeMs: ms }).notBeforeMs, ms);
  }
});

test('RFC 5280 4.2: extensions occur once, and critical ones are understood', () => {
  refuses({ extensions: [['1.2.3', integer(1), true]] });
  refuses({ extensions: [['2.5.29.30', sequence(), true]] });
  assert.ok(read({ extensions: [['2.5.29.37', sequence(), true]] }).extensions.get('2.5.29.37')?.critical);
  refuses({
    extensions: [
      ['1.2.3', integer(1)],
      ['1.2.3', integer(1)],
    ],
  });
  refuses({ extensions: [['2.5.29.19', sequence(), true]] });
  refuses(field(7, element(0xa3, sequence())));
  refuses(field(7, element(0xa3)));
  const [id, value] = [element(0x06, Uint8Array.of(0x2a, 3)), element(0x04, integer(1))];
  const one = (...parts: Uint8Array[]) => field(7, element(0xa3, sequence(sequence(...parts))));
  assert.equal(read(one(id, value)).isCa, false);
  refuses(one(id));
  refuses(one(value));
  refuses(one(id, value, value));
  refuses(one(id, element(0x01, Uint8Array.of(1)), value));
  const constraints = (...parts: Uint8Array[]) =>
    one(element(0x06, Uint8Array.of(0x55, 0x1d, 0x13)), element(0x04, sequence(...parts)));
  refuses(constraints(integer(1)));
  refuses(constraints(element(0x01, Uint8Array.of(0xff)), integer(1), integer(1)));
  refuses(constraints(element(0x01, Uint8Array.of(0xff)), element(0x02, Uint8Array.of(0xff))));
});

test('PEM: the order is kept, the count is limited, and nothing else is in it', () => {
  const [a, b] = [make({ subject: 'A' }), make({ subject: 'B' })];
  const names = (text: string, countMax?: number) =>
    readCertificates(utf8(text), 'the chain', countMax).map(({ commonName }) => commonName);
  assert.deepEqual(names(pem('CERTIFICATE', b, a)), ['B', 'A']);
  assert.deepEqual(names(`\r\n${pem('CERTIFICATE', a, b).replaceAll('\n', '\r\n')}\n\n`), ['A', 'B']);
  assert.equal(readCertificates(a).length, 1);
  assert.equal(names(pem('CERTIFICATE', a, a, a, a, a)).length, 5);
  const pemOfA = pem('CERTIFICATE', a);
  for (const text of [
    '',
    'x',
    `x${pemOfA}`,
    `${pemOfA}x`,
    pemOfA.slice(0, -3),
    pemOfA.replaceAll('CERTIFICATE', 'PUBLIC KEY'),
    pemOfA.replace('MII', 'M*I'),
    pem('CERTIFICATE', a, a, a, a, a, a),
  ]) {
    assertRefused(() => names(text), 'MALFORMED');
  }
  assertRefused(() => names(pem('CERTIFICATE', a, b), 1), 'MALFORMED');
  assertRefused(() => readCertificate(new Uint8Array(20_000).fill(0x30)), 'TOO_LARGE');
  assertRefused(() => readCertificates(new Uint8Array(400_000)), 'TOO_LARGE');
});

test('a certificate that is cut off, or whose bytes are changed, is refused with a code or fails its signature', () => {
  const der = make();
  for (let length = 0; length < der.length; length++) {
    assertRefused(() => readCertificate(der.subarray(0, length)), 'MALFORMED');
  }
  const trusted = readCertificate(der);
  for (let at = 0; at < der.length; at++) {
    const bent = der.slice();
    bent[at] = (bent[at] as number) ^ 0x10;
    try {
      const found = readCertificate(bent);
      const check = issuedBy(found, trusted, 'it', 0);
      assert.ok(!signatureHolds(check), `${at}`);
    } catch (error) {
      assert.ok(error instanceof CocoError && error.code.startsWith('COCO_ATTESTATION_'), `${error}`);
    }
  }
});
