/**
 * Where key material lives: platform key handles, reachable only from the objects that stand for them. Not exported
 * from the room, so no other room can get at material except by the explicitly named functions of keys.ts.
 */
import { CocoError, toHex } from '@coco/primitives';
import { sha256 } from './hash.js';
import { createPublicKey, type KeyObject, plainBytes } from './provider.js';
import type { Curve, PrivateKey, PublicKey } from './types.js';

const privateHandles = new WeakMap<PrivateKey, KeyObject>();
const publicHandles = new WeakMap<PublicKey, KeyObject>();

/** Bytes of a scalar and of a coordinate on each curve. */
export const scalarBytes: Readonly<Record<Curve, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

const curveOfPlatformName: Readonly<Record<string, Curve>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** A private key object that stands for `handle`. Its printed and serialised forms name only the public key. */
export function wrapPrivateKey(handle: KeyObject): PrivateKey {
  const key = new OpaquePrivateKey(wrapPublicKey(createPublicKey(handle)));
  privateHandles.set(key, handle);
  return key;
}

/** A public key object for `handle`. Its DER always ends with the uncompressed point: 4, x, y. */
export function wrapPublicKey(handle: KeyObject): PublicKey {
  const curve = curveOf(handle);
  const der = plainBytes(handle.export({ type: 'spki', format: 'der' }));
  if (der.at(-(2 * scalarBytes[curve] + 1)) !== 4 || der.at(-(2 * scalarBytes[curve] + 2)) !== 0) {
    // The platform keeps the form in which a point came; ids are hashes of the DER, so there must be one form only.
    throw new CocoError('COCO_CRYPTO_KEY', 'the point of a public key must be uncompressed', { curve });
  }
  const key: PublicKey = Object.freeze({ kind: 'public', curve, der, fingerprint: toHex(sha256(der)) });
  publicHandles.set(key, handle);
  return key;
}

/** The handle behind `key`. */
export function privateHandle(key: PrivateKey): KeyObject {
  const handle = privateHandles.get(key);
  if (handle === undefined) {
    throw new CocoError(
      'COCO_CRYPTO_KEY',
      'this private key carries no material: it is a copy of one that does',
    );
  }
  return handle;
}

/** The handle of `key`, made from its DER when it came from elsewhere (for example from a worker thread). */
export function publicHandle(key: PublicKey): KeyObject {
  let handle = publicHandles.get(key);
  if (handle === undefined) {
    handle = createPublicKey({ key: Buffer.from(key.der), format: 'der', type: 'spki' });
    publicHandles.set(key, handle);
  }
  return handle;
}

class OpaquePrivateKey implements PrivateKey {
  readonly kind = 'private';
  readonly curve: Curve;
  readonly publicKey: PublicKey;

  constructor(publicKey: PublicKey) {
    this.curve = publicKey.curve;
    this.publicKey = publicKey;
    Object.freeze(this);
  }

  toString(): string {
    return `[private key of ${this.publicKey.fingerprint}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function curveOf(handle: KeyObject): Curve {
  const name = handle.asymmetricKeyDetails?.namedCurve;
  const curve =
    handle.asymmetricKeyType === 'ec' && name !== undefined ? curveOfPlatformName[name] : undefined;
  if (curve === undefined) {
    throw new CocoError('COCO_CRYPTO_KEY', 'only keys on the curves P-256, P-384 and P-521 are supported', {
      type: handle.asymmetricKeyType ?? 'unknown',
      curve: name ?? 'none',
    });
  }
  return curve;
}
