/**
 * Issues X.509 v3 certificates (RFC 5280) for the identities that Coco makes itself: service, nodes, members,
 * participants.
 *
 * Extensions, in this order: basic constraints and key usage (critical), subject alternative names, subject and
 * authority key identifiers, and those of the request. Signed with ECDSA and the hash that fits the issuer's curve (RFC 5758).
 */
import { assert, CocoError, equalBytes, utf8 } from '@coco/primitives';
import { parseCertificate } from './certificate.js';
import { type DerNode, derRead } from './der-read.js';
import {
  derBitString,
  derBoolean,
  derElement,
  derObjectId,
  derOctetString,
  derSequence,
  derSetOf,
  derTime,
  derUnsigned,
  derUtf8String,
} from './der-write.js';
import { sha256 } from './hash.js';
import { parseIpAddress } from './ip-address.js';
import { type SignatureHash, signDer, verifyRaw } from './signature.js';
import type { Certificate, CertificateRequest, Curve, PrivateKey, PublicKey } from './types.js';

/** Who signs: a certified key, or a key and the name to sign under (self-signed when both are the subject's). */
export type CertificateIssuer =
  | { readonly key: PrivateKey; readonly certificate: Certificate }
  | { readonly key: PrivateKey; readonly subjectCommonName: string; readonly subjectOrganization?: string };

/**
 * Issues the certificate that `request` describes. The top two bits of the serial number are set to 01, which makes
 * it positive and of minimal length. Throws COCO_CRYPTO_CERTIFICATE when the issuer's key is not that of its
 * certificate or a value does not fit the format.
 */
export function issueCertificate(request: CertificateRequest, issuer: CertificateIssuer): Certificate {
  checkRequest(request);
  const { curve } = issuer.key;
  const toBeSigned = toBeSignedOf(request, curve, issuerNameAndKeyId(issuer));
  return signed(
    toBeSigned,
    curve,
    signDer(issuer.key, toBeSigned, { hash: signatureAlgorithms[curve].hash }),
  );
}

/**
 * A certificate that its own key signs somewhere else, for example in an HSM: first the bytes to be signed (ECDSA with
 * SHA-256, SHA-384 or SHA-512 as the curve is P-256, P-384 or P-521), then the certificate with the signature over them
 * (r || s). COCO_CRYPTO_CERTIFICATE, also when the signature is not good.
 */
export function prepareSelfSigned(request: CertificateRequest): {
  readonly toBeSigned: Uint8Array;
  readonly complete: (signature: Uint8Array) => Certificate;
} {
  checkRequest(request);
  const { publicKey, subjectCommonName, subjectOrganization } = request;
  const name = derName(subjectCommonName, subjectOrganization);
  const toBeSigned = toBeSignedOf(request, publicKey.curve, { name, keyId: keyIdOf(publicKey) });
  return {
    toBeSigned,
    complete(signature) {
      const { hash } = signatureAlgorithms[publicKey.curve];
      if (!verifyRaw(publicKey, toBeSigned, signature, { hash })) {
        throw refused('the signature is not one of its own key');
      }
      const half = signature.length / 2;
      const der = derSequence(
        derUnsigned(signature.subarray(0, half)),
        derUnsigned(signature.subarray(half)),
      );
      return signed(toBeSigned, publicKey.curve, der);
    },
  };
}

function toBeSignedOf(
  request: CertificateRequest,
  curve: Curve,
  { name, keyId }: { readonly name: Uint8Array; readonly keyId: Uint8Array },
): Uint8Array {
  const serialNumber = request.serialNumber.slice();
  serialNumber[0] = ((serialNumber[0] as number) & 0x3f) | 0x40;
  return derSequence(
    derElement(0xa0, derUnsigned(new Uint8Array([2]))),
    derUnsigned(serialNumber),
    algorithmOf(curve),
    name,
    derSequence(derTime(request.notBeforeMs), derTime(request.notAfterMs)),
    derName(request.subjectCommonName, request.subjectOrganization),
    request.publicKey.der,
    derElement(0xa3, derSequence(...extensions(request, keyId))),
  );
}

function signed(toBeSigned: Uint8Array, curve: Curve, signature: Uint8Array): Certificate {
  return parseCertificate(derSequence(toBeSigned, algorithmOf(curve), derBitString(signature)));
}

function algorithmOf(curve: Curve): Uint8Array {
  return derSequence(derObjectId(signatureAlgorithms[curve].objectId));
}

const signatureAlgorithms: Readonly<Record<Curve, { objectId: string; hash: SignatureHash }>> = {
  'P-256': { objectId: '1.2.840.10045.4.3.2', hash: 'sha256' },
  'P-384': { objectId: '1.2.840.10045.4.3.3', hash: 'sha384' },
  'P-521': { objectId: '1.2.840.10045.4.3.4', hash: 'sha512' },
};

const subjectKeyIdentifier = '2.5.29.14';

function checkRequest(request: CertificateRequest): void {
  const serialLength = request.serialNumber.length;
  if (serialLength < 8 || serialLength > 20) throw refused('the serial number must have 8 to 20 bytes');
  if (!(request.notBeforeMs <= request.notAfterMs)) throw refused('it would end before it begins');
  if (request.pathLengthMax !== undefined && (!request.isCa || !isPathLength(request.pathLengthMax))) {
    throw refused('a path length is a number from 0 to 127, and only for a CA');
  }
}

function isPathLength(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 127;
}

function issuerNameAndKeyId(issuer: CertificateIssuer): { name: Uint8Array; keyId: Uint8Array } {
  if (!('certificate' in issuer)) {
    const name = derName(issuer.subjectCommonName, issuer.subjectOrganization);
    return { name, keyId: keyIdOf(issuer.key.publicKey) };
  }
  const { key, certificate } = issuer;
  if (key.publicKey.fingerprint !== certificate.publicKey.fingerprint) {
    throw refused('the key is not that of the issuing certificate');
  }
  if (!certificate.isCa) throw refused('the issuing certificate is not that of a CA');
  return issuerFields(certificate);
}

/** The subject exactly as encoded in `certificate`, and the key identifier that it states (else ours). */
function issuerFields(certificate: Certificate): { name: Uint8Array; keyId: Uint8Array } {
  const fields = derRead(certificate.der).children[0]?.children ?? [];
  // Version ([0]) and extensions ([3]) are optional; the subject is the fifth of the fields that are not.
  const name = fields.filter((field) => field.tag !== 0xa0)[4]?.encoded;
  assert(name !== undefined, 'a parsed certificate has a subject');
  const stated = (fields.find((field) => field.tag === 0xa3)?.children[0]?.children ?? [])
    .filter((extension) => isExtension(extension, subjectKeyIdentifier))
    .map((extension) => extension.children.at(-1)?.content)[0];
  return { name, keyId: stated === undefined ? keyIdOf(certificate.publicKey) : derRead(stated).content };
}

function isExtension(extension: DerNode, objectId: string): boolean {
  const id = extension.children[0];
  return id !== undefined && equalBytes(id.encoded, derObjectId(objectId));
}

/** RFC 7093 section 2 method 1: the leftmost 160 bits of the SHA-256 of the public key's bits. */
function keyIdOf(key: PublicKey): Uint8Array {
  const bits = derRead(key.der).children[1];
  assert(bits !== undefined, 'a SubjectPublicKeyInfo has two parts');
  return sha256(bits.content.subarray(1)).slice(0, 20);
}

function derName(commonName: string, organization: string | undefined): Uint8Array {
  const attribute = (objectId: string, text: string): Uint8Array => {
    // RFC 5280 appendix A: both are limited to 64 characters.
    if (text.length < 1 || text.length > 64) throw refused('a name must have 1 to 64 characters');
    return derSetOf(derSequence(derObjectId(objectId), derUtf8String(text)));
  };
  const names = [attribute('2.5.4.3', commonName)];
  if (organization !== undefined) names.unshift(attribute('2.5.4.10', organization));
  return derSequence(...names);
}

function extensions(request: CertificateRequest, issuerKeyId: Uint8Array): Uint8Array[] {
  const extension = (objectId: string, critical: boolean, value: Uint8Array): Uint8Array =>
    derSequence(derObjectId(objectId), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
  const pathLength =
    request.pathLengthMax === undefined ? [] : [derUnsigned(new Uint8Array([request.pathLengthMax]))];
  const constraints = request.isCa ? derSequence(derBoolean(true), ...pathLength) : derSequence();
  // Bits from the left: digitalSignature 0, keyCertSign 5, cRLSign 6.
  const usage = request.isCa
    ? derBitString(new Uint8Array([0b1000_0110]), 1)
    : derBitString(new Uint8Array([0b1000_0000]), 7);
  const names = (request.subjectAltNames ?? []).map(derAltName);
  const written = [extension('2.5.29.19', true, constraints), extension('2.5.29.15', true, usage)];
  if (names.length > 0) written.push(extension('2.5.29.17', false, derSequence(...names)));
  written.push(extension(subjectKeyIdentifier, false, derOctetString(keyIdOf(request.publicKey))));
  written.push(extension('2.5.29.35', false, derSequence(derElement(0x80, issuerKeyId))));
  for (const { objectId, value } of request.extensions ?? []) written.push(extension(objectId, false, value));
  return written;
}

function derAltName(name: { readonly dns: string } | { readonly ip: string }): Uint8Array {
  if ('dns' in name) {
    if (!/^[\x21-\x7e]{1,253}$/.test(name.dns)) throw refused('a DNS name must be ASCII without spaces');
    return derElement(0x82, utf8(name.dns));
  }
  const address = parseIpAddress(name.ip);
  if (address === undefined) throw refused('an IP address cannot be read');
  return derElement(0x87, address);
}

function refused(reason: string): CocoError {
  return new CocoError('COCO_CRYPTO_CERTIFICATE', `the certificate cannot be issued: ${reason}`);
}
