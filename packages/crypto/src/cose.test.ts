import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CocoError, fromHex, toHex, utf8 } from '@coco/primitives';
import { cborDecode, cborEncode, cborTag, isCborTag } from './cbor.js';
import { coseDecode, coseEncode, coseSign1, coseVerify } from './cose.js';
import { generateKeyPair, publicKeyFromDer } from './keys.js';
import { signDer, signRaw } from './signature.js';
import type { CoseSign1 } from './types.js';

const hex = (text: string): Uint8Array => fromHex(text.toLowerCase()) as Uint8Array;
const isCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof CocoError && error.code === code;

// The key "11" of RFC 9052 appendix C.7.1 and the message of appendix C.2.1.
const p256 = publicKeyFromDer(
  hex(
    '3059301306072a8648ce3d020106082a8648ce3d03010703420004' +
      'bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff' +
      '20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e',
  ),
);
const rfcMessage = hex(
  'd28443a10126a10442313154546869732069732074686520636f6e74656e742e5840' +
    '8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e' +
    '2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36',
);
// COSE working group examples: ecdsa-sig-02 (ES384).
const p384 = publicKeyFromDer(
  new Uint8Array([
    ...hex('3076301006072a8648ce3d020106052b8104002203620004'),
    ...Buffer.from('kTJyP2KSsBBhnb4kjWmMF7WHVsY55xUPgb7k64rDcjatChoZ1nvjKmYmPh5STRKc', 'base64url'),
    ...Buffer.from('mM0weMVU2DKsYDxDJkEP9hZiRZtB8fPfXbzINZj_fF7YQRynNWedHEyzAJOX2e8s', 'base64url'),
  ]),
);
const groupMessage = hex(
  'D28444A1013822A104445033383454546869732069732074686520636F6E74656E742E5860B8F85EFF78C88F5351CED2F1887B79B2' +
    '96490795594B62E41E22529BB90208B7D8CDDD4A46D0E9C986464D83D0A5D1EDF39B3E2C5750364230D0E8D76460D8808E76C83830' +
    'FBBD1978CC174066EB437F17887979ECF027DCC9D51BAF6C4FD8C0',
);

/** `message` (tag 18) with its four parts changed by `change`. */
function altered(message: Uint8Array, change: (parts: unknown[]) => unknown): Uint8Array {
  const tagged = cborDecode(message);
  assert.ok(isCborTag(tagged));
  return cborEncode(cborTag(18, change(tagged.contents as unknown[])));
}

test('RFC 9052 C.2.1 and the working group example ecdsa-sig-02 verify, and only with their own keys', () => {
  const first = coseDecode(rfcMessage);
  assert.equal(new TextDecoder().decode(first.payload), 'This is the content.');
  assert.deepEqual(first.unprotectedHeader, new Map([[4, utf8('11')]]));
  assert.ok(coseVerify(first, p256));
  assert.ok(!coseVerify(first, p384));
  const second = coseDecode(groupMessage);
  assert.ok(coseVerify(second, p384));
  assert.ok(!coseVerify(second, p256));
});

test('RFC 9052: another tag, payload, algorithm or protected header is refused or not verified', () => {
  const verified = (bytes: Uint8Array): boolean => coseVerify(coseDecode(bytes), p256);
  const tagged = cborDecode(rfcMessage);
  assert.ok(isCborTag(tagged));
  for (const bytes of [cborEncode(cborTag(998, tagged.contents)), cborEncode(tagged.contents)]) {
    assert.throws(() => coseDecode(bytes), isCode('COCO_CRYPTO_COSE'));
  }
  assert.ok(!verified(altered(rfcMessage, ([p, u, , s]) => [p, u, utf8('This is the content/'), s])));
  for (const header of [
    [[1, -999]],
    [[1, 'unknown']],
    [
      [1, -7],
      [3, 0],
    ],
    [],
    [[1, -35]],
  ] as [unknown, unknown][][]) {
    const bytes = cborEncode(new Map(header));
    assert.ok(!verified(altered(rfcMessage, ([, u, payload, s]) => [bytes, u, payload, s])));
  }
  for (let i = 0; i < 64; i++) {
    const flipped = rfcMessage.slice();
    const at = rfcMessage.length - 1 - i;
    flipped[at] = (flipped[at] as number) ^ 1;
    assert.ok(!verified(flipped));
  }
});

test('signing gives a deterministic header, and every curve its own algorithm', () => {
  const payload = utf8('payload');
  for (const [curve, algorithm] of [
    ['P-256', -7],
    ['P-384', -35],
    ['P-521', -36],
  ] as const) {
    const key = generateKeyPair(curve);
    const header = new Map<unknown, unknown>([
      ['ccf.v1', new Map([['txid', '2.16']])],
      [395, 2],
      [4, utf8('kid')],
    ]);
    const message = coseDecode(coseSign1({ protectedHeader: header, payload, key }));
    assert.equal(message.protectedHeader.get(1), algorithm);
    assert.deepEqual([...message.protectedHeader.keys()], [1, 4, 395, 'ccf.v1']);
    assert.equal(header.has(1), false, 'the given header is not written to');
    assert.ok(coseVerify(message, key.publicKey));
    assert.ok(!coseVerify(message, generateKeyPair(curve).publicKey));
  }
});

test('a detached payload is left out, and needed to verify', () => {
  const key = generateKeyPair();
  const payload = utf8('root');
  const message = coseDecode(coseSign1({ protectedHeader: new Map(), payload, detached: true, key }));
  assert.equal('payload' in message, false);
  assert.ok(coseVerify(message, key.publicKey, payload));
  assert.ok(!coseVerify(message, key.publicKey, utf8('rook')));
  assert.ok(!coseVerify(message, key.publicKey));
  const attached = coseDecode(coseSign1({ protectedHeader: new Map(), payload, key }));
  assert.ok(!coseVerify(attached, key.publicKey, payload), 'two payloads would leave open which one counts');
});

test('RFC 9052 section 3: "crit" is not understood, and no label occurs in both headers', () => {
  const key = generateKeyPair();
  const payload = utf8('payload');
  const critical = new Map<unknown, unknown>([
    [2, ['x']],
    ['x', 1],
  ]);
  assert.ok(!coseVerify(coseDecode(coseSign1({ protectedHeader: critical, payload, key })), key.publicKey));
  const twice = altered(rfcMessage, ([p, , payload_, s]) => [p, new Map([[1, -7]]), payload_, s]);
  assert.throws(() => coseDecode(twice), isCode('COCO_CRYPTO_COSE'));
  const both = { protectedHeader: new Map([[4, 1]]), unprotectedHeader: new Map([[4, 1]]), payload, key };
  assert.throws(() => coseSign1(both), isCode('COCO_CRYPTO_COSE'));
});

test('an algorithm that does not fit the key is refused when signing', () => {
  const input = {
    protectedHeader: new Map([[1, -7]]),
    payload: utf8('payload'),
    key: generateKeyPair('P-384'),
  };
  assert.throws(() => coseSign1(input), isCode('COCO_CRYPTO_COSE'));
});

test('RFC 9053 2.1: a good signature under a header that names no or another algorithm does not verify', () => {
  const key = generateKeyPair();
  const good = coseDecode(coseSign1({ protectedHeader: new Map(), payload: utf8('payload'), key }));
  for (const header of [[[1, -7]], [], [[1, -35]], [[1, 'ES256']]] as [unknown, unknown][][]) {
    const protectedHeader = new Map(header);
    const protectedBytes = cborEncode(protectedHeader);
    const signature = signRaw(
      key,
      cborEncode(['Signature1', protectedBytes, new Uint8Array(0), good.payload]),
    );
    const message: CoseSign1 = { ...good, protectedHeader, protectedBytes, signature };
    assert.equal(coseVerify(message, key.publicKey), protectedHeader.get(1) === -7);
  }
});

test('a DER signature in the place of a raw one does not verify', () => {
  const key = generateKeyPair();
  const good = coseDecode(coseSign1({ protectedHeader: new Map(), payload: utf8('payload'), key }));
  const signed = cborEncode(['Signature1', good.protectedBytes, new Uint8Array(0), good.payload]);
  const bad: CoseSign1 = { ...good, signature: signDer(key, signed) };
  assert.ok(coseVerify(good, key.publicKey));
  assert.ok(!coseVerify(bad, key.publicKey));
});

test('a message of another shape is refused', () => {
  const changes: ((parts: unknown[]) => unknown)[] = [
    () => 'text',
    (parts) => parts.slice(0, 3),
    (parts) => [...parts, 1],
    ([, u, p, s]) => ['text', u, p, s],
    ([h, , p, s]) => [h, [], p, s],
    ([h, u, , s]) => [h, u, 'text', s],
    ([h, u, p]) => [h, u, p, null],
    ([, u, p, s]) => [cborEncode([1]), u, p, s],
  ];
  for (const change of changes) {
    assert.throws(() => coseDecode(altered(rfcMessage, change)), isCode('COCO_CRYPTO_COSE'), String(change));
  }
  const notCbor = altered(rfcMessage, ([, u, p, s]) => [hex('a2012601'), u, p, s]);
  const duplicate = altered(rfcMessage, ([, u, p, s]) => [hex('a201260126'), u, p, s]);
  for (const bytes of [notCbor, duplicate, rfcMessage.subarray(0, 50)]) {
    assert.throws(() => coseDecode(bytes), isCode('COCO_CRYPTO_CBOR'));
  }
  assert.throws(() => coseDecode(rfcMessage, { bytesMax: 50 }), isCode('COCO_CRYPTO_CBOR'));
  assert.equal(toHex(altered(rfcMessage, (parts) => parts)), toHex(rfcMessage));
});

test('RFC 8949 4.2.1: a message is written as the general encoder would, at every length of a length', () => {
  for (const length of [0, 1, 23, 24, 255, 256, 65_535, 65_536, 70_000]) {
    const bytes = new Uint8Array(length).fill(7);
    for (const unprotectedHeader of [new Map(), new Map([[396, bytes]])]) {
      for (const payload of [undefined, bytes]) {
        const parts = { protectedBytes: bytes, unprotectedHeader, signature: bytes };
        const written = coseEncode(payload === undefined ? parts : { ...parts, payload });
        const expected = cborEncode(cborTag(18, [bytes, unprotectedHeader, payload ?? null, bytes]));
        assert.equal(toHex(written), toHex(expected));
      }
    }
  }
});
