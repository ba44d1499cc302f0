import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@coco/primitives';
import { sha256 } from '../hash.js';
import { ceremonyDigest } from './ceremony.js';
import { combinePartials } from './combine.js';
import { beginDealing, dealHolds, shareFor } from './dealing.js';
import { judgeShare } from './dealt-share.js';
import { thresholdEncrypt } from './encrypt.js';
import { finishKey } from './finish.js';
import { generator, randomScalar, secretPower } from './group.js';
import { eraseKeyShare, type KeyShare, keepKeyShare, keyShareFrom } from './key-share.js';
import { partialDecrypt } from './partial.js';
import { proveKnowledge } from './proof.js';
import { ceremonyOf, network, type Ran, runCeremony, seededBytes, someOf } from './testing/run-ceremony.js';
import type { Deal, PartialDecryption, ThresholdKey } from './types.js';

const random = seededBytes('resharing');
const label = { network, epoch: 7, associatedData: utf8('epoch') };
const secret = sha256(utf8('secret of the epoch'));
const refused = { code: 'COCO_CRYPTO_THRESHOLD_CEREMONY' };

const first = runCeremony(ceremonyOf(3, 5, 'first'), 'first');
const second = runCeremony(
  ceremonyOf(2, 4, 'second', first.key),
  'second',
  [4, 1, 5].map((actor) => first.shares[actor - 1] as KeyShare),
);
const third = runCeremony(ceremonyOf(4, 7, 'third', second.key), 'third', second.shares.slice(1, 3));
const ciphertext = thresholdEncrypt({ publicKey: first.key.publicKey, label, secret, random });
const partial = (share: KeyShare) =>
  partialDecrypt({ share, label, ciphertext, random }) as PartialDecryption;
const combine = (key: ThresholdKey, partials: PartialDecryption[]) =>
  combinePartials({ key, label, ciphertext }, partials);

test('CONF-3: when actors change the key stays, and what was encrypted to it can still be decrypted', () => {
  for (const [i, { key, shares, ceremony }] of [first, second, third].entries()) {
    assert.deepEqual(key.publicKey, first.key.publicKey);
    for (let seed = 0; seed < 3; seed++) {
      const chosen = someOf(shares, ceremony.threshold, 10 * i + seed).map(partial);
      assert.deepEqual(combine(key, chosen), { kind: 'opened', secret, bad: [] });
      const fewer = combine(key, chosen.slice(1));
      assert.deepEqual(fewer, { kind: 'too few', missing: 1, bad: [] });
    }
  }
});

test('more old shares than needed, or any other ones, deal the same key', () => {
  for (const dealers of [
    [1, 2, 3, 4, 5],
    [2, 3, 4],
    [5, 2, 1, 4],
  ]) {
    const shares = dealers.map((actor) => first.shares[actor - 1] as KeyShare);
    const again = runCeremony(ceremonyOf(3, 3, `again ${dealers}`, first.key), `again ${dealers}`, shares);
    assert.deepEqual(again.key.publicKey, first.key.publicKey);
    assert.deepEqual(combine(again.key, again.shares.map(partial)).kind, 'opened');
  }
});

test('old shares and new ones do not mix, whatever they say they are', () => {
  const [old] = first.shares as [KeyShare];
  const fresh = second.shares.slice(1, 2).map(partial);
  assert.deepEqual(combine(second.key, [partial(old), ...fresh]), { kind: 'too few', missing: 1, bad: [1] });
  const disguised = { ...partial(old), ceremony: second.key.ceremony };
  assert.deepEqual(combine(second.key, [disguised, ...fresh]), { kind: 'too few', missing: 1, bad: [1] });
  // Even where nobody checks: a key that calls the old verification share its own.
  const mixed = {
    ...second.key,
    ceremony: first.key.ceremony,
    verificationShares: [old.verificationShare, ...second.key.verificationShares.slice(1)],
  };
  const relabelled = someRelabelled(mixed, second, old);
  assert.equal(combine(mixed, relabelled).kind, 'not authentic');
});

test('a dealer shares the very share that it had, and can be shown not to', () => {
  const ceremony = ceremonyOf(2, 4, 'cheating', first.key);
  const [own, other] = first.shares as [KeyShare, KeyShare];
  assert.throws(() => beginDealing({ ceremony, dealer: 1, random }), refused, 'without a share');
  assert.throws(() => beginDealing({ ceremony, dealer: 1, random, share: other }), refused);
  assert.throws(
    () => beginDealing({ ceremony, dealer: 1, random, share: second.shares[0] as KeyShare }),
    refused,
    'a share of another ceremony',
  );
  assert.throws(
    () => beginDealing({ ceremony: ceremonyOf(2, 4, 'new'), dealer: 1, random, share: own }),
    refused,
  );
  const dealing = beginDealing({ ceremony, dealer: 1, random, share: own });
  assert.ok(dealHolds(ceremony, dealing.deal));
  assert.equal(judgeShare(ceremony, dealing.deal, shareFor(dealing, 4)), 'recipient');
  // Of another secret, which it knows: all that is wrong is that it is not the old share.
  const secretOfItsOwn = randomScalar(random);
  const commitments = [
    secretPower(generator(), secretOfItsOwn).toBytes(),
    dealing.deal.commitments[1] as Uint8Array,
  ];
  const statement = {
    purpose: 'coco-threshold-v1 deal',
    parts: [ceremonyDigest(ceremony), Uint8Array.of(1, 2), ...commitments],
  };
  const proof = proveKnowledge(secretOfItsOwn, statement, random);
  assert.equal(dealHolds(ceremony, { ...dealing.deal, commitments, proof }), false);
  assert.ok(dealHolds(ceremonyOf(2, 4, 'cheating'), newDealOf(commitments, secretOfItsOwn)), 'else it holds');
  const { key: stranger } = runCeremony(ceremonyOf(3, 5, 'first'), 'another secret');
  const forged = { ...ceremony, previous: { ...first.key, publicKey: stranger.publicKey } };
  const deals = first.shares
    .slice(0, 3)
    .map((share) => beginDealing({ ceremony: forged, dealer: share.actor, random, share }).deal);
  assert.throws(() => finishKey(forged, deals), refused, 'shares of another public key');
  assert.throws(() => finishKey(ceremony, [dealing.deal]), refused, 'fewer dealers than the old threshold');
});

test('an old share that was erased decrypts nothing and deals nothing', () => {
  const { key, shares } = runCeremony(ceremonyOf(1, 2, 'erased'), 'erased');
  const [share] = shares as [KeyShare];
  eraseKeyShare(share);
  assert.throws(() => partialDecrypt({ share, label, ciphertext, random }), { code: 'COCO_CRYPTO_KEY' });
  assert.throws(() => beginDealing({ ceremony: ceremonyOf(1, 1, 'next', key), dealer: 1, random, share }), {
    code: 'COCO_CRYPTO_KEY',
  });
});

/** The same commitments as a deal of a new key, where any secret will do. */
function newDealOf(commitments: Uint8Array[], constant: bigint): Deal {
  const ceremony = ceremonyDigest(ceremonyOf(2, 4, 'cheating'));
  const statement = {
    purpose: 'coco-threshold-v1 deal',
    parts: [ceremony, Uint8Array.of(1, 2), ...commitments],
  };
  return { ceremony, dealer: 1, commitments, proof: proveKnowledge(constant, statement, random) };
}

/** Partials with proofs that hold for `key`, which has shares of two ceremonies. */
function someRelabelled(key: ThresholdKey, { shares }: Ran, old: KeyShare): PartialDecryption[] {
  const fresh = shares[1] as KeyShare;
  return [partial(old), reproved(key, fresh)];
}

function reproved(key: ThresholdKey, share: KeyShare): PartialDecryption {
  return keepKeyShare(share, (material) => partial(keyShareFrom(material, key, share.actor)));
}
