import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes, seededRandom, toHex, utf8 } from '@coco/primitives';
import { ristretto255_FROST } from '@noble/curves/ed25519.js';
import { cborEncode } from '../cbor.js';
import { sha256 } from '../hash.js';
import { combinePartials } from './combine.js';
import { ciphertextHolds, openSealed, thresholdEncrypt } from './encrypt.js';
import { elementOf, generator, hashToElement, randomScalar, secretPower } from './group.js';
import { type KeyShare, keepKeyShare } from './key-share.js';
import { encodePartial, encodeThresholdCiphertext } from './messages.js';
import { partialDecrypt, partialHolds } from './partial.js';
import { proveEquality } from './proof.js';
import { ceremonyOf, network, runCeremony, seededBytes, someOf } from './testing/run-ceremony.js';
import type { PartialDecryption, SecretLabel, ThresholdCiphertext } from './types.js';

const random = seededBytes('tdh2');
const { key, shares } = runCeremony(ceremonyOf(3, 5, 'tdh2'), 'tdh2');
const { publicKey } = key;
const label: SecretLabel = { network, epoch: 12, associatedData: utf8('a row') };
const secret = sha256(utf8('a session key'));
const ciphertext = thresholdEncrypt({ publicKey, label, secret, random });
const of = { key, label, ciphertext };
const decrypt = (share: KeyShare, change: { ciphertext?: ThresholdCiphertext; label?: SecretLabel } = {}) =>
  partialDecrypt({ share, label, ciphertext, random, ...change });
const partials = shares.map((share) => decrypt(share) as PartialDecryption);
const [first, second, third] = partials as [PartialDecryption, PartialDecryption, PartialDecryption];
const otherLabels: SecretLabel[] = [
  { ...label, epoch: 13 },
  { ...label, network: sha256(network) },
  { ...label, associatedData: utf8('another row') },
];

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = (changed[at] as number) ^ 1;
  return changed;
}

test('CONF-3: any M partial decryptions give the secret, and M - 1 give nothing', () => {
  for (let seed = 0; seed < 4; seed++) {
    const chosen = someOf(partials, 3, seed);
    assert.deepEqual(combinePartials(of, chosen), { kind: 'opened', secret, bad: [] });
    const fewer = combinePartials(of, chosen.slice(1));
    assert.deepEqual(fewer, { kind: 'too few', missing: 1, bad: [] });
  }
  assert.deepEqual(combinePartials(of, partials), { kind: 'opened', secret, bad: [] });
  // Nor where nobody counts: two of three in a key that says that it needs two.
  const lenient = { ...of, key: { ...key, threshold: 2 } };
  assert.deepEqual(combinePartials(lenient, [first, second]), { kind: 'not authentic' });
});

test('secrets by seed, for keys of every shape, come back', () => {
  const choose = seededRandom(5);
  for (const [threshold, count] of [
    [1, 1],
    [1, 3],
    [2, 2],
    [4, 4],
    [7, 10],
  ] as const) {
    const ran = runCeremonyOf(threshold, count);
    const bytes = seededBytes(`property ${count}`);
    const each = {
      key: ran.key,
      label: { network, epoch: choose.integer(1 << 30), associatedData: bytes(choose.integer(1024)) },
    };
    const hidden = bytes(32);
    const sealed = thresholdEncrypt({
      publicKey: ran.key.publicKey,
      label: each.label,
      secret: hidden,
      random: bytes,
    });
    const parts = someOf(ran.shares, threshold, count).map(
      (share) =>
        partialDecrypt({ share, label: each.label, ciphertext: sealed, random: bytes }) as PartialDecryption,
    );
    assert.deepEqual(combinePartials({ ...each, ciphertext: sealed }, parts), {
      kind: 'opened',
      secret: hidden,
      bad: [],
    });
  }
});

test('a ciphertext and a partial from a seed have the bytes that they always had', () => {
  const bytes = seededBytes('known answer');
  const sealed = thresholdEncrypt({ publicKey, label, secret, random: bytes });
  const share = shares[0] as KeyShare;
  const partial = partialDecrypt({ share, label, ciphertext: sealed, random: bytes }) as PartialDecryption;
  assert.deepEqual(
    [publicKey, sealed.element, sealed.secondElement, sealed.sealed, partial.element].map(toHex),
    [
      '6a047b93b19441c8457ff4a0ba69ee68130164f423171c57ed6571b59ed1ab10',
      '72d8ed1cdc24501260aad27eef8b60eaa7bc0fb6445db7ad9bde05b82256a015',
      '06b02498f35c956d98657c79b0072e84b57051b33d4af26310be019f60d9cc25',
      'f0b6c66a5e10b7a3710526d5c3eacc1f7d2e17546468ac053ce553d68c7b9cd5b825d7650cdf2e2040f3f9012aff4f0b',
      'c0100314972804350ccc987ce8adddb9d1d88ab8115a2e89381c82a47d3ca259',
    ],
  );
  assert.deepEqual(
    [sealed.proof, partial.proof, encodeThresholdCiphertext(sealed), encodePartial(partial)].map((part) =>
      toHex(sha256(part)),
    ),
    [
      '98c390d5e86b8dc8882536754912eddbcf6f3e32388d0e869b51e417b87a0962',
      '28d763fc79be25ac9936fc8760ac985abd64188b8f4ca6be373ee0e2136cd1ff',
      'cfdacc2709f5967781ac616a67f3e720d92bd0a2200161ab6b7ee244a9e8edf3',
      'f7a66660b657e29b2e5147de6af3bc6b1ac65b68a87ce0ecef0e44b29bdaf0e7',
    ],
  );
});

test('the equations are those of TDH2, with the private key that only this test puts together', () => {
  const field = ristretto255_FROST.utils.Fn;
  const x = field.fromBytes(
    ristretto255_FROST.combineSecret(
      shares.slice(0, 3).map((share) => ({
        identifier: ristretto255_FROST.Identifier.fromNumber(share.actor),
        signingShare: keepKeyShare(share, (material) => material.slice()),
      })),
      { min: 3, max: 5 },
    ),
  );
  assert.ok(secretPower(generator(), x).equals(elementOf(publicKey)));
  const shared = secretPower(elementOf(ciphertext.element), x);
  assert.deepEqual(openSealed({ publicKey, label, ciphertext }, shared), secret);
  // u = r·G and ū = r·Ḡ.
  const second = hashToElement('coco-threshold-v1 second generator', publicKey);
  const r = randomScalar(seededBytes('r'));
  const again = thresholdEncrypt({ publicKey, label, secret, random: seededBytes('r') });
  assert.deepEqual(secretPower(generator(), r).toBytes(), again.element);
  assert.deepEqual(secretPower(second, r).toBytes(), again.secondElement);
});

test('a ciphertext that was changed anywhere, or is for another label or key, is not decrypted', () => {
  const changed: ThresholdCiphertext[] = [];
  for (let at = 0; at < 48; at += 5) changed.push({ ...ciphertext, sealed: flipped(ciphertext.sealed, at) });
  for (const at of [0, 31, 32, 62]) changed.push({ ...ciphertext, proof: flipped(ciphertext.proof, at) });
  const other = thresholdEncrypt({ publicKey, label, secret, random });
  changed.push(
    { ...ciphertext, element: other.element },
    { ...ciphertext, secondElement: other.secondElement },
    { ...ciphertext, element: other.element, secondElement: other.secondElement },
    { ...ciphertext, proof: other.proof },
    { ...ciphertext, sealed: other.sealed },
    { ...ciphertext, sealed: ciphertext.sealed.subarray(1) },
    { ...ciphertext, element: ciphertext.secondElement, secondElement: ciphertext.element },
  );
  const share = shares[0] as KeyShare;
  for (const each of changed) {
    assert.equal(ciphertextHolds({ publicKey, label, ciphertext: each }), false);
    assert.equal(decrypt(share, { ciphertext: each }), undefined);
    assert.deepEqual(combinePartials({ ...of, ciphertext: each }, partials), { kind: 'not a ciphertext' });
  }
  for (const each of otherLabels) {
    assert.equal(decrypt(share, { label: each }), undefined);
    assert.deepEqual(combinePartials({ ...of, label: each }, partials), { kind: 'not a ciphertext' });
  }
  const stranger = runCeremonyOf(1, 1).shares[0] as KeyShare;
  assert.equal(decrypt(stranger), undefined, 'for another key');
});

test('elements of ciphertexts and partials that are no elements are refused, and the identity', () => {
  const unreadable = { code: 'COCO_CRYPTO_THRESHOLD_MESSAGE' };
  for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(31)]) {
    for (const each of [
      { ...ciphertext, element: wrong },
      { ...ciphertext, secondElement: wrong },
    ]) {
      assert.throws(() => ciphertextHolds({ publicKey, label, ciphertext: each }), unreadable);
      assert.throws(() => decrypt(shares[0] as KeyShare, { ciphertext: each }), unreadable);
    }
    assert.throws(() => partialHolds(of, { ...first, element: wrong }), unreadable);
    assert.throws(() => thresholdEncrypt({ publicKey: wrong, label, secret, random }), unreadable);
  }
});

test('a partial holds for its actor, ciphertext and shares alone, and a bad one is named', () => {
  const otherSecret = thresholdEncrypt({ publicKey, label, secret: sha256(secret), random });
  const elsewhere = decrypt(shares[0] as KeyShare, { ciphertext: otherSecret }) as PartialDecryption;
  const wrong: PartialDecryption[] = [
    { ...first, actor: 2 },
    { ...first, element: second.element },
    { ...first, proof: second.proof },
    { ...first, element: second.element, proof: second.proof },
    { ...first, element: elsewhere.element, proof: elsewhere.proof },
    { ...first, proof: flipped(first.proof, 0) },
    { ...first, proof: flipped(first.proof, 32) },
    { ...first, ceremony: sha256(first.ceremony) },
    { ...first, ciphertext: elsewhere.ciphertext },
    elsewhere,
    { ...first, actor: 0 },
    { ...first, actor: 6 },
  ];
  assert.ok(partialHolds(of, first));
  for (const partial of wrong) {
    assert.equal(partialHolds(of, partial), false);
    assert.deepEqual(combinePartials(of, [partial, second, third]), {
      kind: 'too few',
      missing: 1,
      bad: partial.actor === 2 ? [] : [partial.actor],
    });
  }
  const enough = combinePartials(of, [...wrong.slice(1, 4), ...partials.slice(1)]);
  assert.deepEqual(enough, { kind: 'opened', secret, bad: [1] });
});

test('two partials of one actor are one', () => {
  const again = decrypt(shares[0] as KeyShare) as PartialDecryption;
  assert.ok(!equalBytes(again.proof, first.proof), 'another proof of the same');
  assert.deepEqual(combinePartials(of, [first, first, again, second]), {
    kind: 'too few',
    missing: 1,
    bad: [],
  });
  assert.deepEqual(combinePartials(of, [first, again, second, second, third]), {
    kind: 'opened',
    secret,
    bad: [],
  });
});

test('a sender that proves its element but seals with another key is found out when it is opened', () => {
  const bytes = seededBytes('lying sender');
  const r = randomScalar(bytes);
  const second = hashToElement('coco-threshold-v1 second generator', publicKey);
  const powers = [secretPower(generator(), r), secretPower(second, r)] as const;
  const [element, secondElement] = powers.map((power) => power.toBytes()) as [Uint8Array, Uint8Array];
  const sealed = bytes(48);
  // The digest of the label is in the proof; it is taken from the one that the encryption makes.
  const labelled = labelDigestOf();
  const statement = {
    purpose: 'coco-threshold-v1 ciphertext',
    parts: [publicKey, labelled, sealed, element, secondElement],
  };
  const proof = proveEquality(r, { bases: [generator(), second], powers }, statement, bytes);
  const lying = { sealed, element, secondElement, proof };
  assert.ok(ciphertextHolds({ publicKey, label, ciphertext: lying }));
  const parts = shares.map((share) => decrypt(share, { ciphertext: lying }) as PartialDecryption);
  assert.deepEqual(combinePartials({ ...of, ciphertext: lying }, parts), { kind: 'not authentic' });
});

function labelDigestOf(): Uint8Array {
  return sha256(cborEncode(['coco-threshold-label-v1', label.network, label.epoch, label.associatedData]));
}

function runCeremonyOf(threshold: number, count: number) {
  return runCeremony(ceremonyOf(threshold, count, 'tdh2 shape'), `tdh2 ${threshold} of ${count}`);
}
