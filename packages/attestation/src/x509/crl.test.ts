import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { signatureHolds } from '@coco/crypto';
import { CocoError, utf8 } from '@coco/primitives';
import {
  element,
  integer,
  pem,
  type SyntheticList,
  sequence,
  syntheticList,
  syntheticX509,
} from '../testing/dcapX509.js';
import { freshKeyPair } from '../testing/freshKeyPair.js';
import { assertRefused } from '../testing/snpVerified.js';
import { readCertificate } from './certificate.js';
import { checkCrl, crlEntriesMax, isRevoked, readCrl } from './crl.js';

const key = freshKeyPair(2048).privateKey;
const fromMs = Date.UTC(2024, 0, 1);
const untilMs = Date.UTC(2024, 1, 1);

const issuer = (keyUsage?: number | null, ca = true) =>
  readCertificate(
    syntheticX509({
      subject: 'ARK',
      issuer: 'ARK',
      key,
      signedBy: key,
      serial: Uint8Array.of(1),
      notBeforeMs: fromMs,
      notAfterMs: untilMs,
      ca,
      ...(keyUsage === undefined ? {} : { keyUsage }),
    }),
  );

const make = (change: Partial<SyntheticList> = {}): Uint8Array =>
  syntheticList({
    issuer: 'ARK',
    signedBy: key,
    thisUpdateMs: fromMs,
    nextUpdateMs: untilMs,
    revoked: [],
    ...change,
  });

const refuses = (change: Partial<SyntheticList>, sentence?: RegExp): void =>
  assertRefused(() => readCrl(make(change)), 'CRL', sentence);

test('RFC 5280 5: a list is read, DER or PEM, and its signature holds', () => {
  const revoked = [Uint8Array.of(5), Uint8Array.of(0, 0x80, 0), new Uint8Array(20).fill(0x7f)];
  const der = make({ revoked });
  for (const bytes of [der, utf8(pem('X509 CRL', der))]) {
    const crl = readCrl(bytes);
    assert.ok(signatureHolds(checkCrl(crl, issuer(), fromMs, 'the CRL')));
    assert.deepEqual([...crl.revoked], ['05', '8000', '7f'.repeat(20)]);
    assert.ok(isRevoked(crl, '05') && isRevoked(crl, '8000'));
    assert.ok(!isRevoked(crl, '00') && !isRevoked(crl, '008000') && !isRevoked(crl, ''));
  }
  const forged = readCrl(make({ signedBy: freshKeyPair(2048).privateKey }));
  assert.ok(!signatureHolds(checkCrl(forged, issuer(), fromMs, 'the CRL')));
});

test('RFC 5280 6.3.3: it is of its issuer, who may sign lists, and thisUpdate <= at < nextUpdate', () => {
  const crl = readCrl(make());
  assertRefused(() => checkCrl(readCrl(make({ issuer: 'ASK' })), issuer(), fromMs, 'it'), 'CRL', /not ARK's/);
  assertRefused(() => checkCrl(crl, issuer(0x04), fromMs, 'it'), 'CRL', /may not sign/);
  assertRefused(() => checkCrl(crl, issuer(undefined, false), fromMs, 'it'), 'CRL', /may not sign/);
  assertRefused(() => checkCrl(crl, issuer(null), fromMs, 'it'), 'CRL', /may not sign/);
  assert.doesNotThrow(() => checkCrl(crl, issuer(), untilMs - 1, 'it'));
  assertRefused(() => checkCrl(crl, issuer(), fromMs - 1, 'it'), 'CRL', /later/);
  assertRefused(() => checkCrl(crl, issuer(), untilMs, 'it'), 'CRL', /next update/);
});

test('RFC 5280 5.1.2.5: the next update must be said', () => {
  refuses({ nextUpdateMs: null });
  refuses({ nextUpdateMs: null, revoked: [Uint8Array.of(1)] });
});

test('RFC 5280 5.2: lists that do not cover all are refused, a named distribution point is not', () => {
  const point = (...fields: Uint8Array[]) => make({ extensions: [['2.5.29.28', sequence(...fields), true]] });
  const named = element(
    0xa0,
    element(0xa0, element(0x86, utf8('https://kdsintf.example/vcek/v1/Milan/crl'))),
  );
  const yes = Uint8Array.of(0xff);
  assert.doesNotThrow(() => readCrl(point(named)));
  for (const fields of [[element(0x81, yes)], [named, element(0x82, yes)], [named, element(0x84, yes)], []]) {
    assertRefused(() => readCrl(point(...fields)), 'CRL');
  }
  refuses({ extensions: [['2.5.29.27', integer(1), true]] }, /2\.5\.29\.27/);
  refuses({ extensions: [['2.5.29.46', sequence(), true]] });
  const revoked = [Uint8Array.of(1)];
  refuses({ revoked, entryExtensions: [['2.5.29.29', sequence(), true]] });
  assert.ok(isRevoked(readCrl(make({ revoked, entryExtensions: [['2.5.29.21', integer(1), true]] })), '01'));
});

test('RFC 5280 5.1: fields that are missing, double or of other types are refused', () => {
  const revoked = [Uint8Array.of(1)];
  for (let index = 0; index < 7; index++) {
    const bent: NonNullable<SyntheticList['bend']>[] = [
      // The list of entries may be missing.
      (fields) => fields.filter((_, at) => at !== index || index === 5).slice(0, index === 5 ? 6 : 9),
      (fields) => fields.flatMap((old, at) => (at === index ? [old, old] : [old])),
      (fields) => fields.map((old, at) => (at === index ? Uint8Array.of(5, 0) : old)),
    ];
    for (const bend of bent) refuses({ revoked, bend });
  }
  const negative = sequence(
    sequence(element(0x02, Uint8Array.of(0xff)), element(0x17, utf8('240101000000Z'))),
  );
  refuses({ bend: (fields) => [...fields.slice(0, 5), negative, ...fields.slice(5)] });
});

test('a list that is cut off or longer than it says is refused', () => {
  const der = make({ revoked: [Uint8Array.of(1), Uint8Array.of(2)] });
  for (let length = 0; length < der.length; length++) {
    assertRefused(() => readCrl(der.subarray(0, length)), 'CRL');
  }
  assertRefused(() => readCrl(new Uint8Array([...der, 0])), 'CRL');
  assertRefused(() => readCrl(new Uint8Array((1 << 20) + 1).fill(0x30)), 'CRL');
});

test('the longest list that is read costs less than 50 ms, and a longer one no more', () => {
  const serials = (count: number) => Array.from({ length: count }, (_, at) => Uint8Array.of(1, at >> 8, at));
  const longest = make({ revoked: serials(crlEntriesMax), entryExtensions: [['2.5.29.21', integer(1)]] });
  const tooLong = make({ revoked: serials(crlEntriesMax + 1) });
  const [huge] = [make({ revoked: serials(40_000) })];
  assert.equal(readCrl(longest).revoked.size, crlEntriesMax);
  for (const bytes of [longest, tooLong, huge]) {
    const times = [0, 1, 2, 3, 4].map(() => {
      const start = performance.now();
      try {
        readCrl(bytes);
      } catch (error) {
        assert.ok(error instanceof CocoError && error.code === 'COCO_ATTESTATION_CRL');
      }
      return performance.now() - start;
    });
    assert.ok(Math.min(...times) < 50, `${times}`);
  }
  assertRefused(() => readCrl(tooLong), 'CRL');
});
