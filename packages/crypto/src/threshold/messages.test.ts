import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { CocoError, concatBytes, toHex, utf8 } from '@coco/primitives';
import { cborDecode, cborEncode } from '../cbor.js';
import { dealHolds, shareFor } from './dealing.js';
import { dealtShareFits, dealtShareFrom, eraseDealtShare, keepDealtShare } from './dealt-share.js';
import { ciphertextHolds, thresholdEncrypt } from './encrypt.js';
import { eraseKeyShare, type KeyShare, keepKeyShare, keyShareFrom } from './key-share.js';
import {
  decodeDeal,
  decodePartial,
  decodeThresholdCiphertext,
  decodeThresholdKey,
  encodeDeal,
  encodePartial,
  encodeThresholdCiphertext,
  encodeThresholdKey,
  thresholdBytesMax,
} from './messages.js';
import { partialDecrypt, partialHolds } from './partial.js';
import { ceremonyOf, network, runCeremony, seededBytes } from './testing/run-ceremony.js';
import type { Deal, PartialDecryption } from './types.js';

const random = seededBytes('messages');
const { ceremony, key, shares, dealings } = runCeremony(ceremonyOf(2, 3, 'messages'), 'messages');
const label = { network, epoch: 1, associatedData: utf8('') };
const ciphertext = thresholdEncrypt({ publicKey: key.publicKey, label, secret: new Uint8Array(32), random });
const of = { key, label, ciphertext };
const share = shares[0] as KeyShare;
const dealing = dealings[0] as (typeof dealings)[0];
const deal: Deal = dealing.deal;
const partial = partialDecrypt({ share, label, ciphertext, random }) as PartialDecryption;

/** Every message: its bytes, how it is read, and whether what was read still counts. */
const messages: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => boolean])[] = [
  ['deal', encodeDeal(deal), (bytes) => dealHolds(ceremony, decodeDeal(bytes))],
  [
    'ciphertext',
    encodeThresholdCiphertext(ciphertext),
    (bytes) =>
      ciphertextHolds({ publicKey: key.publicKey, label, ciphertext: decodeThresholdCiphertext(bytes) }),
  ],
  ['partial', encodePartial(partial), (bytes) => partialHolds(of, decodePartial(bytes))],
  [
    'share',
    keepDealtShare(shareFor(dealing, 3), (bytes) => bytes.slice()),
    (bytes) => {
      const read = dealtShareFrom(bytes);
      return read.recipient === 3 && dealtShareFits(ceremony, deal, read);
    },
  ],
  [
    'key',
    encodeThresholdKey(key),
    (bytes) => toHex(encodeThresholdKey(decodeThresholdKey(bytes))) === toHex(encodeThresholdKey(key)),
  ],
];

/** Whether `bytes` are taken; the only error that may come is that they cannot be read. */
function taken(bytes: Uint8Array, read: (bytes: Uint8Array) => boolean): boolean {
  try {
    return read(bytes);
  } catch (error) {
    assert.ok(error instanceof CocoError && error.code === 'COCO_CRYPTO_THRESHOLD_MESSAGE', `${error}`);
    return false;
  }
}

test('every message is read as it was written, and not with one bit flipped, cut or lengthened', () => {
  for (const [name, bytes, read] of messages) {
    assert.ok(taken(bytes, read), name);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      assert.equal(taken(changed, read), false, `${name}, byte ${at}`);
    }
    for (let length = 0; length < bytes.length; length += 3) {
      assert.equal(taken(bytes.subarray(0, length), read), false, `${name}, cut to ${length}`);
    }
    assert.equal(taken(concatBytes(bytes, Uint8Array.of(0)), read), false);
    assert.equal(taken(new Uint8Array(thresholdBytesMax + 1), read), false);
  }
});

test('no message is taken for another, with an item of another kind, or with one more or less', () => {
  for (const [name, bytes, read] of messages) {
    for (const [other, otherBytes] of messages) {
      if (other !== name) assert.equal(taken(otherBytes, read), false, `${other} as ${name}`);
    }
    const items = cborDecode(bytes) as unknown[];
    const long = Array.from({ length: 65 }, () => items[0]);
    for (let at = 0; at < items.length; at++) {
      for (const wrong of [null, 0, -1, 65, 1.5, 2 ** 60, 'x', new Uint8Array(0), [], long, new Map()]) {
        assert.equal(taken(cborEncode(items.with(at, wrong)), read), false, `${name}, item ${at}`);
      }
    }
    assert.equal(taken(cborEncode([...items, 0]), read), false);
    assert.equal(taken(cborEncode(items.slice(0, -1)), read), false);
  }
});

test('no message holds the identity, or what is no element', () => {
  for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(255)]) {
    const unreadable = { code: 'COCO_CRYPTO_THRESHOLD_MESSAGE' };
    const commitments = [deal.commitments[0] as Uint8Array, wrong];
    assert.throws(() => decodeDeal(encodeDeal({ ...deal, commitments })), unreadable);
    const proof = concatBytes(wrong, deal.proof.subarray(32));
    assert.throws(() => decodeDeal(encodeDeal({ ...deal, proof })), unreadable);
    assert.throws(() => decodeThresholdKey(encodeThresholdKey({ ...key, publicKey: wrong })), unreadable);
    const verificationShares = key.verificationShares.with(1, wrong);
    assert.throws(() => decodeThresholdKey(encodeThresholdKey({ ...key, verificationShares })), unreadable);
    assert.throws(() => decodePartial(encodePartial({ ...partial, element: wrong })), unreadable);
    assert.throws(
      () => decodeThresholdCiphertext(encodeThresholdCiphertext({ ...ciphertext, element: wrong })),
      unreadable,
    );
  }
});

test('a key whose numbers do not fit each other is not read', () => {
  for (const wrong of [
    { ...key, threshold: 4 },
    { ...key, actors: ['a', 'b', 'a'] },
    { ...key, actors: ['a', 'b'] },
    { ...key, verificationShares: key.verificationShares.slice(1) },
  ]) {
    assert.throws(() => decodeThresholdKey(encodeThresholdKey(wrong)), {
      code: 'COCO_CRYPTO_THRESHOLD_MESSAGE',
    });
  }
});

test('what is secret shows in nothing that is printed, serialised, spread or cloned', () => {
  const dealt = shareFor(dealing, 1);
  const secrets = [
    keepKeyShare(share, (material) => material.slice()),
    keepDealtShare(dealt, (bytes) => bytes.slice(-32)),
  ];
  for (const object of [share, dealing, dealt]) {
    const shown = [
      inspect(object, { depth: 9, showHidden: true, maxArrayLength: null }),
      JSON.stringify(object),
      JSON.stringify({ ...object }),
      JSON.stringify(structuredClone(object)),
    ].join('\n');
    for (const secret of secrets) {
      assert.ok(!shown.includes(secret.join(', ')) && !shown.includes(toHex(secret)));
      assert.ok(!shown.replaceAll(/"\d+":/g, '').includes(secret.join(',')));
    }
    assert.ok(Object.isFrozen(object));
  }
  assert.throws(() => keepKeyShare({ ...share }, () => 0), { code: 'COCO_CRYPTO_KEY' });
  assert.throws(() => keepDealtShare(structuredClone(dealt), () => 0), { code: 'COCO_CRYPTO_KEY' });
  assert.throws(() => shareFor({ ...dealing }, 1), { code: 'COCO_CRYPTO_KEY' });
});

test('a share that was kept comes back for its actor and its key, and for nobody else', () => {
  let seen = new Uint8Array(0);
  const kept = keepKeyShare(share, (material) => {
    seen = material as Uint8Array<ArrayBuffer>;
    return material.slice();
  });
  assert.deepEqual(seen, new Uint8Array(32), 'what was handed out is wiped');
  const again = keyShareFrom(kept, key, 1);
  assert.deepEqual({ ...again }, { ...share });
  assert.ok(
    partialHolds(of, partialDecrypt({ share: again, label, ciphertext, random }) as PartialDecryption),
  );
  const { key: other } = runCeremony(ceremonyOf(2, 3, 'other'), 'other');
  for (const [material, of, actor] of [
    [kept, key, 2],
    [kept, key, 0],
    [kept, key, 4],
    [kept, other, 1],
    [new Uint8Array(32), key, 1],
    [new Uint8Array(32).fill(255), key, 1],
    [kept.subarray(1), key, 1],
  ] as const) {
    assert.throws(() => keyShareFrom(material, of, actor), { code: 'COCO_CRYPTO_KEY' });
  }
  eraseKeyShare(again);
  assert.throws(() => keepKeyShare(again, () => 0), { code: 'COCO_CRYPTO_KEY' });
  const dealt = shareFor(dealing, 2);
  eraseDealtShare(dealt);
  assert.throws(() => keepDealtShare(dealt, () => 0), { code: 'COCO_CRYPTO_KEY' });
});
