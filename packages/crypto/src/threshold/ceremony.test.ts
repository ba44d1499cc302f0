import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, toHex } from '@coco/primitives';
import { ristretto255_FROST } from '@noble/curves/ed25519.js';
import { cborDecode, cborEncode } from '../cbor.js';
import { sha256 } from '../hash.js';
import { ceremonyDigest } from './ceremony.js';
import { beginDealing, dealHolds, eraseDealing, shareFor } from './dealing.js';
import {
  type DealtShare,
  dealtShareFits,
  dealtShareFrom,
  judgeShare,
  keepDealtShare,
} from './dealt-share.js';
import { finishKey, finishShare } from './finish.js';
import { bytesOfScalar, elementOf, generator, publicSum, randomScalar, secretPower } from './group.js';
import { keepKeyShare } from './key-share.js';
import { encodeDeal, encodeThresholdKey } from './messages.js';
import { proveKnowledge } from './proof.js';
import { ceremonyOf, network, runCeremony, seededBytes, someOf } from './testing/run-ceremony.js';
import type { Ceremony, Deal } from './types.js';

const refused = { code: 'COCO_CRYPTO_THRESHOLD_CEREMONY' };
const three = ceremonyOf(3, 5, 'three of five');
const begin = (dealer: number, seed: string, ceremony: Ceremony = three) =>
  beginDealing({ ceremony, dealer, random: seededBytes(seed) });

/** The private key, which only a test ever computes, by the library's own interpolation. */
function privateKeyOf(shares: Parameters<typeof keepKeyShare>[0][], max: number): Uint8Array {
  return ristretto255_FROST.combineSecret(
    shares.map((share) => ({
      identifier: ristretto255_FROST.Identifier.fromNumber(share.actor),
      signingShare: keepKeyShare(share, (material) => material.slice()),
    })),
    { min: Math.max(shares.length, 2), max },
  );
}

/** `share` with its number moved by one. */
function bent(share: DealtShare): DealtShare {
  const items = keepDealtShare(share, (bytes) => cborDecode(bytes.slice())) as unknown[];
  const secret = (items[5] as Uint8Array).slice();
  secret[0] = (secret[0] as number) ^ 1;
  return dealtShareFrom(cborEncode([...items.slice(0, 5), secret]));
}

test('any M of N shares are shares of the one public key, for every shape up to 20 actors', () => {
  for (const [threshold, count] of [
    [1, 1],
    [1, 4],
    [2, 2],
    [2, 3],
    [3, 5],
    [5, 5],
    [11, 20],
  ] as const) {
    const { key, shares } = runCeremony(ceremonyOf(threshold, count, 'shape'), `${threshold} of ${count}`);
    assert.equal(shares.length, count);
    for (const [i, share] of shares.entries()) {
      assert.equal(share.actor, i + 1);
      assert.deepEqual(share.publicKey, key.publicKey);
      assert.deepEqual(share.verificationShare, key.verificationShares[i]);
    }
    if (threshold === 1) {
      assert.deepEqual(key.verificationShares[0], key.publicKey, 'one actor alone has the key');
      continue;
    }
    const secret = privateKeyOf(someOf(shares, threshold, count), count);
    assert.deepEqual(
      ristretto255_FROST.utils.Fn.toBytes(ristretto255_FROST.utils.Fn.fromBytes(secret)),
      secret,
    );
    const power = secretPower(generator(), ristretto255_FROST.utils.Fn.fromBytes(secret));
    assert.deepEqual(power.toBytes(), key.publicKey);
    if (threshold > 2) {
      const fewer = privateKeyOf(someOf(shares, threshold - 1, count), count);
      assert.notDeepEqual(fewer, secret, 'one fewer shares another polynomial');
    }
  }
});

test('a ceremony from a seed has the bytes that it always had', () => {
  const { key, shares, dealings } = runCeremony(three, 'known answer');
  const deals = sha256(...dealings.map(({ deal }) => encodeDeal(deal)));
  const sent = sha256(
    ...dealings.map((dealing) => keepDealtShare(shareFor(dealing, 2), (bytes) => bytes.slice())),
  );
  const kept = sha256(...shares.map((share) => keepKeyShare(share, (material) => material.slice())));
  assert.deepEqual(
    [ceremonyDigest(three), deals, sent, key.publicKey, sha256(encodeThresholdKey(key)), kept].map(toHex),
    [
      'da2a7bea2f3c4abff6d35d9a769960fec6e90e2d49089317d20762578ee15b17',
      '50d6efb0b8e167387b002ae9e50bdb8105e1204493bdfaa020d41a8702542c59',
      'd1ab49c35bd3e1eead9d62c34fdb10e1808bb54875d5126d14ba10d8ea949f7d',
      '06fb3e9a9bae232cca98b7005e4a80c3652b482cd3c30fe81df6239142ffa950',
      '01f2b1c5c6ef08673d07b4c0804a8bd73b5ddb7bd3ae487b6c2182dc288f50b7',
      '7f8cb2b67a609b7a985ce7bbbaa82dd5c7430f4703a47a396ca0235630c97f12',
    ],
  );
});

test('the digest binds numbers to actors, and everything else of a ceremony', () => {
  const { key } = runCeremony(ceremonyOf(1, 2, 'previous'), 'previous');
  const variants: Ceremony[] = [
    three,
    { ...three, network: sha256(network) },
    { ...three, id: sha256(three.id) },
    { ...three, threshold: 2 },
    { ...three, actors: three.actors.toReversed() },
    { ...three, actors: three.actors.slice(1) },
    { ...three, previous: key },
  ];
  assert.equal(new Set(variants.map((variant) => toHex(ceremonyDigest(variant)))).size, variants.length);
});

test('what makes no ceremony is refused', () => {
  const many = Array.from({ length: 65 }, (_, i) => `${i}`);
  const wrong: Partial<Ceremony>[] = [
    { threshold: 0 },
    { threshold: 6 },
    { threshold: 1.5 },
    { threshold: Number.NaN },
    { actors: [] },
    { actors: many },
    { actors: ['a', 'b', 'a'] },
    { actors: ['a', 'b', ''] },
    { actors: ['a', 'b', 'c'.repeat(129)] },
    { network: new Uint8Array(31) },
    { id: new Uint8Array(15) },
    { id: new Uint8Array(65) },
  ];
  for (const change of wrong) assert.throws(() => ceremonyDigest({ ...three, ...change }), refused);
  for (const dealer of [0, 6, 1.5, -1]) assert.throws(() => begin(dealer, 'x'), refused);
  assert.throws(() => shareFor(begin(1, 'x'), 6), refused);
});

test('a deal counts in its ceremony, of its dealer, with its commitments, and in no other way', () => {
  const { deal } = begin(2, 'deal');
  const other = begin(2, 'other').deal;
  assert.ok(dealHolds(three, deal));
  const [first, second, third] = deal.commitments as [Uint8Array, Uint8Array, Uint8Array];
  const wrong: Deal[] = [
    { ...deal, dealer: 3 },
    { ...deal, dealer: 6 },
    { ...deal, dealer: 0 },
    { ...deal, ceremony: sha256(deal.ceremony) },
    { ...deal, commitments: [first, second] },
    { ...deal, commitments: [first, second, third, third] },
    { ...deal, commitments: [first, third, second] },
    { ...deal, commitments: other.commitments },
    { ...deal, proof: other.proof },
    { ...deal, proof: concatBytes(deal.proof.subarray(0, 32), bytesOfScalar(5n)) },
  ];
  for (const each of wrong) assert.equal(dealHolds(three, each), false);
  const renamed = { ...three, actors: three.actors.toReversed() };
  assert.equal(dealHolds(renamed, deal), false, 'the same numbers, other actors');
  assert.equal(dealHolds(renamed, { ...deal, ceremony: ceremonyDigest(renamed) }), false);
});

test('whoever speaks last cannot choose the key: a rogue constant term has no proof', () => {
  const honest = [1, 2].map((dealer) => begin(dealer, `honest ${dealer}`).deal);
  const random = seededBytes('rogue');
  const known = randomScalar(random);
  const others = honest.map(({ commitments }) => elementOf(commitments[0] as Uint8Array));
  const rogue = publicSum(
    [generator(), ...others],
    [known, -1n, -1n].map((n) => (n < 0n ? orderMinusOne : n)),
  );
  const commitments = [rogue.toBytes(), ...begin(3, 'rest').deal.commitments.slice(1)];
  const statement = {
    purpose: 'coco-threshold-v1 deal',
    parts: [ceremonyDigest(three), Uint8Array.of(3, 3), ...commitments],
  };
  const proof = proveKnowledge(known, statement, random);
  const deal = { ceremony: ceremonyDigest(three), dealer: 3, commitments, proof };
  assert.equal(dealHolds(three, deal), false);
  assert.deepEqual(finishKey(three, [...honest, deal]), {
    kind: 'faulty',
    faults: [{ dealer: 3, what: 'deal' }],
  });
});

test('a bad share names its dealer, and a good one whoever complains of it', () => {
  const dealings = [1, 2, 3, 4, 5].map((dealer) => begin(dealer, `share ${dealer}`));
  const deals = dealings.map(({ deal }) => deal);
  const [deal] = deals as [Deal];
  const shares = dealings.map((dealing) => shareFor(dealing, 4));
  const [good] = shares as [DealtShare];
  const bad = bent(good);
  assert.ok(dealtShareFits(three, deal, good));
  assert.equal(judgeShare(three, deal, good), 'recipient');
  assert.equal(dealtShareFits(three, deal, bad), false);
  assert.equal(judgeShare(three, deal, bad), 'dealer');
  assert.equal(judgeShare(three, deals[1] as Deal, bad), 'none', 'it is about another dealer');
  assert.equal(judgeShare({ ...three, threshold: 2 }, deal, bad), 'none', 'it is of another ceremony');
  const twoFaced = begin(1, 'another polynomial');
  assert.equal(
    judgeShare(three, deal, shareFor(twoFaced, 4)),
    'dealer',
    'the share is of a deal that was not told',
  );
  const finish = (sent: DealtShare[], count = deals) =>
    finishShare({ ceremony: three, deals: count, recipient: 4, shares: sent });
  assert.equal(finish(shares).kind, 'made');
  const faults = (result: ReturnType<typeof finish>) => (result.kind === 'faulty' ? result.faults : []);
  assert.deepEqual(faults(finish([bad, ...shares.slice(1)])), [{ dealer: 1, what: 'share' }]);
  assert.deepEqual(faults(finish(shares.slice(1))), [{ dealer: 1, what: 'missing' }]);
  const swapped = [shareFor(dealings[0] as (typeof dealings)[0], 3), ...shares.slice(1)];
  assert.deepEqual(faults(finish(swapped)), [{ dealer: 1, what: 'share' }], 'the share of another recipient');
  // The others go on without that dealer, and all come to the same key.
  const without = finish([bad, ...shares.slice(1)], deals.slice(1));
  assert.deepEqual(
    without.kind === 'made' && without.key,
    (finishKey(three, deals.slice(1)) as { key: object }).key,
  );
});

test('a share of zero is no share', () => {
  const dealing = begin(1, 'zero');
  const items = keepDealtShare(shareFor(dealing, 1), (bytes) => cborDecode(bytes.slice())) as unknown[];
  const zero = dealtShareFrom(cborEncode([...items.slice(0, 5), new Uint8Array(32)]));
  assert.equal(dealtShareFits(three, dealing.deal, zero), false);
  assert.equal(judgeShare(three, dealing.deal, zero), 'dealer');
});

test('two deals or shares of one dealer, or too few deals, end a ceremony', () => {
  const { dealings } = runCeremony(three, 'doubles');
  const deals = dealings.map(({ deal }) => deal);
  const shares = dealings.map((dealing) => shareFor(dealing, 1));
  assert.throws(() => finishKey(three, [...deals, deals[0] as Deal]), refused);
  assert.throws(() => finishKey(three, deals.slice(3)), refused);
  assert.throws(
    () => finishShare({ ceremony: three, deals, recipient: 1, shares: [...shares, shares[0] as DealtShare] }),
    refused,
  );
  assert.throws(() => finishShare({ ceremony: three, deals, recipient: 6, shares }), refused);
});

test('a dealing that was erased deals no more', () => {
  const dealing = begin(1, 'erased');
  eraseDealing(dealing);
  assert.throws(() => shareFor(dealing, 1), { code: 'COCO_CRYPTO_KEY' });
});

const orderMinusOne = 2n ** 252n + 27742317777372353535851937790883648492n;
