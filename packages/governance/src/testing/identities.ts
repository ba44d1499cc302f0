/**
 * Certificates for tests: self-signed actors, and what CAs issue beneath them.
 */
import { type Certificate, generateKeyPair, issueCertificate, type PrivateKey } from '@coco/crypto';

export interface Identity {
  /** The hash of the certificate, as actors are named. */
  readonly id: string;
  readonly key: PrivateKey;
  readonly certificate: Certificate;
}

export interface IdentityOptions {
  readonly name?: string;
  readonly isCa?: boolean;
  readonly pathLengthMax?: number;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** Default: itself. */
  readonly issuer?: Identity;
  readonly curve?: 'P-256' | 'P-384' | 'P-521';
  /** Default: a new one. */
  readonly key?: PrivateKey;
}

/** The time of tests, unless one says otherwise. */
export const testTimeMs = 1_800_000_000_000;

let serial = 0;

export function makeIdentity(options: IdentityOptions = {}): Identity {
  const key = options.key ?? generateKeyPair(options.curve);
  serial += 1;
  const name = options.name ?? `actor ${serial}`;
  const { issuer } = options;
  const certificate = issueCertificate(
    {
      subjectCommonName: name,
      publicKey: key.publicKey,
      notBeforeMs: options.notBeforeMs ?? testTimeMs - 86_400_000,
      notAfterMs: options.notAfterMs ?? testTimeMs + 86_400_000_000,
      isCa: options.isCa ?? false,
      ...(options.pathLengthMax !== undefined && { pathLengthMax: options.pathLengthMax }),
      serialNumber: new Uint8Array(16).fill(serial % 251),
    },
    issuer === undefined
      ? { key, subjectCommonName: name }
      : { key: issuer.key, certificate: issuer.certificate },
  );
  return { id: certificate.fingerprint, key, certificate };
}
