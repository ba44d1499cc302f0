/**
 * X.509 certificates of hardware vendors (RFC 5280), read from DER within limits: version 3 alone, every field strict,
 * critical extensions that nobody here understands refused. No signature and no time is checked by reading: see chain.ts.
 *
 *     Certificate    ::= SEQUENCE { tbs, signatureAlgorithm, signature BIT STRING }
 *     TBSCertificate ::= SEQUENCE { [0] version, serial, signatureAlgorithm, issuer, validity, subject, publicKey, [3] extensions }
 */
import { type DerNode, type SignatureScheme, sha256 } from '@coco/crypto';
import { equalBytes, toHex } from '@coco/primitives';
import { refused } from '../refused.js';
import {
  bitBytes,
  booleanOf,
  malformed,
  nameParts,
  objectId,
  primitive,
  readDer,
  sequence,
  smallNumber,
  timeMs,
  unsigned,
} from './asn1.js';
import { pemBlocks } from './pem.js';
import { signatureAlgorithm, signatureValue } from './signatureAlgorithm.js';

/** Longer input is not read as a certificate; those of the vendors have at most 2 KiB. */
export const certificateBytesMax = 16384;

/** No vendor's chain has more, root and leaf included. */
export const chainCertificatesMax = 5;

export interface X509 {
  readonly der: Uint8Array;
  /** What is signed. */
  readonly tbs: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of `publicKey`: what roots are pinned by. */
  readonly publicKeyDigest: string;
  /** Names, DER. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  /** For people. */
  readonly subjectText: string;
  /** For sentences: the common name, else all of the subject. */
  readonly title: string;
  /** Of the subject; absent when there is none, or several. */
  readonly commonName?: string;
  /** Lower-case hex without leading zeros, whole bytes: "00", "0100". */
  readonly serial: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isCa: boolean;
  /** How many certificates of authorities may stand between this one and a leaf. */
  readonly pathLengthMax?: number;
  readonly keyUsage?: ReadonlySet<X509KeyUsage>;
  /** By dotted object identifier; `value` is what the OCTET STRING holds. */
  readonly extensions: Extensions;
  readonly signatureAlgorithm: SignatureScheme;
  /** As SignatureCheck wants it. */
  readonly signature: Uint8Array;
}

export type Extensions = ReadonlyMap<string, { readonly critical: boolean; readonly value: Uint8Array }>;

/** The bits of KeyUsage (RFC 5280 4.2.1.3), from the first. */
const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type X509KeyUsage = (typeof keyUsages)[number];

const basicConstraintsId = '2.5.29.19';
const keyUsageId = '2.5.29.15';

/** Extensions that may be critical: the first two are applied here, extended key usage by whoever asks for one. */
const understood: ReadonlySet<string> = new Set([basicConstraintsId, keyUsageId, '2.5.29.37']);

/** One certificate, PEM or DER. Throws COCO_ATTESTATION_MALFORMED, COCO_ATTESTATION_TOO_LARGE; `what` is for its sentence. */
export function readCertificate(pemOrDer: Uint8Array, what = 'the certificate'): X509 {
  return readCertificates(pemOrDer, what, 1)[0] as X509;
}

/** All certificates of a PEM chain in the order they are written (or one in DER), at least one, at most `countMax`. */
export function readCertificates(
  pemOrDer: Uint8Array,
  what = 'the certificate chain',
  countMax = chainCertificatesMax,
): readonly X509[] {
  if (pemOrDer.length > 2 * countMax * certificateBytesMax) throw tooLarge(what, pemOrDer.length);
  return pemBlocks(pemOrDer, 'CERTIFICATE', countMax, what).map((der) => readOne(der, what));
}

function readOne(der: Uint8Array, what: string): X509 {
  if (der.length > certificateBytesMax) throw tooLarge(what, der.length);
  const [tbs, algorithm, signature, ...more] = sequence(readDer(der, what), what);
  const [version, serial, innerAlgorithm, issuer, validity, subject, publicKey, extensionsField, ...rest] =
    sequence(tbs, what);
  if (more.length > 0 || rest.length > 0) throw malformed(what, 'it has more fields than it should');
  if (smallNumber(sequence(version, what, 0xa0)[0], what) !== 2)
    throw malformed(what, 'it is not of version 3');
  const scheme = signatureAlgorithm(algorithm, what);
  if (!sameBytes(algorithm, innerAlgorithm)) throw malformed(what, 'it names two signature algorithms');
  const [notBefore, notAfter, ...otherTimes] = sequence(validity, what);
  if (otherTimes.length > 0) throw malformed(what, 'its validity has more than two times');
  bitBytes(sequence(publicKey, what)[1], what);
  const serialBytes = unsigned(serial, what);
  if (serialBytes.length > 20) throw malformed(what, 'its serial number is too long');
  const extensions = readExtensions(sequence(extensionsField, what, 0xa3), understood, what);
  const keyUsage = extensions.get(keyUsageId);
  const publicKeyDer = encoded(publicKey);
  nameParts(issuer, what);
  const { text: subjectText, commonName } = nameParts(subject, what);
  return {
    der,
    tbs: encoded(tbs),
    publicKey: publicKeyDer,
    publicKeyDigest: toHex(sha256(publicKeyDer)),
    subject: encoded(subject),
    issuer: encoded(issuer),
    subjectText,
    title: commonName ?? subjectText,
    ...(commonName === undefined ? {} : { commonName }),
    serial: toHex(serialBytes),
    notBeforeMs: timeMs(notBefore, what),
    notAfterMs: timeMs(notAfter, what),
    ...readBasicConstraints(extensions.get(basicConstraintsId)?.value, what),
    ...(keyUsage === undefined ? {} : { keyUsage: readKeyUsage(keyUsage.value, what) }),
    extensions,
    signatureAlgorithm: scheme,
    signature: signatureValue(scheme, bitBytes(signature, what), what),
  };
}

/**
 * Extensions ::= SEQUENCE OF SEQUENCE { id OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, value OCTET STRING }, from the
 * content of the field that holds them. None may occur twice; a critical one that is not in `known` is refused.
 */
export function readExtensions(
  fields: readonly DerNode[],
  known: ReadonlySet<string>,
  what: string,
): Extensions {
  const extensions = new Map<string, { critical: boolean; value: Uint8Array }>();
  const list = sequence(fields[0], what);
  if (fields.length !== 1 || list.length === 0) throw malformed(what, 'it has no extensions');
  for (const extension of list) {
    const [idNode, ...rest] = sequence(extension, what);
    const id = objectId(idNode, what);
    if (extensions.has(id)) throw malformed(what, `the extension ${id} occurs twice`);
    const flag = rest.length === 2 ? rest[0] : undefined;
    const critical = flag !== undefined && booleanOf(flag, what);
    if (rest.length > 2 || rest.length === 0) throw malformed(what, `the extension ${id} has a bad form`);
    const value = primitive(rest.at(-1), 0x04, what);
    if (critical && !known.has(id)) throw malformed(what, `its critical extension ${id} is not understood`);
    extensions.set(id, { critical, value });
  }
  return extensions;
}

/** BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
function readBasicConstraints(
  value: Uint8Array | undefined,
  what: string,
): Pick<X509, 'isCa' | 'pathLengthMax'> {
  if (value === undefined) return { isCa: false };
  const fields = [...sequence(readDer(value, what), what)];
  const isCa = fields[0]?.tag === 0x01 ? booleanOf(fields.shift() as DerNode, what) : false;
  if (fields.length === 0) return { isCa };
  if (!isCa || fields.length > 1) throw malformed(what, 'its basic constraints have a bad form');
  return { isCa, pathLengthMax: smallNumber(fields[0], what) };
}

function readKeyUsage(value: Uint8Array, what: string): ReadonlySet<X509KeyUsage> {
  const [unused, ...bytes] = primitive(readDer(value, what), 0x03, what);
  if (unused === undefined || unused > 7 || bytes.length === 0 || bytes.length > 2) {
    throw malformed(what, 'its key usage has a bad form');
  }
  return new Set(keyUsages.filter((_, bit) => (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1));
}

function encoded(node: DerNode | undefined): Uint8Array {
  return node?.encoded ?? new Uint8Array(0);
}

function sameBytes(a: DerNode | undefined, b: DerNode | undefined): boolean {
  return a !== undefined && b !== undefined && equalBytes(a.encoded, b.encoded);
}

function tooLarge(what: string, length: number): Error {
  return refused('COCO_ATTESTATION_TOO_LARGE', `${what} has ${length} bytes, which is more than is read`, {
    length,
  });
}
