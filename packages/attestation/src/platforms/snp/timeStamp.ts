/**
 * The time stamp that Microsoft puts beside its endorsements of utility VMs (RFC 3161): a CMS SignedData (RFC 5652), read by
 * the one form that its authority writes. Every byte is compared with what it must be, or covered by a hash or signature.
 *
 *     ContentInfo  SEQUENCE { signedData, [0] SignedData }
 *     SignedData   SEQUENCE { 3, SET { digest }, SEQUENCE { TSTInfo's id, [0] OCTET STRING }, [0] { TSA, PCA }, SET { SignerInfo } }
 *     TSTInfo      SEQUENCE { 1, policy, SEQUENCE { digest, hash }, serial, genTime, accuracy, ordering, nonce, [0] name }
 *     SignerInfo   SEQUENCE { 1, SEQUENCE { issuer, serial }, digest, [0] attributes, algorithm, OCTET STRING }
 *     attributes   content type, message digest, signing certificate (RFC 5816); signed under the tag of a SET
 *
 * The stamping key's certificate (TSA) must be issued by a certificate (PCA) that is pinned as a whole: the root above it
 * does not come with the token. RFC 3161 demands that the TSA's extended key usage be critical; Microsoft's is not, so it
 * is only demanded that there be none but time stamping.
 */
import { type DerNode, sha256, sha384, sha512 } from '@coco/crypto';
import { concatBytes, equalBytes, fromUtf8, toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { Examined, NamedSignature } from '../../types.js';
import {
  type CalendarTime,
  calendarMs,
  objectId,
  primitive,
  readDer,
  sequence,
  smallNumber,
  unsigned,
} from '../../x509/asn1.js';
import { readCertificate, type X509 } from '../../x509/certificate.js';
import { checkSigns, issuedBy } from '../../x509/chain.js';
import { signatureAlgorithm } from '../../x509/signatureAlgorithm.js';

/** Microsoft's have 5 KB. */
const tokenBytesMax = 8192;

/** SHA-256 of whole certificates (DER): Microsoft Time-Stamp PCA 2010, 2021-09-30 to 2030-09-30. */
export const timeStampAuthorities: readonly string[] = [
  'ebec1edd9e140d9c105cc62b15a915c5443ddc514a35e5773c09afb0274c7ba5',
];

const signedDataId = '1.2.840.113549.1.7.2';
const tstInfoId = '1.2.840.113549.1.9.16.1.4';
const contentTypeId = '1.2.840.113549.1.9.3';
const messageDigestId = '1.2.840.113549.1.9.4';
const signingCertificateId = '1.2.840.113549.1.9.16.2.47';
const extendedKeyUsageId = '2.5.29.37';
const timeStampingId = '1.3.6.1.5.5.7.3.8';

/** By their AlgorithmIdentifier with NULL, DER in hex. */
const digests: Readonly<Record<string, readonly ['sha256' | 'sha384' | 'sha512', typeof sha256]>> = {
  '300d06096086480165030402010500': ['sha256', sha256],
  '300d06096086480165030402020500': ['sha384', sha384],
  '300d06096086480165030402030500': ['sha512', sha512],
};

const what = 'the time stamp on the endorsement of the utility VM';

/**
 * When `stamped` existed, by an authority whose certificate is in `authorities`. Throws COCO_ATTESTATION_UVM for a time stamp
 * by another authority or over other bytes, COCO_ATTESTATION_MALFORMED and COCO_ATTESTATION_CHAIN as certificates do.
 */
export function examineTimeStamp(
  token: Uint8Array,
  stamped: Uint8Array,
  authorities: readonly string[] = timeStampAuthorities,
): Examined<{ readonly genTimeMs: number }> {
  const tree = readDer(token, what, { bytesMax: tokenBytesMax, depthMax: 20, nodesMax: 1024 });
  const [id, explicit] = exactly(tree, 2);
  if (objectId(id, what) !== signedDataId) throw unusable('it is not signed');
  const [version, digestSet, encapsulated, certificates, signers] = exactly(only(explicit, 0xa0), 5);
  if (smallNumber(version, what) !== 3) throw unusable('it is of another version');
  const info = contentOf(encapsulated);
  const { tsa, pca } = certificatesOf(certificates, authorities);
  const genTimeMs = readInfo(info, stamped);
  for (const certificate of [tsa, pca]) checkValidThen(certificate, genTimeMs);
  const digest = only(digestSet, 0x31);
  return {
    claims: { genTimeMs },
    signatures: [
      issuedBy(tsa, pca, "the time stamp authority's certificate"),
      examineSigner({ signer: only(signers, 0x31), digest, info, tsa }),
    ],
  };
}

/** Throws COCO_ATTESTATION_UVM unless the certificate was valid when the time stamp was made. */
export function checkValidThen({ notBeforeMs, notAfterMs, title }: X509, genTimeMs: number): void {
  if (genTimeMs >= notBeforeMs && genTimeMs < notAfterMs + 1000) return;
  throw refused('COCO_ATTESTATION_UVM', `the certificate ${title} was not valid at the time of ${what}`, {
    notBeforeMs,
    notAfterMs,
    genTimeMs,
  });
}

/** The bytes of TSTInfo. */
function contentOf(encapsulated: DerNode | undefined): Uint8Array {
  const [type, content] = exactly(encapsulated, 2);
  if (objectId(type, what) !== tstInfoId) throw unusable('what is signed is no time');
  return primitive(only(content, 0xa0), 0x04, what);
}

/** Two: the authority's, and that of its issuer, which is pinned. In this order, which is that of a SET in DER. */
function certificatesOf(
  field: DerNode | undefined,
  authorities: readonly string[],
): { readonly tsa: X509; readonly pca: X509 } {
  const [first, second] = exactly(field, 2, 0xa0) as [DerNode, DerNode];
  const pca = readCertificate(sequenceBytes(second), "the certificate of the time stamp authority's issuer");
  const digest = toHex(sha256(pca.der));
  if (!authorities.includes(digest)) {
    throw refused(
      'COCO_ATTESTATION_UVM',
      `${what} is by an authority that is not known (${pca.title}): leave the time stamp away, the endorsement stands without it`,
      { authority: digest },
    );
  }
  const tsa = readCertificate(sequenceBytes(first), "the time stamp authority's certificate");
  const usage = tsa.extensions.get(extendedKeyUsageId)?.value;
  const usages = usage === undefined ? [] : sequence(readDer(usage, what), what);
  if (usages.length !== 1 || objectId(usages[0], what) !== timeStampingId) {
    throw unusable(`${tsa.title} may be used for something else than time stamps, or not for these`);
  }
  checkSigns(tsa, 'time stamps');
  return { tsa, pca };
}

interface Signing {
  readonly signer: DerNode;
  /** The one digest algorithm that the token names. */
  readonly digest: DerNode;
  readonly info: Uint8Array;
  readonly tsa: X509;
}

function examineSigner({ signer, digest, info, tsa }: Signing): NamedSignature {
  const [version, identifier, digestAgain, attributes, algorithm, signature] = exactly(signer, 6);
  const [issuer, serial] = exactly(identifier, 2);
  const isNamed =
    equalBytes(sequenceBytes(issuer), tsa.issuer) && toHex(unsigned(serial, what)) === tsa.serial;
  if (smallNumber(version, what) !== 1 || !isNamed) throw unusable('its signer is not its authority');
  const [name, hash] = digestOf(digest);
  if (!equalBytes(digest.encoded, sequenceBytes(digestAgain))) throw unusable('it names two digests');
  const scheme = signatureAlgorithm(algorithm, what);
  if (scheme !== `rsa-pkcs1-${name}`) throw unusable('its signature is over another digest than it names');
  checkAttributes(attributes, hash(info), tsa);
  const set = (attributes as DerNode).encoded;
  return {
    what: `the signature on ${what}`,
    scheme,
    publicKey: tsa.publicKey,
    // RFC 5652 section 5.4: with the tag of a SET instead of [0].
    message: concatBytes(Uint8Array.of(0x31), set.subarray(1)),
    signature: primitive(signature, 0x04, what),
  };
}

function checkAttributes(field: DerNode | undefined, digest: Uint8Array, tsa: X509): void {
  const values = exactly(field, 3, 0xa0).map((attribute, index) => {
    const [id, value] = exactly(attribute, 2);
    if (objectId(id, what) !== [contentTypeId, messageDigestId, signingCertificateId][index]) {
      throw unusable('its signed attributes are not those of a time stamp');
    }
    return only(value, 0x31);
  });
  const [contentType, messageDigest, signingCertificate] = values;
  if (objectId(contentType, what) !== tstInfoId) throw unusable('what is signed is no time');
  if (!equalBytes(primitive(messageDigest, 0x04, what), digest)) {
    throw unusable('what its authority signed is the digest of something else');
  }
  // SigningCertificateV2: the first is the signer's. Microsoft names one more, of an older certificate for the same PCA.
  const ids = sequence(exactly(signingCertificate, 1)[0], what);
  const [hash] = sequence(ids[0], what);
  // Without an algorithm in front it is SHA-256.
  if (!equalBytes(primitive(hash, 0x04, what), sha256(tsa.der))) {
    throw unusable("it was signed under another certificate than its authority's");
  }
}

/** genTime, once the message imprint is that of `stamped`. */
function readInfo(info: Uint8Array, stamped: Uint8Array): number {
  const [version, policy, imprint, serial, time, ...rest] = sequence(readDer(info, what), what);
  if (smallNumber(version, what) !== 1) throw unusable('it is of another version');
  objectId(policy, what);
  unsigned(serial, what);
  const [algorithm, digest] = exactly(imprint, 2);
  const [, hash] = digestOf(algorithm);
  if (!equalBytes(primitive(digest, 0x04, what), hash(stamped))) {
    throw unusable('it is for another endorsement');
  }
  // Accuracy, ordering, nonce and name say nothing that is asked for. Extensions might.
  if (rest.length > 4 || rest.some(({ tag }) => tag === 0xa1)) throw unusable('it has extensions');
  return genTimeMs(primitive(time, 0x18, what));
}

/** GeneralizedTime in UTC with a fraction of the second perhaps (RFC 3161 2.4.2), which is left out. */
function genTimeMs(content: Uint8Array): number {
  const text = fromUtf8(content) ?? '';
  const [, ...digits] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d{0,8}[1-9])?Z$/.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = digits.map(Number);
  const ms =
    digits.length === 0 ? undefined : calendarMs({ year, month, day, hour, minute, second } as CalendarTime);
  if (ms === undefined) throw unusable('its time is none');
  return ms;
}

function digestOf(node: DerNode | undefined) {
  const digest = digests[toHex(sequenceBytes(node))];
  if (digest === undefined) throw unusable('its digest is not SHA-256, SHA-384 or SHA-512');
  return digest;
}

/** The children of a constructed element that must have so many. */
function exactly(node: DerNode | undefined, count: number, tag = 0x30): readonly DerNode[] {
  const children = sequence(node, what, tag);
  if (children.length !== count) throw unusable('it has more or fewer fields than a time stamp has');
  return children;
}

function only(node: DerNode | undefined, tag: number): DerNode {
  return exactly(node, 1, tag)[0] as DerNode;
}

function sequenceBytes(node: DerNode | undefined): Uint8Array {
  sequence(node, what);
  return (node as DerNode).encoded;
}

function unusable(reason: string): Error {
  return refused('COCO_ATTESTATION_UVM', `${what} cannot be relied on: ${reason}`);
}
