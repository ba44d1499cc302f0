/**
 * Signatures of nodes and services by Web Cryptography: ECDSA on the curves that CCF uses, with any of the hashes, which
 * the check for hardware vendors' chains (webSignatures.ts) does not need.
 */
import { derRead, type PublicKey, rawSignature, type SignatureHash, sha256 } from '@coco/crypto';
import { toHex } from '@coco/primitives';

/** What must be signed, how. */
export interface EcdsaCheck {
  readonly key: PublicKey;
  readonly hash: SignatureHash;
  readonly message: Uint8Array;
  /** r || s, each as long as the curve's order. */
  readonly signature: Uint8Array;
}

const hashNames = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;

/** True when the signature is good; anything else is false. */
export async function webEcdsaHolds({ key, hash, message, signature }: EcdsaCheck): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  const algorithm = { name: 'ECDSA', namedCurve: key.curve };
  try {
    const imported = await subtle.importKey('spki', new Uint8Array(key.der), algorithm, false, ['verify']);
    return await subtle.verify(
      { name: 'ECDSA', hash: hashNames[hash] },
      imported,
      new Uint8Array(signature),
      new Uint8Array(message),
    );
  } catch {
    return false;
  }
}

const ecPublicKey = '06072a8648ce3d0201';

/** Curves by their object identifier, DER in hex, with the bytes of a coordinate. */
const curves = {
  '06082a8648ce3d030107': ['P-256', 32],
  '06052b81040022': ['P-384', 48],
  '06052b81040023': ['P-521', 66],
} as const;

/** The key in a SubjectPublicKeyInfo (RFC 5480, uncompressed point); undefined when it is none on these curves. */
export function webPublicKey(der: Uint8Array): PublicKey | undefined {
  try {
    const [algorithm, point] = derRead(der, { bytesMax: 256, nodesMax: 5 }).children;
    const [kind, named] = algorithm?.children ?? [];
    const name = named === undefined ? '' : toHex(named.encoded);
    if (kind === undefined || toHex(kind.encoded) !== ecPublicKey || !Object.hasOwn(curves, name)) {
      return undefined;
    }
    const [curve, size] = curves[name as keyof typeof curves];
    const bits = point?.content;
    if (point?.tag !== 0x03 || bits?.length !== 2 * size + 2 || bits[0] !== 0 || bits[1] !== 4) {
      return undefined;
    }
    return { kind: 'public', curve, der, fingerprint: toHex(sha256(der)) };
  } catch {
    return undefined;
  }
}

/** A signature in strict DER as r || s; undefined when it is not in DER, or not in the one that there is for it. */
export function rawOfDer({ curve }: PublicKey, signature: Uint8Array): Uint8Array | undefined {
  try {
    const { tag, children } = derRead(signature, { bytesMax: 144, nodesMax: 3 });
    if (tag !== 0x30 || !children.every(({ tag, content }) => tag === 0x02 && isPositive(content))) {
      return undefined;
    }
    return rawSignature(curve, signature);
  } catch {
    return undefined;
  }
}

/** Neither negative nor with a zero too many in front (X.690, section 8.3.2). */
function isPositive([first = 0x80, second]: Uint8Array): boolean {
  return first < 0x80 && (first !== 0 || second === undefined || second >= 0x80);
}
