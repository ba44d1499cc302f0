/**
 * Certificate revocation lists (RFC 5280 section 5) of hardware vendors: complete lists of one issuer, version 2, with an end.
 * Whatever narrows what a list covers (deltas, indirect lists, scopes) is refused, so that what is not on it is not revoked.
 *
 *     TBSCertList ::= SEQUENCE { version, signatureAlgorithm, issuer, thisUpdate, nextUpdate, revoked OPTIONAL, [0] extensions }
 */
import type { DerNode, SignatureScheme } from '@coco/crypto';
import { equalBytes, toHex } from '@coco/primitives';
import { refused } from '../refused.js';
import type { NamedSignature } from '../types.js';
import { bitBytes, malformed, primitive, readDer, sequence, smallNumber, timeMs, unsigned } from './asn1.js';
import { type Extensions, readExtensions, type X509 } from './certificate.js';
import { pemBlocks } from './pem.js';
import { signatureAlgorithm, signatureValue } from './signatureAlgorithm.js';

/** Longer lists are not read; Intel's have 7 KB, AMD's 1 KB. */
export const crlBytesMax = 1 << 20;

/** Intel's longest list has fewer than 200 entries. */
export const crlEntriesMax = 2000;

export interface Crl {
  /** What is signed. */
  readonly tbs: Uint8Array;
  /** Name, DER. */
  readonly issuer: Uint8Array;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** Serial numbers as X509.serial writes them. */
  readonly revoked: ReadonlySet<string>;
  readonly extensions: Extensions;
  readonly signatureAlgorithm: SignatureScheme;
  readonly signature: Uint8Array;
}

const issuingDistributionPointId = '2.5.29.28';

/** Number, authority key identifier, and the distribution point, which is looked into. */
const understood: ReadonlySet<string> = new Set(['2.5.29.20', '2.5.29.35', issuingDistributionPointId]);

/** In an entry the reason alone may be critical. */
const understoodInEntries: ReadonlySet<string> = new Set(['2.5.29.21']);

/** One list, DER or PEM. Throws COCO_ATTESTATION_CRL; `what` is for its sentence, for example "the PCK CRL". */
export function readCrl(derOrPem: Uint8Array, what = 'the CRL'): Crl {
  if (derOrPem.length > crlBytesMax) throw unusable(what, 'it is too long', { length: derOrPem.length });
  try {
    return readOne(pemBlocks(derOrPem, 'X509 CRL', 1, what)[0] as Uint8Array, what);
  } catch (error) {
    throw unusable(what, error instanceof Error ? error.message : 'it cannot be read');
  }
}

/**
 * The signature of `issuer` on the list. Throws COCO_ATTESTATION_CRL when it is another's list, `issuer` may not sign lists,
 * or `atMs` is not within thisUpdate <= atMs < nextUpdate.
 */
export function checkCrl(crl: Crl, issuer: X509, atMs: number, what: string): NamedSignature {
  if (!equalBytes(crl.issuer, issuer.subject)) throw unusable(what, `it is not ${issuer.title}'s`);
  if (!issuer.isCa || issuer.keyUsage?.has('cRLSign') !== true) {
    throw unusable(what, `${issuer.title} may not sign it`);
  }
  const { thisUpdateMs, nextUpdateMs } = crl;
  if (atMs < thisUpdateMs || atMs >= nextUpdateMs) {
    const reason = atMs < thisUpdateMs ? 'it is of a later time' : 'its next update is due';
    throw unusable(what, reason, { thisUpdateMs, nextUpdateMs, atMs });
  }
  return {
    what: `the signature of ${issuer.title} on ${what}`,
    scheme: crl.signatureAlgorithm,
    publicKey: issuer.publicKey,
    message: crl.tbs,
    signature: crl.signature,
  };
}

/** True when the certificate with this serial (X509.serial), issued by the list's issuer, is on it. */
export function isRevoked(crl: Crl, serial: string): boolean {
  return crl.revoked.has(serial);
}

function readOne(der: Uint8Array, what: string): Crl {
  // An entry with a reason has 7 elements.
  const node = readDer(der, what, { bytesMax: crlBytesMax, nodesMax: 8 * crlEntriesMax });
  const [tbs, algorithm, signature, ...more] = sequence(node, what);
  const fields = [...sequence(tbs, what)];
  const [version, innerAlgorithm, issuer, thisUpdate, nextUpdate] = fields;
  const rest = fields.slice(5);
  if (smallNumber(version, what) !== 1) throw malformed(what, 'it is not of version 2');
  const scheme = signatureAlgorithm(algorithm, what);
  if (!equalBytes(algorithm?.encoded as Uint8Array, innerAlgorithm?.encoded ?? new Uint8Array(0))) {
    throw malformed(what, 'it names two signature algorithms');
  }
  sequence(issuer, what);
  const entries = rest[0]?.tag === 0x30 ? sequence(rest.shift(), what) : [];
  if (entries.length > crlEntriesMax) throw malformed(what, 'it has too many entries');
  const extensions = readExtensions(sequence(rest.shift(), what, 0xa0), understood, what);
  if (more.length > 0 || rest.length > 0) throw malformed(what, 'it has more fields than it should');
  checkScope(extensions.get(issuingDistributionPointId)?.value, what);
  return {
    tbs: tbs?.encoded as Uint8Array,
    issuer: issuer?.encoded as Uint8Array,
    thisUpdateMs: timeMs(thisUpdate, what),
    nextUpdateMs: timeMs(nextUpdate, what),
    revoked: new Set(entries.map((entry) => readEntry(entry, what))),
    extensions,
    signatureAlgorithm: scheme,
    signature: signatureValue(scheme, bitBytes(signature, what), what),
  };
}

/** SEQUENCE { serial INTEGER, date Time, extensions OPTIONAL }: its serial. Whatever the reason, it is revoked. */
function readEntry(entry: DerNode, what: string): string {
  const [serial, date, ...extensions] = sequence(entry, what);
  if (date?.tag !== 0x17 && date?.tag !== 0x18) throw malformed(what, 'an entry has no date');
  if (extensions.length > 0) readExtensions(extensions, understoodInEntries, what);
  return toHex(unsigned(serial, what));
}

/** The distribution point may be named (AMD does); any other field narrows what the list covers. */
function checkScope(value: Uint8Array | undefined, what: string): void {
  if (value === undefined) return;
  const fields = sequence(readDer(value, what), what);
  if (fields.length > 1) throw malformed(what, 'it does not cover all certificates of its issuer');
  for (const name of sequence(fields[0], what, 0xa0)) primitive(sequence(name, what, 0xa0)[0], 0x86, what);
}

function unusable(what: string, reason: string, facts: Readonly<Record<string, number>> = {}): Error {
  return refused('COCO_ATTESTATION_CRL', `${what} cannot be relied on: ${reason}`, facts);
}
