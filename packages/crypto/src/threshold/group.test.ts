import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '@coco/primitives';
import { ristretto255_hasher } from '@noble/curves/ed25519.js';
import {
  bytesOfScalar,
  elementOf,
  generator,
  hashToElement,
  publicSum,
  randomScalar,
  scalarOf,
  secretPower,
} from './group.js';
import { commitmentAt, valueAt, weightsOf } from './polynomial.js';

const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const unreadable = { code: 'COCO_CRYPTO_THRESHOLD_MESSAGE' };
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

test('multiples of the generator are those of RFC 9496 A.1', () => {
  const multiples = [
    'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
    '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
    '94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259',
  ];
  for (const [i, hex] of multiples.entries()) {
    assert.equal(toHex(secretPower(generator(), BigInt(i + 1)).toBytes()), hex);
    assert.equal(toHex(publicSum([generator(), generator()], [BigInt(i), 1n]).toBytes()), hex);
  }
  assert.equal(
    toHex(secretPower(generator(), 15n).toBytes()),
    'e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e',
  );
});

test('encodings that RFC 9496 A.2 calls invalid are refused, and the identity', () => {
  const invalid = [
    '00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0100000000000000000000000000000000000000000000000000000000000000',
    '01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20',
    'c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562',
    '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
    '4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000000',
    'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d',
  ];
  for (const hex of invalid) assert.throws(() => elementOf(bytes(hex)), unreadable, hex);
});

test('64 uniform bytes become the elements of RFC 9496 A.3, and hashing goes by RFC 9380 with the purpose', () => {
  assert.equal(
    toHex(
      ristretto255_hasher
        .deriveToCurve?.(
          bytes(
            '5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1' +
              '4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6',
          ),
        )
        .toBytes() ?? new Uint8Array(0),
    ),
    '3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46',
  );
  const message = bytes('00');
  assert.ok(!hashToElement('one purpose', message).equals(hashToElement('another purpose', message)));
});

test('a scalar has one encoding, below the order', () => {
  assert.equal(scalarOf(bytesOfScalar(order - 1n)), order - 1n);
  const wide = bytesOfScalar(order - 1n);
  wide[0] = (wide[0] as number) + 1;
  assert.throws(() => scalarOf(wide), unreadable);
  assert.throws(() => scalarOf(new Uint8Array(32).fill(255)), unreadable);
  assert.throws(() => scalarOf(new Uint8Array(31)), unreadable);
});

test('entropy that is short, or all zeros, is a bug and no key', () => {
  assert.throws(() => randomScalar((length) => new Uint8Array(length - 1).fill(1)), /length/);
  assert.throws(() => randomScalar((length) => new Uint8Array(length)), /zeros/);
});

test('shares, their commitments and interpolation are those of RFC 9591 E.3', () => {
  const scalars = [
    '1b25a55e463cfd15cf14a5d3acc3d15053f08da49c8afcf3ab265f2ebc4f970b',
    '410f8b744b19325891d73736923525a4f596c805d060dfb9c98009d34e3fec02',
  ].map((hex) => scalarOf(bytes(hex)));
  const shares = [
    '5c3430d391552f6e60ecdc093ff9f6f4488756aa6cebdbad75a768010b8f830e',
    'b06fc5eac20b4f6e1b271d9df2343d843e1e1fb03c4cbb673f2872d459ce6f01',
    'f17e505f0e2581c6acfe54d3846a622834b5e7b50cad9a2109a97ba7a80d5c04',
  ];
  const commitments = scalars.map((scalar) => secretPower(generator(), scalar));
  assert.equal(
    toHex(commitments[0]?.toBytes() ?? new Uint8Array(0)),
    'e2a62f39eede11269e3bd5a7d97554f5ca384f9f6d3dd9c3c0d05083c7254f57',
  );
  for (const [i, hex] of shares.entries()) {
    const share = valueAt(scalars, i + 1);
    assert.equal(toHex(bytesOfScalar(share)), hex);
    assert.ok(commitmentAt(commitments, i + 1).equals(secretPower(generator(), share)));
  }
  const [first, third] = weightsOf([1, 3]) as [bigint, bigint];
  const sum =
    (first * scalarOf(bytes(shares[0] as string)) + third * scalarOf(bytes(shares[2] as string))) % order;
  assert.equal(sum, scalars[0]);
});
