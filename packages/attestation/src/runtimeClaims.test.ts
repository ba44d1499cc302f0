import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { cborEncode } from '@coco/crypto';
import { CocoError, concatBytes, toHex } from '@coco/primitives';
import { claimsBytesMax, decodeClaims, encodeClaims, reportDataOf } from './runtimeClaims.js';
import type { RuntimeClaims } from './types.js';

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

const claims: RuntimeClaims = {
  purpose: 'join',
  network: filled(32, 1),
  nodeKey: filled(32, 2),
  shareKey: filled(32, 3),
  epochKey: filled(32, 8),
  nonce: filled(20, 4),
  exporter: filled(32, 5),
  code: filled(32, 6),
  instance: filled(16, 7),
};
const least: RuntimeClaims = {
  purpose: 'certificate',
  nodeKey: claims.nodeKey,
  code: claims.code,
  instance: claims.instance,
};

const refuses = (bytes: Uint8Array, reason: RegExp, code = 'COCO_ATTESTATION_MALFORMED') =>
  assert.throws(
    () => decodeClaims(bytes),
    (error) => error instanceof CocoError && error.code === code && reason.test(error.message),
    `${reason}`,
  );

/** Claims as a map, to be bent. */
const asMap = (bent: readonly (readonly [string, unknown])[] = []) =>
  new Map<string, unknown>([
    ['v', 1],
    ['purpose', 'certificate'],
    ['node_key', claims.nodeKey],
    ['code', claims.code],
    ['instance', claims.instance],
    ...bent,
  ]);

test('SEC-1: what a node says of itself is read as it was written, in one encoding', () => {
  for (const said of [claims, least]) {
    const bytes = encodeClaims(said);
    assert.deepEqual(decodeClaims(bytes), said);
    assert.deepEqual(encodeClaims(decodeClaims(bytes)), bytes);
  }
  // The format, once and for all: what stands on ledgers must stay readable.
  assert.equal(
    toHex(encodeClaims(least)),
    `a5617601${hexText('code')}5820${'06'.repeat(32)}${hexText('purpose')}${hexText('certificate')}` +
      `${hexText('instance')}50${'07'.repeat(16)}${hexText('node_key')}5820${'02'.repeat(32)}`,
  );
});

test('the report data are the SHA-384 of the claims and 16 zeros, whatever the platform', () => {
  const bytes = encodeClaims(claims);
  const hash = createHash('sha384').update(bytes).digest('hex');
  assert.equal(toHex(reportDataOf(bytes)), hash + '00'.repeat(16));
});

test('RFC 8949 4.2.1: claims in any other encoding are refused, so that their hash names them', () => {
  const bytes = encodeClaims(least);
  refuses(concatBytes(bytes, Uint8Array.of(0)), /left over/);
  // {"v": 1, …} with the number 1 in two bytes, the length of the map in two bytes, an indefinite map.
  refuses(concatBytes(bytes.subarray(0, 3), Uint8Array.of(0x18, 1), bytes.subarray(4)), /shortest/);
  refuses(concatBytes(Uint8Array.of(0xb8, 5), bytes.subarray(1)), /shortest/);
  refuses(concatBytes(Uint8Array.of(0xbf), bytes.subarray(1), Uint8Array.of(0xff)), /supported form/);
  // Keys in another order, and twice.
  const code = cborEncode(new Map([['code', claims.code]])).subarray(1);
  const v = Uint8Array.of(0x61, 0x76, 1);
  refuses(concatBytes(Uint8Array.of(0xa2), code, v), /unique and ascending/);
  refuses(concatBytes(Uint8Array.of(0xa3), v, v, code), /unique and ascending/);
});

test('claims that are cut short anywhere are refused', () => {
  const bytes = encodeClaims(claims);
  for (let length = 0; length < bytes.length; length++) refuses(bytes.subarray(0, length), /cannot be read/);
});

test('claims with a field that is unknown, missing, or of another length are refused', () => {
  assert.deepEqual(decodeClaims(cborEncode(asMap())), least);
  refuses(cborEncode(asMap([['extra', 1]])), /"extra" is unknown/);
  refuses(cborEncode(asMap([['v', 2]])), /version is 2/);
  refuses(cborEncode(asMap([['purpose', 'anything']])), /purpose "anything"/);
  refuses(cborEncode(asMap([['node_key', filled(31, 2)]])), /node_key is shorter/);
  refuses(cborEncode(asMap([['node_key', filled(33, 2)]])), /longer than 32/);
  refuses(cborEncode(asMap([['nonce', filled(15, 2)]])), /nonce is shorter/);
  refuses(cborEncode(asMap([['nonce', filled(65, 2)]])), /longer than 64/);
  refuses(cborEncode(asMap([['share_key', 'text']])), /a byte string is missing/);
  for (const name of ['v', 'purpose', 'node_key', 'code', 'instance']) {
    const map = asMap();
    map.delete(name);
    refuses(cborEncode(map), name === 'v' ? /version is 0/ : /missing/);
  }
  refuses(new Uint8Array(claimsBytesMax + 1), /longer than/, 'COCO_ATTESTATION_TOO_LARGE');
});

function hexText(text: string): string {
  return toHex(cborEncode(text));
}
