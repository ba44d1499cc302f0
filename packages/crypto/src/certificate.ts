/**
 * X.509 certificates that come from outside (RFC 5280): parsed by the platform, within limits, into plain data.
 */
import { CocoError, fromUtf8, toHex } from '@coco/primitives';
import { readExtensions } from './certificate-extensions.js';
import { sha256 } from './hash.js';
import { publicHandle, wrapPublicKey } from './key-material.js';
import { plainBytes, X509Certificate } from './provider.js';
import type { Certificate } from './types.js';

/** Longer input is not read as a certificate: 32 KiB of evidence in an extension, and PEM around it. */
const certificateBytesMax = 49_152;

const parsed = new WeakMap<Certificate, X509Certificate>();

/**
 * Parses one certificate in PEM (text or bytes) or DER with an elliptic-curve key. Throws COCO_CRYPTO_CERTIFICATE.
 * Nothing is verified: see `isIssuedBy`, and compare the validity and what the extensions allow yourself.
 */
export function parseCertificate(pemOrDer: string | Uint8Array): Certificate {
  if (pemOrDer.length > certificateBytesMax) {
    throw new CocoError('COCO_CRYPTO_CERTIFICATE', 'the certificate is too long', {
      length: pemOrDer.length,
      certificateBytesMax,
    });
  }
  try {
    const x509 = new X509Certificate(onePemOrDer(pemOrDer));
    const der = plainBytes(x509.raw);
    const certificate: Certificate = Object.freeze({
      der,
      pem: x509.toString(),
      publicKey: wrapPublicKey(x509.publicKey),
      subject: x509.subject,
      issuer: x509.issuer,
      serialNumber: x509.serialNumber.toLowerCase(),
      notBeforeMs: Date.parse(x509.validFrom),
      notAfterMs: Date.parse(x509.validTo),
      isCa: x509.ca,
      fingerprint: toHex(sha256(der)),
      extensions: readExtensions(der),
    });
    parsed.set(certificate, x509);
    return certificate;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new CocoError('COCO_CRYPTO_CERTIFICATE', 'the certificate cannot be read', { reason });
  }
}

/**
 * True when `issuer` may issue certificates (CA, key usage), its subject and key identifier are those that
 * `certificate` names as its issuer's, and its key signed `certificate`. Validity times are not looked at: a node
 * in an enclave has no clock that it can trust.
 */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!issuer.isCa) return false;
  const x509 = platformCertificate(certificate);
  return x509.checkIssued(platformCertificate(issuer)) && x509.verify(publicHandle(issuer.publicKey));
}

function platformCertificate(certificate: Certificate): X509Certificate {
  let x509 = parsed.get(certificate);
  if (x509 === undefined) {
    x509 = new X509Certificate(certificate.der);
    parsed.set(certificate, x509);
  }
  return x509;
}

/** The platform reads the first certificate of a PEM bundle and ignores what follows: here that is refused. */
function onePemOrDer(pemOrDer: string | Uint8Array): string | Uint8Array {
  const isDer = typeof pemOrDer !== 'string' && pemOrDer[0] === 0x30;
  if (isDer) return pemOrDer;
  const text = typeof pemOrDer === 'string' ? pemOrDer : (fromUtf8(pemOrDer) ?? '');
  const blocks = text.match(/-----BEGIN [^-]+-----/g) ?? [];
  if (blocks.length !== 1 || blocks[0] !== '-----BEGIN CERTIFICATE-----') {
    throw new Error(`expected one PEM certificate, found ${blocks.length} blocks`);
  }
  return text;
}
