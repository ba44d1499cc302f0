/**
 * The contract of the one cryptographic provider. Everything is synchronous; nothing here owns the life of a key.
 * Pure rooms import these functions; `provider.ts` is the only file that imports `node:crypto`.
 */

/** The curves that are supported (FIPS 186-5). */
export type Curve = 'P-256' | 'P-384' | 'P-521';

/** A private key whose material never shows: no enumerable property, `toJSON` and `toString` give a placeholder. */
export interface PrivateKey {
  readonly kind: 'private';
  readonly curve: Curve;
  /** The matching public key. */
  readonly publicKey: PublicKey;
}

export interface PublicKey {
  readonly kind: 'public';
  readonly curve: Curve;
  /** SubjectPublicKeyInfo, DER. */
  readonly der: Uint8Array;
  /** Lower-case hex SHA-256 of `der`: a NodeId, and the kid of a service key. */
  readonly fingerprint: string;
}

/** An X.509 certificate, parsed; the signature is not yet checked. */
export interface Certificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly publicKey: PublicKey;
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isCa: boolean;
  /** Lower-case hex SHA-256 of `der`: a member's id in CCF's formats. */
  readonly fingerprint: string;
  readonly extensions: CertificateExtensions;
}

/** What a key may be used for (RFC 5280 section 4.2.1.3). */
export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign';

/** What the extensions of a certificate say of its use; what is absent restricts nothing. */
export interface CertificateExtensions {
  /** How many intermediate CAs may stand between this CA and the last certificate of a path (RFC 5280 4.2.1.9). */
  readonly pathLengthMax?: number;
  readonly keyUsage?: readonly KeyUsage[];
  /** Object identifiers, for example 1.3.6.1.5.5.7.3.2 for clients of TLS (RFC 5280 4.2.1.12). */
  readonly extendedKeyUsage?: readonly string[];
  /** Object identifiers of critical extensions that nobody here understands: whoever trusts a path must refuse it. */
  readonly unhandledCritical: readonly string[];
}

/** What to put into a certificate (RFC 5280). */
export interface CertificateRequest {
  readonly subjectCommonName: string;
  readonly subjectOrganization?: string;
  readonly publicKey: PublicKey;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isCa: boolean;
  /** CA certificates only; absent means unlimited. */
  readonly pathLengthMax?: number;
  readonly subjectAltNames?: readonly ({ readonly dns: string } | { readonly ip: string })[];
  /** Further extensions, none of them critical: object identifier and value (DER). They come last. */
  readonly extensions?: readonly { readonly objectId: string; readonly value: Uint8Array }[];
  /** 8..20 random bytes, handed in. */
  readonly serialNumber: Uint8Array;
}

/** AES-256-GCM output; the tag is 16 bytes. */
export interface Sealed {
  readonly tag: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** COSE_Sign1 (RFC 9052), decoded and not yet verified. */
export interface CoseSign1 {
  readonly protectedBytes: Uint8Array;
  readonly protectedHeader: ReadonlyMap<unknown, unknown>;
  readonly unprotectedHeader: ReadonlyMap<unknown, unknown>;
  /** Absent when detached. */
  readonly payload?: Uint8Array;
  readonly signature: Uint8Array;
}
