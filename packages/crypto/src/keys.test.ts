import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { CocoError, toBase64, utf8 } from '@coco/primitives';
import {
  generateKeyPair,
  privateKeyFromPem,
  privateKeyToPem,
  publicKeyFromDer,
  publicKeyFromPem,
  publicKeyToPem,
} from './keys.js';
import { signDer, verifyDer } from './signature.js';
import type { Curve, PrivateKey } from './types.js';

const keyError = (error: unknown): boolean => error instanceof CocoError && error.code === 'COCO_CRYPTO_KEY';
const curves: readonly Curve[] = ['P-256', 'P-384', 'P-521'];

test('keys of every curve go out to PEM and DER and come back as the same keys', () => {
  for (const curve of curves) {
    const key = generateKeyPair(curve);
    assert.equal(key.curve, curve);
    const again = privateKeyFromPem(privateKeyToPem(key));
    assert.equal(again.publicKey.fingerprint, key.publicKey.fingerprint);
    assert.deepEqual(publicKeyFromDer(key.publicKey.der), key.publicKey);
    assert.deepEqual(publicKeyFromPem(publicKeyToPem(key.publicKey)), key.publicKey);
    assert.ok(verifyDer(key.publicKey, utf8('data'), signDer(again, utf8('data'))));
  }
});

test('SEC-1: no way of printing or copying a private key shows its material', () => {
  const key = generateKeyPair();
  const base64 = privateKeyToPem(key).split('\n').slice(1, -2).join('');
  const material = Buffer.from(base64, 'base64').toString('hex', 36, 68);
  const shown = [
    JSON.stringify(key),
    JSON.stringify({ nested: [key] }),
    inspect(key, { showHidden: true, depth: 20, getters: true }),
    inspect({ nested: { key } }, { showHidden: true, depth: 20, customInspect: false, getters: true }),
    String(key),
    `${key}`,
    JSON.stringify(Object.getOwnPropertyNames(key).map((name) => [name, Reflect.get(key, name)])),
    JSON.stringify({ ...key }),
  ];
  for (const text of shown) {
    assert.ok(!text.toLowerCase().includes(material.slice(0, 16)), text);
    assert.ok(!text.includes(base64.slice(48, 64)), text);
  }
  assert.match(String(key), /^\[private key of [0-9a-f]{64}\]$/);
});

test('a structured clone or a forged object is no private key', () => {
  const key = generateKeyPair();
  for (const forged of [structuredClone(key), { ...key }] as PrivateKey[]) {
    assert.throws(() => signDer(forged, utf8('data')), keyError);
    assert.throws(() => privateKeyToPem(forged), keyError);
  }
});

test('a structured clone of a public key still verifies: it is plain data', () => {
  const key = generateKeyPair();
  const copy = structuredClone(key.publicKey);
  assert.ok(verifyDer(copy, utf8('data'), signDer(key, utf8('data'))));
});

test('other kinds of keys, other labels and damaged or oversized input are refused', () => {
  const key = generateKeyPair();
  const der = key.publicKey.der;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const spki = { type: 'spki', format: 'der' } as const;
  const compressed = new Uint8Array(59);
  compressed.set(der.subarray(0, 59));
  compressed[1] = 57;
  compressed[24] = 34;
  compressed[26] = 2 + ((der.at(-1) as number) & 1);
  const offCurve = der.slice();
  offCurve[90] = (offCurve[90] as number) ^ 1;
  const hybrid = der.slice();
  hybrid[26] = 6 + ((der.at(-1) as number) & 1);
  const ders = [
    new Uint8Array(0),
    der.subarray(0, 90),
    new Uint8Array([...der, 0]),
    compressed,
    hybrid,
    offCurve,
    new Uint8Array(9000),
    new Uint8Array(rsa.publicKey.export(spki)),
    new Uint8Array(k1.publicKey.export(spki)),
  ];
  for (const [i, bytes] of ders.entries())
    assert.throws(() => publicKeyFromDer(bytes), keyError, `case ${i}`);
  for (const bytes of [compressed, hybrid]) {
    const pem = `-----BEGIN PUBLIC KEY-----\n${toBase64(bytes)}\n-----END PUBLIC KEY-----\n`;
    assert.throws(() => publicKeyFromPem(pem), keyError);
  }
  const privatePem = privateKeyToPem(key);
  assert.throws(() => publicKeyFromPem(privatePem), keyError);
  assert.throws(() => privateKeyFromPem(publicKeyToPem(key.publicKey)), keyError);
  assert.throws(() => privateKeyFromPem(privatePem.replace('MI', 'MJ')), keyError);
  assert.throws(() => privateKeyFromPem('\n'.repeat(9000) + privatePem), keyError);
  assert.throws(
    () => privateKeyFromPem(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    keyError,
  );
});

test('a key that was just made can be described while memory is being collected', () => {
  const keys = JSON.stringify(new URL('./keys.js', import.meta.url).href);
  const material = JSON.stringify(new URL('./key-material.js', import.meta.url).href);
  // Node waited for itself, within 500 keys, where a key shares a lock with the job that made it.
  const program = `
    import { generateKeyPair } from ${keys};
    import { privateHandle } from ${material};
    for (let made = 0; made < 1500; made++) {
      const handle = privateHandle(generateKeyPair());
      for (let i = 0; i < 20; i++) handle.export({ format: 'jwk' });
    }
  `;
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  assert.deepEqual([status, signal], [0, null]);
});
