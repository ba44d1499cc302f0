/**
 * Certificates as scripts handle them: PEM bundles, with keys of any kind as far as only their form matters.
 */
import { type Certificate, type DerNode, derRead, isIssuedBy, parseCertificate, sha256 } from '@coco/crypto';
import { fromBase64, toHex } from '@coco/primitives';

const bundleCharactersMax = 1 << 20;
const certificatesMax = 100;
const block = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** The certificates of a PEM bundle as DER, in their order; undefined when it has none or one is malformed. */
export function readBundle(pem: string): readonly Uint8Array[] | undefined {
  if (pem.length > bundleCharactersMax) return undefined;
  const ders: Uint8Array[] = [];
  for (const [, base64 = ''] of pem.matchAll(block)) {
    const der = fromBase64(base64.replace(/\s/g, ''));
    if (der === undefined || publicKeyInfo(der) === undefined || ders.length === certificatesMax)
      return undefined;
    ders.push(der);
  }
  const begun = pem.split('-----BEGIN ').length - 1;
  return ders.length > 0 && begun === ders.length ? ders : undefined;
}

/** The SubjectPublicKeyInfo of a certificate, as DER; undefined when it has not the form of one (RFC 5280, 4.1). */
export function publicKeyInfo(certificate: Uint8Array): Uint8Array | undefined {
  let node: DerNode;
  try {
    node = derRead(certificate);
  } catch {
    return undefined;
  }
  const [toBeSigned, algorithm, signature] = node.children;
  const formed =
    node.tag === 0x30 &&
    node.children.length === 3 &&
    toBeSigned?.tag === 0x30 &&
    algorithm?.tag === 0x30 &&
    signature?.tag === 0x03;
  if (!formed) return undefined;
  // Serial number, algorithm, issuer, validity, subject, key; the version before them is optional.
  const fields = toBeSigned.children.filter(({ tag }) => tag !== 0xa0);
  const key = fields[5];
  return key?.tag === 0x30 && key.children.length === 2 ? key.encoded : undefined;
}

/** The id of the actor with the first certificate of a bundle: hex SHA-256 of it. */
export function bundleId(pem: string): string | undefined {
  const der = readBundle(pem)?.[0];
  return der === undefined ? undefined : toHex(sha256(der));
}

/**
 * Whether `chain` (leaf first) leads to one of `trusted`: each certificate issued by the next, the last one trusted itself or
 * issued by one that is. Only elliptic-curve keys; times of validity are not looked at, since scripts have no clock.
 */
export function isValidChain(chain: string, trusted: string): boolean {
  const certificates = parseBundle(chain);
  const anchors = parseBundle(trusted);
  if (certificates === undefined || anchors === undefined) return false;
  for (const [index, certificate] of certificates.entries()) {
    if (anchors.some((anchor) => anchor.fingerprint === certificate.fingerprint)) return true;
    if (anchors.some((anchor) => isIssuedBy(certificate, anchor))) return true;
    const next = certificates[index + 1];
    if (next === undefined || !isIssuedBy(certificate, next)) return false;
  }
  return false;
}

function parseBundle(pem: string): readonly Certificate[] | undefined {
  try {
    return readBundle(pem)?.map((der) => parseCertificate(der));
  } catch {
    return undefined;
  }
}
