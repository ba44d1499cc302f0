/**
 * Signatures of other makers under keys that are named by their SubjectPublicKeyInfo: what chains of hardware vendors
 * are made of. ECDSA (FIPS 186-5), RSASSA-PSS and RSASSA-PKCS1-v1_5 (RFC 8017). RSASSA-PSS with MGF1 over the same hash and
 * a salt as long as the hash, as AMD and Microsoft use it.
 */
import { constants, createPublicKey, plainBytes, verify } from './provider.js';

export type SignatureScheme =
  | 'ecdsa-p256-sha256'
  | 'ecdsa-p384-sha384'
  | 'rsa-pss-sha256'
  | 'rsa-pss-sha384'
  | 'rsa-pss-sha512'
  | 'rsa-pkcs1-sha256'
  | 'rsa-pkcs1-sha384'
  | 'rsa-pkcs1-sha512';

export interface SignatureCheck {
  readonly scheme: SignatureScheme;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  /** ECDSA: r || s, each as long as the curve's order. RSA: as long as the modulus. */
  readonly signature: Uint8Array;
}

/** RSA moduli beyond this many bits are not calculated with: the cost grows with their square. */
const rsaBitsMax = 8192;
const rsaBitsMin = 2048;
/** Everybody's exponent is 65537; a check with one as long as the modulus would take a hundred times as long. */
const rsaExponentMax = 2n ** 32n;

/** True when the signature is good. Anything else, a key that cannot be read or is of another kind too, is false. */
export function signatureHolds({ scheme, publicKey, message, signature }: SignatureCheck): boolean {
  const hash = scheme.slice(scheme.lastIndexOf('-') + 1);
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    if (scheme.startsWith('ecdsa')) {
      const [curve, length] = scheme === 'ecdsa-p256-sha256' ? ['prime256v1', 64] : ['secp384r1', 96];
      if (key.asymmetricKeyDetails?.namedCurve !== curve || signature.length !== length) return false;
      return verify(hash, message, { key, dsaEncoding: 'ieee-p1363' }, signature);
    }
    const bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
    if (bits < rsaBitsMin || bits > rsaBitsMax || signature.length !== Math.ceil(bits / 8)) return false;
    if ((key.asymmetricKeyDetails?.publicExponent ?? rsaExponentMax) >= rsaExponentMax) return false;
    const padding = scheme.startsWith('rsa-pss')
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding: constants.RSA_PKCS1_PADDING };
    return verify(hash, message, { key, ...padding }, plainBytes(signature));
  } catch {
    return false;
  }
}
