import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { signatureHolds } from '@coco/crypto';
import { keyDigest, type SyntheticX509, syntheticX509 } from '../testing/dcapX509.js';
import { freshKeyPair } from '../testing/freshKeyPair.js';
import { assertRefused } from '../testing/snpVerified.js';
import { readCertificate, type X509 } from './certificate.js';
import { checkChain, checkRoot, checkSigns, checkValid, issuedBy } from './chain.js';

const fromMs = Date.UTC(2024, 0, 1);
const untilMs = Date.UTC(2025, 0, 1);
const names = ['root', 'upper', 'lower', 'leaf'] as const;
type Name = (typeof names)[number];

const keys = Object.fromEntries(names.map((name) => [name, freshKeyPair('secp384r1').privateKey])) as Record<
  Name,
  KeyObject
>;
const pins = [keyDigest(keys.root)];

/** root, upper, lower, leaf; each issued by the one before it unless it is changed. */
function chain(changes: Partial<Record<Name, Partial<SyntheticX509>>> = {}): readonly X509[] {
  return names
    .map((name, index) => {
      const issuer = names[Math.max(0, index - 1)] as Name;
      return readCertificate(
        syntheticX509({
          subject: name,
          issuer,
          key: keys[name],
          signedBy: keys[issuer],
          serial: Uint8Array.of(index + 1),
          notBeforeMs: fromMs,
          notAfterMs: untilMs,
          ca: name !== 'leaf',
          ...changes[name],
        }),
      );
    })
    .reverse();
}

const check = (changes: Parameters<typeof chain>[0] = {}, atMs = fromMs) =>
  checkChain(chain(changes), pins, atMs, 'the leaf');

test('RFC 5280 6.1: a good chain gives a signature for each certificate, and all hold', () => {
  const signatures = check();
  assert.equal(signatures.length, 4);
  assert.ok(signatures.every(signatureHolds));
  assert.deepEqual(new Set(signatures.map(({ what }) => what)).size, 4);
});

test('RFC 5280 6.1.3: names chain, every certificate is valid, the root is pinned', () => {
  assertRefused(() => check({ leaf: { issuer: 'upper' } }), 'CHAIN', /another issuer/);
  assertRefused(() => check({ lower: { subject: 'lowest' } }), 'CHAIN', /another issuer/);
  assertRefused(() => checkChain(chain(), [], fromMs, 'the leaf'), 'CHAIN', /trusted/);
  assertRefused(() => checkChain(chain(), [keyDigest(keys.upper)], fromMs, 'the leaf'), 'CHAIN');
  assertRefused(() => checkChain([], pins, fromMs, 'the leaf'), 'CHAIN');
  const [root] = chain().slice(-1) as [X509];
  assertRefused(
    () =>
      checkRoot(
        root,
        pins.map((pin) => pin.toUpperCase()),
        'the root',
      ),
    'CHAIN',
  );
  for (const name of names) {
    assertRefused(() => check({ [name]: { notBeforeMs: fromMs + 1000 } }), 'EXPIRED', /not valid yet/);
    assertRefused(() => check({ [name]: { notAfterMs: fromMs - 1000 } }), 'EXPIRED', /no longer/);
  }
});

test('a pinned key in a certificate that another signed is no root', () => {
  const crossed = chain({ root: { issuer: 'upper', signedBy: keys.upper } });
  assertRefused(() => checkChain(crossed, pins, fromMs, 'the leaf'), 'CHAIN');
  const forged = check({ root: { signedBy: keys.upper } });
  assert.equal(forged.filter((signature) => !signatureHolds(signature)).length, 1);
});

test('RFC 5280 4.1.2.5: both ends of the validity count', () => {
  const [leaf] = chain() as unknown as [X509];
  assertRefused(() => checkValid(leaf, fromMs - 1, 'it'), 'EXPIRED');
  checkValid(leaf, fromMs, 'it');
  checkValid(leaf, untilMs + 999, 'it');
  assertRefused(() => checkValid(leaf, untilMs + 1000, 'it'), 'EXPIRED');
});

test('RFC 5280 6.1.4: only authorities with keys for certificates issue, within their path length', () => {
  assertRefused(() => check({ lower: { ca: false } }), 'CHAIN', /no authority/);
  assertRefused(() => check({ lower: { keyUsage: 0x82 } }), 'CHAIN', /not for certificates/);
  assertRefused(() => check({ lower: { keyUsage: null } }), 'CHAIN', /not for certificates/);
  assert.doesNotThrow(() => check({ lower: { pathLengthMax: 0 }, upper: { pathLengthMax: 1 } }));
  assertRefused(() => check({ upper: { pathLengthMax: 0 } }), 'CHAIN', /path length/);
  assertRefused(() => check({ root: { pathLengthMax: 1 } }), 'CHAIN', /path length/);
  assert.doesNotThrow(() => check({ root: { pathLengthMax: 2 } }));
});

test('RFC 5280 4.2.1.3: no authority vouches for data, and no key that is not for signatures', () => {
  const leaf = (changes: Partial<SyntheticX509>) => chain({ leaf: changes })[0] as X509;
  checkSigns(leaf({}), 'data');
  checkSigns(leaf({ keyUsage: null }), 'data');
  assertRefused(() => checkSigns(leaf({ ca: true }), 'data'), 'CHAIN', /leaf .*not for signatures on data/);
  assertRefused(() => checkSigns(leaf({ keyUsage: 0x20 }), 'data'), 'CHAIN', /not for signatures on data/);
});

test('each signature is checked with the key of its issuer', () => {
  for (const name of ['upper', 'lower', 'leaf'] as const) {
    const signatures = check({ [name]: { signedBy: keys.leaf } });
    assert.deepEqual(signatures.map(signatureHolds).filter((holds) => !holds).length, 1, name);
  }
  const [leaf, lower] = chain() as unknown as [X509, X509];
  assert.equal(issuedBy(leaf, lower, 'the leaf').what, 'the signature of lower on the leaf');
});
