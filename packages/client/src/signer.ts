/**
 * Who signs governance requests (ACT-3). The private key of an actor never enters the network, and need not be on the
 * machine that talks to it: whatever can make an ECDSA signature over given bytes can stand behind this interface.
 */
import {
  type Certificate,
  type Curve,
  isIssuedBy,
  type PublicKey,
  parseCertificate,
  privateKeyFromPem,
  rawSignature,
  signRaw,
  verifyRaw,
} from '@coco/crypto';
import { CocoError } from '@coco/primitives';

/** RFC 9053 section 2.1; which one follows from the key's curve. */
export type SignatureAlgorithm = 'ES256' | 'ES384' | 'ES512';

/** An actor's identity, and a way of signing with its key. */
export interface Signer {
  /** Leaf first: the certificate whose key signs; then, if there are any, those above it (ACT-2). */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly algorithm: SignatureAlgorithm;
  /** ECDSA over `toBeSigned`, hashed as `algorithm` says: r || s, each padded to the curve's size. */
  sign(toBeSigned: Uint8Array): Promise<Uint8Array>;
}

export interface KeySignerOptions {
  /** One certificate, or a chain of them, leaf first. */
  readonly certificatePem: string;
  /** PKCS#8 or SEC 1. */
  readonly privateKeyPem: string;
  /** Of an encrypted key. */
  readonly passphrase?: string;
}

/** A signer whose key is at hand. COCO_CLIENT_SIGNER when key and certificate do not belong together; COCO_CRYPTO_*. */
export function keySigner(options: KeySignerOptions): Signer {
  const certificates = readCertificateChain(options.certificatePem);
  const key = privateKeyFromPem(options.privateKeyPem, options.passphrase);
  if (key.publicKey.fingerprint !== certificates[0].publicKey.fingerprint) {
    throw new CocoError('COCO_CLIENT_SIGNER', 'the private key is not the one of the certificate', {
      certificate: certificates[0].fingerprint,
    });
  }
  const { hash } = algorithms[key.curve];
  return {
    certificates,
    algorithm: algorithmOf(key.curve),
    sign: async (toBeSigned) => signRaw(key, toBeSigned, { hash }),
  };
}

/** The certificates in `pem`, which each issued the one before. COCO_CLIENT_SIGNER, COCO_CRYPTO_CERTIFICATE. */
export function readCertificateChain(pem: string): readonly [Certificate, ...Certificate[]] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length > chainMax) throw refusedChain(`it has more than ${chainMax} certificates`);
  const [leaf, ...above] = blocks.map((block) => parseCertificate(`${block}\n`));
  if (leaf === undefined) throw refusedChain('it has no certificate in PEM');
  for (const [index, issuer] of above.entries()) {
    const issued = index === 0 ? leaf : above[index - 1];
    if (issued !== undefined && !isIssuedBy(issued, issuer)) {
      throw refusedChain(`certificate ${index + 2} did not issue the one before it (leaf first)`);
    }
  }
  return [leaf, ...above];
}

/** The algorithm that belongs to a key on `curve`. */
export function algorithmOf(curve: Curve): SignatureAlgorithm {
  return algorithms[curve].name;
}

/**
 * `signature` (DER or r || s), made by others over `toBeSigned`, as r || s. COCO_CLIENT_SIGNATURE when it is not that of
 * the key: better known here than from a refusal of the network.
 */
export function checkedSignature(
  publicKey: PublicKey,
  toBeSigned: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  const raw = rawSignature(publicKey.curve, signature);
  const { hash } = algorithms[publicKey.curve];
  if (raw !== undefined && verifyRaw(publicKey, toBeSigned, raw, { hash })) return raw;
  const made =
    raw === undefined ? 'is neither DER nor r || s' : 'was made by another key, or over other bytes';
  const sentence = `the signature ${made}; expected ${algorithmOf(publicKey.curve)} by the certificate's key`;
  throw new CocoError('COCO_CLIENT_SIGNATURE', sentence, { publicKey: publicKey.fingerprint });
}

const chainMax = 8;

const algorithms = {
  'P-256': { name: 'ES256', hash: 'sha256' },
  'P-384': { name: 'ES384', hash: 'sha384' },
  'P-521': { name: 'ES512', hash: 'sha512' },
} as const;

function refusedChain(reason: string): CocoError {
  return new CocoError('COCO_CLIENT_SIGNER', `the certificate cannot be used: ${reason}`);
}
