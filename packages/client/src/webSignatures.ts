/**
 * Signatures by Web Cryptography, for browsers (Node has it too, which is how it is held to `signatureHolds` in tests).
 */
import type { SignatureCheck } from '@coco/crypto';

const hashes = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;
const saltBytes = { sha256: 32, sha384: 48, sha512: 64 } as const;
const rsaBitsMin = 2048;
const rsaBitsMax = 8192;

interface RsaKeyFacts {
  readonly modulusLength: number;
  readonly publicExponent: Uint8Array;
}

/** True when the signature is good; anything else is false, a key that cannot be read too. */
export async function webSignatureHolds({
  scheme,
  publicKey,
  message,
  signature,
}: SignatureCheck): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  const hashName = scheme.slice(scheme.lastIndexOf('-') + 1) as keyof typeof hashes;
  const hash = hashes[hashName];
  const [key, data, signed] = [publicKey, message, signature].map((bytes) => new Uint8Array(bytes));
  if (key === undefined || data === undefined || signed === undefined) return false;
  try {
    if (scheme.startsWith('ecdsa')) {
      const namedCurve = scheme === 'ecdsa-p256-sha256' ? 'P-256' : 'P-384';
      const imported = await subtle.importKey('spki', key, { name: 'ECDSA', namedCurve }, false, ['verify']);
      return await subtle.verify({ name: 'ECDSA', hash }, imported, signed, data);
    }
    const name = scheme.startsWith('rsa-pss') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
    const imported = await subtle.importKey('spki', key, { name, hash }, false, ['verify']);
    const { modulusLength, publicExponent } = imported.algorithm as unknown as RsaKeyFacts;
    // Everybody's exponent is 65537, in three bytes.
    if (publicExponent.length > 4) return false;
    if (modulusLength < rsaBitsMin || modulusLength > rsaBitsMax) return false;
    const algorithm = name === 'RSA-PSS' ? { name, saltLength: saltBytes[hashName] } : { name };
    return await subtle.verify(algorithm, imported, signed, data);
  } catch {
    return false;
  }
}
