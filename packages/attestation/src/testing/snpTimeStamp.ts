/**
 * A synthetic time stamp authority (RFC 3161), as Microsoft is one for its endorsements of utility VMs. Every part of what it
 * writes can be another one.
 */
import { createHash, sign } from 'node:crypto';
import { concatBytes, utf8 } from '@coco/primitives';
import { freshKeyPair } from './freshKeyPair.js';
import { element, integer, name, objectId, objectIds, sequence, syntheticCertificate } from './snpDer.js';

export type StampHash = 'sha256' | 'sha384' | 'sha512';

/** What to write instead of what is right. */
export interface SyntheticTimeStamp {
  readonly hash?: StampHash;
  /** GeneralizedTime. Default 20230208054223.572Z. */
  readonly genTime?: string;
  /** The hash in the message imprint. */
  readonly imprint?: Uint8Array;
  /** Fields of TSTInfo behind genTime. */
  readonly infoRest?: readonly Uint8Array[];
  /** Signed attributes: the values by identifier. */
  readonly attributes?: (right: [string, Uint8Array][]) => readonly (readonly [string, Uint8Array])[];
  readonly contentType?: string;
  readonly signerSerial?: number;
  readonly signerIssuer?: string;
  readonly signerDigest?: StampHash;
  readonly signerVersion?: number;
  readonly version?: number;
  /** OID of the signature's algorithm. */
  readonly algorithm?: string;
  /** Fields of SignerInfo behind the signature: unsigned attributes. */
  readonly signerRest?: readonly Uint8Array[];
  readonly certificates?: (tsa: Uint8Array, pca: Uint8Array) => readonly Uint8Array[];
  /** SignerInfos in the place of the one. */
  readonly signers?: (signer: Uint8Array) => readonly Uint8Array[];
  /** A bit of the signature is flipped. */
  readonly forged?: boolean;
}

export interface TimeStampAuthority {
  /** SHA-256 of the certificate that is to be pinned. */
  readonly pin: string;
  /** Its certificates, DER. */
  readonly tsa: Uint8Array;
  readonly pca: Uint8Array;
  /** A time stamp over `bytes`. */
  stamp(bytes: Uint8Array, bent?: SyntheticTimeStamp): Uint8Array;
}

const digestIds = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};
const signatureIds = {
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const smime = '1.2.840.113549.1.9.16';
const nothing = Uint8Array.of(5, 0);

export function createTimeStampAuthority(
  options: {
    readonly usages?: readonly string[];
    readonly tsaIsCa?: boolean;
    readonly tsaNotAfterMs?: number;
    readonly pcaNotAfterMs?: number;
  } = {},
): TimeStampAuthority {
  const pcaKey = freshKeyPair('secp384r1');
  const key = freshKeyPair(2048);
  const notBeforeMs = Date.UTC(2022, 2, 2);
  const serial = 0x33000001;
  const tsa = syntheticCertificate({
    subject: 'Time-Stamp Service',
    issuer: 'Time-Stamp PCA',
    publicKey: key.publicKey,
    signedBy: pcaKey.privateKey,
    serial,
    notBeforeMs,
    notAfterMs: options.tsaNotAfterMs ?? Date.UTC(2023, 4, 11),
    ...(options.tsaIsCa === true ? { ca: {} } : {}),
    extensions: [['2.5.29.37', objectIds(...(options.usages ?? ['1.3.6.1.5.5.7.3.8']))]],
  });
  const pca = syntheticCertificate({
    subject: 'Time-Stamp PCA',
    issuer: 'A root that is not in the token',
    publicKey: pcaKey.publicKey,
    signedBy: pcaKey.privateKey,
    serial: 2,
    notBeforeMs,
    notAfterMs: options.pcaNotAfterMs ?? Date.UTC(2030, 8, 30),
    ca: {},
  });
  const stamp = (bytes: Uint8Array, bent: SyntheticTimeStamp = {}): Uint8Array => {
    const { hash = 'sha384', contentType = `${smime}.1.4` } = bent;
    const info = sequence(
      integer(1),
      objectId('1.3.6.1.4.1.601.10.3.1'),
      sequence(digestOf(hash), octets(bent.imprint ?? digest(hash, bytes))),
      integer(99),
      element(0x18, utf8(bent.genTime ?? '20230208054223.572Z')),
      ...(bent.infoRest ?? [sequence(element(0x80, Uint8Array.of(1, 0xf4)))]),
    );
    const right: [string, Uint8Array][] = [
      ['1.2.840.113549.1.9.3', objectId(`${smime}.1.4`)],
      ['1.2.840.113549.1.9.4', octets(digest(hash, info))],
      [`${smime}.2.47`, sequence(sequence(sequence(octets(digest('sha256', tsa)))))],
    ];
    const attributes = concatBytes(
      ...(bent.attributes?.(right) ?? right).map(([id, value]) =>
        sequence(objectId(id), element(0x31, value)),
      ),
    );
    const signature = new Uint8Array(sign(hash, element(0x31, attributes), key.privateKey));
    if (bent.forged === true) signature[7] = (signature[7] as number) ^ 1;
    const signer = sequence(
      integer(bent.signerVersion ?? 1),
      sequence(name(bent.signerIssuer ?? 'Time-Stamp PCA'), integer(bent.signerSerial ?? serial)),
      digestOf(bent.signerDigest ?? hash),
      element(0xa0, attributes),
      sequence(objectId(bent.algorithm ?? signatureIds[hash]), nothing),
      octets(signature),
      ...(bent.signerRest ?? []),
    );
    const data = sequence(
      integer(bent.version ?? 3),
      element(0x31, digestOf(hash)),
      sequence(objectId(contentType), element(0xa0, octets(info))),
      element(0xa0, ...(bent.certificates?.(tsa, pca) ?? [tsa, pca])),
      element(0x31, ...(bent.signers?.(signer) ?? [signer])),
    );
    return sequence(objectId('1.2.840.113549.1.7.2'), element(0xa0, data));
  };
  return { pin: createHash('sha256').update(pca).digest('hex'), tsa, pca, stamp };
}

function digest(hash: StampHash, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(hash).update(bytes).digest());
}

function digestOf(hash: StampHash): Uint8Array {
  return sequence(objectId(digestIds[hash]), nothing);
}

function octets(bytes: Uint8Array): Uint8Array {
  return element(0x04, bytes);
}
