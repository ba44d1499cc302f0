/**
 * Keys for synthetic evidence, made so that Node does not wait for itself: a handle as `generateKeyPairSync` returns it shares a
 * lock with the job that made it, and where that job is collected while the key is being described, the process stands still
 * (seen in 20.20.2).
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

const pkcs8 = { type: 'pkcs8', format: 'der' } as const;
const spki = { type: 'spki', format: 'der' } as const;

/** A key of the curve with this name, or of RSA with as many bits. */
export function freshKeyPair(kind: string | number): {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
} {
  const { privateKey: key } =
    typeof kind === 'string'
      ? generateKeyPairSync('ec', { namedCurve: kind, privateKeyEncoding: pkcs8, publicKeyEncoding: spki })
      : generateKeyPairSync('rsa', {
          modulusLength: kind,
          privateKeyEncoding: pkcs8,
          publicKeyEncoding: spki,
        });
  const privateKey = createPrivateKey({ key, ...pkcs8 });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
