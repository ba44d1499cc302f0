import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex, utf8 } from '@coco/primitives';
import { type HpkeSealInput, hpkeOpen, hpkeSeal, sealFrom } from './hpke.js';
import { generateShareKey, shareKeyFrom } from './share-key.js';

const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const nothing = new Uint8Array(0);

/** RFC 9180, A.1: what all of its modes seal first, in hexadecimal. */
function sealedAsInA1(sender: string, recipient: string, psk?: HpkeSealInput['psk']): string {
  const input = {
    recipient: bytes(recipient),
    info: bytes('4f6465206f6e2061204772656369616e2055726e'),
    aad: bytes('436f756e742d30'),
    plaintext: bytes('4265617574792069732074727574682c20747275746820626561757479'),
    ...(psk && { psk }),
  };
  return toHex(sealFrom(shareKeyFrom(bytes(sender)), input, { id: 1, keyBytes: 16, name: 'aes-128-gcm' }));
}

test('a message is sealed as in RFC 9180 A.1.1', () => {
  assert.equal(
    sealedAsInA1(
      '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
      '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
    ),
    '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431' +
      'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
  );
});

test('with a secret that both have, a message is sealed as in RFC 9180 A.1.2', () => {
  const psk = {
    key: bytes('0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82'),
    id: bytes('456e6e796e20447572696e206172616e204d6f726961'),
  };
  assert.equal(
    sealedAsInA1(
      '463426a9ffb42bb17dbe6044b9abd1d4e4d95f9041cef0e99d7824eef2b6f588',
      '9fed7e8c17387560e92cc6462a68049657246a09bfa8ade7aefe589672016366',
      psk,
    ),
    '0ad0950d9fb9588e59690b74f1237ecdf1d775cd60be2eca57af5a4b0471c91b' +
      'e52c6fed7f758d0cf7145689f21bc1be6ec9ea097fef4e959440012f4feb73fb611b946199e681f4cfc34db8ea',
  );
});

test('what was sealed with a pre-shared key takes that too: the recipient alone does not open it', () => {
  const key = generateShareKey();
  const [info, aad, plaintext] = [utf8('purpose'), utf8('row 7'), utf8('a secret')];
  const psk = { key: new Uint8Array(32).fill(7), id: utf8('before') };
  const sealed = hpkeSeal({ recipient: key.publicKey, info, aad, plaintext, psk });
  assert.deepEqual(hpkeOpen({ key, info, aad, sealed, psk }), plaintext);
  assert.equal(hpkeOpen({ key, info, aad, sealed }), undefined);
  for (const other of [
    { ...psk, key: new Uint8Array(32).fill(8) },
    { ...psk, id: utf8('after') },
  ]) {
    assert.equal(hpkeOpen({ key, info, aad, sealed, psk: other }), undefined);
  }
  const short = { key: new Uint8Array(31), id: utf8('x') };
  assert.throws(() => hpkeSeal({ recipient: key.publicKey, info, aad, plaintext, psk: short }));
});

test('only the recipient opens what was sealed, for the same purpose, unchanged', () => {
  const key = generateShareKey();
  const [info, aad, plaintext] = [utf8('purpose'), utf8('row 7'), utf8('a secret')];
  const sealed = hpkeSeal({ recipient: key.publicKey, info, aad, plaintext });
  const open = (change: Partial<Parameters<typeof hpkeOpen>[0]>): Uint8Array | undefined =>
    hpkeOpen({ key, info, aad, sealed, ...change });
  assert.deepEqual(open({}), plaintext);
  assert.equal(open({ key: generateShareKey() }), undefined);
  assert.equal(open({ info: utf8('another') }), undefined);
  assert.equal(open({ aad: nothing }), undefined);
  for (let at = 0; at < sealed.length; at++) {
    // The highest bit of an X25519 key is not read (RFC 7748 section 5), but it is part of what the key is derived from.
    const bent = sealed.slice();
    bent[at] = (bent[at] as number) ^ 0x80;
    assert.equal(open({ sealed: bent }), undefined, `byte ${at}`);
    assert.equal(open({ sealed: sealed.slice(0, at) }), undefined, `cut at ${at}`);
  }
});

test('a public key of low order is refused, which would make the secret one that everybody knows (RFC 9180 7.1.4)', () => {
  const zero = new Uint8Array(32);
  assert.throws(() => hpkeSeal({ recipient: zero, info: nothing, aad: nothing, plaintext: nothing }));
  const sealed = new Uint8Array(64);
  assert.equal(hpkeOpen({ key: generateShareKey(), info: nothing, aad: nothing, sealed }), undefined);
});
