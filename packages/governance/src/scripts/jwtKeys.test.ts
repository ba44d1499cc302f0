/**
 * Keys of token issuers as CCF keeps them (ACT-4), checked against what the platform makes of the same keys.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createStore } from '@coco/kv';
import { makeIdentity } from '../testing/identities.js';
import { removeJwtKeys, setJwtKeys } from './jwtKeys.js';
import { rowsOf } from './scriptWorld.test.js';

const table = 'ccf.gov.jwt.public_signing_keys_metadata_v2';
const issuer = 'https://login.example.com/tenant';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
const curve = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
const certified = makeIdentity();

const der = (key: typeof rsa): string => key.export({ type: 'spki', format: 'der' }).toString('base64');
const jwk = (key: typeof rsa, more: object): object => ({ ...key.export({ format: 'jwk' }), ...more });

test('RSA keys, EC keys and certificates become the same public keys', () => {
  const transaction = createStore().begin();
  const x5c = [Buffer.from(certified.certificate.der).toString('base64')];
  const keys = [jwk(rsa, { kid: 'r' }), jwk(curve, { kid: 'c' }), { kid: 'x', kty: 'EC', x5c }];
  setJwtKeys(transaction, issuer, { keys });
  const own = Buffer.from(certified.key.publicKey.der).toString('base64');
  assert.deepEqual(rowsOf(transaction.writeSet()), {
    [`${table} c`]: [{ public_key: der(curve), issuer }],
    [`${table} r`]: [{ public_key: der(rsa), issuer }],
    [`${table} x`]: [{ public_key: own, issuer }],
  });
});

test('a new set replaces the issuer’s own keys, and leaves those of others', () => {
  const transaction = createStore().begin();
  setJwtKeys(transaction, issuer, { keys: [jwk(rsa, { kid: 'r' }), jwk(curve, { kid: 'c' })] });
  setJwtKeys(transaction, 'https://other', { keys: [jwk(rsa, { kid: 'r' })] });
  setJwtKeys(transaction, issuer, {
    keys: [jwk(curve, { kid: 'r', issuer: 'https://example.com/{tenant}' })],
  });
  assert.deepEqual(rowsOf(transaction.writeSet()), {
    [`${table} r`]: [
      { public_key: der(rsa), issuer: 'https://other' },
      { public_key: der(curve), issuer, constraint: 'https://example.com/{tenant}' },
    ],
    [`${table} c`]: null,
  });
  removeJwtKeys(transaction, issuer);
  removeJwtKeys(transaction, 'https://other');
  assert.equal(rowsOf(transaction.writeSet())[`${table} r`], null);
});

test('bad input: keys that are none, or for the domain of another', () => {
  const tried = (...keys: readonly unknown[]) => {
    try {
      setJwtKeys(createStore().begin(), issuer, { keys });
      return 'taken';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(tried(), /no keys/);
  assert.match(tried(jwk(rsa, {})), /has no kid/);
  assert.match(tried({ kid: 'k', kty: 'RSA', n: 'AQAB', e: 'AQAB' }), /the key k has neither/);
  assert.match(tried({ ...jwk(curve, { kid: 'k' }), crv: 'P-256' }), /the key k has neither/);
  assert.match(tried({ ...jwk(curve, { kid: 'k' }), y: 'A'.repeat(64) }), /the key k has neither/);
  assert.match(tried({ kid: 'k', x5c: ['AAAA'] }), /the key k has neither/);
  assert.match(tried(jwk(rsa, { kid: 'k', issuer: 'https://elsewhere.com' })), /not a domain of/);
  assert.match(tried(jwk(rsa, { kid: 'k', issuer: 'ample.com' })), /not a domain of/);
  assert.equal(tried(jwk(rsa, { kid: 'k', issuer: 'https://example.com' })), 'taken');
});
