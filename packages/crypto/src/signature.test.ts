import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatBytes, fromHex, utf8 } from '@coco/primitives';
import { derElement, derUnsigned } from './der-write.js';
import { sha256, sha384 } from './hash.js';
import { generateKeyPair, publicKeyFromDer } from './keys.js';
import {
  type SignatureHash,
  signDer,
  signRaw,
  twinSignature,
  verifyDer,
  verifyPrehash,
  verifyRaw,
} from './signature.js';
import type { Curve, PublicKey } from './types.js';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const derOf = (r: Uint8Array, s: Uint8Array): Uint8Array => derElement(0x30, derUnsigned(r), derUnsigned(s));

// SubjectPublicKeyInfo up to the point, and the points of RFC 6979 appendices A.2.5 and A.2.6.
const p256 = publicKeyFromDer(
  hex(
    '3059301306072a8648ce3d020106082a8648ce3d030107034200' +
      '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' +
      '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  ),
);
const p384 = publicKeyFromDer(
  hex(
    '3076301006072a8648ce3d020106052b81040022036200' +
      '04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13' +
      '8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720',
  ),
);

interface Vector {
  readonly key: PublicKey;
  readonly message: string;
  readonly hash: SignatureHash;
  readonly digest: (data: Uint8Array) => Uint8Array;
  readonly r: string;
  readonly s: string;
}

const vectors: readonly Vector[] = [
  {
    key: p256,
    message: 'sample',
    hash: 'sha256',
    digest: sha256,
    r: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
    s: 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  },
  {
    key: p256,
    message: 'test',
    hash: 'sha256',
    digest: sha256,
    r: 'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367',
    s: '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
  },
  {
    key: p384,
    message: 'sample',
    hash: 'sha256',
    digest: sha256,
    r: '21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33bde1e888e63355d92fa2b3c36d8fb2cd',
    s: 'f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0',
  },
  {
    key: p384,
    message: 'sample',
    hash: 'sha384',
    digest: sha384,
    r: '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46',
    s: '99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
  },
];

test('RFC 6979 A.2.5 and A.2.6: published ECDSA signatures verify in every form', () => {
  for (const { key, message, hash, digest, r, s } of vectors) {
    const data = utf8(message);
    assert.ok(verifyRaw(key, data, hex(r + s), { hash }));
    assert.ok(verifyDer(key, data, derOf(hex(r), hex(s)), { hash }));
    assert.ok(verifyPrehash(key, digest(data), derOf(hex(r), hex(s))));
  }
});

test('what is signed verifies with the same key, hash and data, and with nothing else', () => {
  const data = utf8('data');
  for (const curve of ['P-256', 'P-384', 'P-521'] as const satisfies readonly Curve[]) {
    const key = generateKeyPair(curve);
    const other = generateKeyPair(curve);
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      const [der, raw] = [signDer(key, data, { hash }), signRaw(key, data, { hash })];
      const wrongHash = { hash: hash === 'sha256' ? 'sha384' : 'sha256' } as const;
      assert.ok(verifyDer(key.publicKey, data, der, { hash }));
      assert.ok(verifyRaw(key.publicKey, data, raw, { hash }));
      assert.ok(!verifyDer(other.publicKey, data, der, { hash }));
      assert.ok(!verifyRaw(other.publicKey, data, raw, { hash }));
      assert.ok(!verifyDer(key.publicKey, utf8('date'), der, { hash }));
      assert.ok(!verifyRaw(key.publicKey, data, raw, wrongHash));
      assert.ok(!verifyDer(key.publicKey, data, der, wrongHash));
    }
    assert.ok(verifyPrehash(key.publicKey, sha256(data), signDer(key, data)));
    assert.ok(!verifyPrehash(other.publicKey, sha256(data), signDer(key, data)));
  }
});

test('a DER signature is not a raw one and the other way round', () => {
  const key = generateKeyPair();
  const data = utf8('data');
  assert.ok(!verifyRaw(key.publicKey, data, signDer(key, data)));
  assert.ok(!verifyDer(key.publicKey, data, signRaw(key, data)));
  assert.ok(!verifyPrehash(key.publicKey, sha256(data), signRaw(key, data)));
});

test('damaged, truncated, extended, zero and oversized signatures are false, never an exception', () => {
  const { key, message, r, s } = vectors[0] as Vector;
  const data = utf8(message);
  const good = derOf(hex(r), hex(s));
  const zero = new Uint8Array(32);
  const bad = [
    new Uint8Array(0),
    good.subarray(0, good.length - 1),
    concatBytes(good, new Uint8Array(1)),
    derOf(zero, hex(s)),
    derOf(hex(r), zero),
    // A needless zero byte before r: same numbers, but not DER.
    derElement(0x30, derElement(0x02, new Uint8Array(2), hex(r)), derUnsigned(hex(s))),
    new Uint8Array(100_000),
  ];
  for (let i = 0; i < good.length; i++) {
    const flipped = good.slice();
    flipped[i] = (flipped[i] as number) ^ 0x04;
    bad.push(flipped);
  }
  for (const signature of bad) {
    assert.ok(!verifyDer(key, data, signature));
    assert.ok(!verifyPrehash(key, sha256(data), signature));
  }
  for (const raw of [new Uint8Array(0), new Uint8Array(64), hex(`${r}${s}00`), hex((r + s).slice(2))]) {
    assert.ok(!verifyRaw(key, data, raw));
  }
});

test('whoever has one signature can make its twin: both are good, and each tells of the other', () => {
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    const key = generateKeyPair(curve);
    const signature = signRaw(key, utf8('data'));
    const twin = twinSignature(curve, signature);
    assert.notDeepEqual(twin, signature);
    assert.ok(verifyRaw(key.publicKey, utf8('data'), twin));
    assert.deepEqual(twinSignature(curve, twin), signature);
    const short = new Uint8Array(7);
    assert.equal(twinSignature(curve, short), short);
  }
});
