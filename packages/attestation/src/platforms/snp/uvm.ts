/**
 * Microsoft's endorsement of a utility VM, in which Azure runs confidential containers: a COSE_Sign1 (RFC 9052) that says
 * that a measurement is theirs, of which feed and of which security version. Two forms are in use.
 *
 *     both          protected 1: algorithm, 33: x5chain
 *     first         3: "application/json", "iss": did, "feed": text
 *                   payload {"x-ms-sevsnpvm-launchmeasurement": hex, "x-ms-sevsnpvm-guestsvn": "100"}
 *     since 0.2.10  259: "application/json", 15: {1: did, 2: feed, "svn": 100}; payload: the measurement, 48 bytes
 *
 * Whose endorsement it is, is a did:x509 (version 0): the SHA-256 of the certificate of an authority, which must be in the
 * chain, and extended key usages that the leaf must have. Which did is trusted, and from which version on, is appraisal's
 * business; any authority can make a good endorsement under a did of its own.
 *
 * Times of these certificates are not compared with the time asked about, as in CCF: Microsoft's signing certificates end
 * after a year, while the machines go on handing out what they signed. What ends an endorsement is its security version, for
 * which the members set a floor. When there is a time stamp over the signature (unprotected, "timestamp"), all of it must be
 * right, and the certificates must have been valid then. Nothing else may be in the unprotected header: no signature covers it.
 */
import { cborEncode, coseDecode, type SignatureScheme, sha256 } from '@coco/crypto';
import { CocoError, fromUtf8, toBase64, toHex } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { Examined, NamedSignature, PlatformClaims } from '../../types.js';
import { objectId, readDer, sequence } from '../../x509/asn1.js';
import { chainCertificatesMax, readCertificate, type X509 } from '../../x509/certificate.js';
import { checkSigns, issuedBy } from '../../x509/chain.js';
import { checkValidThen, examineTimeStamp, timeStampAuthorities } from './timeStamp.js';

type Uvm = NonNullable<PlatformClaims['uvm']>;

/** Microsoft's have 11 KB, of which half is a time stamp. Twice that still decodes in 50 ms, whatever is in it. */
export const uvmBytesMax = 24576;

/** COSE's numbers of signature algorithms (RFC 9053, RFC 8230). */
const schemes: ReadonlyMap<unknown, SignatureScheme> = new Map([
  [-7, 'ecdsa-p256-sha256'],
  [-35, 'ecdsa-p384-sha384'],
  [-37, 'rsa-pss-sha256'],
  [-38, 'rsa-pss-sha384'],
  [-39, 'rsa-pss-sha512'],
]);

const label = { algorithm: 1, critical: 2, contentType: 3, cwtClaims: 15, x5chain: 33, preimageType: 259 };
const json = 'application/json';
const extendedKeyUsageId = '2.5.29.37';

/**
 * What the endorsement says, and the signatures that must hold. Throws COCO_ATTESTATION_UVM for what cannot be read, a did
 * that its chain does not bear out, and another measurement than the report's. Time stamps may be by `authorities` (timeStamp.ts).
 */
export function examineUvm(
  bytes: Uint8Array,
  measurement: Uint8Array,
  authorities: readonly string[] = timeStampAuthorities,
): Examined<Uvm> {
  const message = decode(bytes);
  const { protectedHeader: header, protectedBytes, payload, signature } = message;
  if (payload === undefined) throw unusable('it has no payload');
  if (header.has(label.critical)) throw unusable('it demands the understanding of more than is understood');
  const scheme = schemes.get(header.get(label.algorithm));
  if (scheme === undefined) throw unusable('its signature algorithm is not supported');
  const said = header.has(label.cwtClaims) ? readClaims(header, payload) : readJson(header, payload);
  const chain = readChain(header.get(label.x5chain));
  checkDid(said.did, chain);
  checkSigns(chain[0] as X509, 'endorsements');
  if (said.measurement !== toHex(measurement)) {
    throw refused(
      'COCO_ATTESTATION_UVM',
      "the endorsement of the utility VM is for another measurement than the report's",
      { endorsed: said.measurement, measurement: toHex(measurement) },
    );
  }
  const signatures: NamedSignature[] = chain.flatMap((certificate, index) => {
    const issuer = chain[index + 1];
    return issuer === undefined ? [] : [issuedBy(certificate, issuer, "the UVM signer's certificate", index)];
  });
  signatures.push({
    what: 'the signature on the endorsement of the utility VM',
    scheme,
    publicKey: (chain[0] as X509).publicKey,
    message: cborEncode(['Signature1', protectedBytes, new Uint8Array(0), payload]),
    signature,
  });
  signatures.push(...examineStamp(message, chain, authorities));
  return { claims: { did: said.did, feed: said.feed, svn: said.svn }, signatures };
}

/** The signatures on the time stamp, if there is one. */
function examineStamp(
  { unprotectedHeader: header, signature }: ReturnType<typeof coseDecode>,
  chain: readonly X509[],
  authorities: readonly string[],
): readonly NamedSignature[] {
  if (header.size === 0) return [];
  const token = header.get('timestamp');
  if (header.size > 1 || !(token instanceof Uint8Array)) {
    throw unusable('beside what is signed it has something else than a time stamp, which nobody vouches for');
  }
  const { claims, signatures } = examineTimeStamp(token, signature, authorities);
  for (const certificate of chain) checkValidThen(certificate, claims.genTimeMs);
  return signatures;
}

type Said = Uvm & { readonly measurement: string };
type Header = ReadonlyMap<unknown, unknown>;

function decode(bytes: Uint8Array): ReturnType<typeof coseDecode> {
  try {
    return coseDecode(bytes, { bytesMax: uvmBytesMax, depthMax: 8 });
  } catch (error) {
    throw unusable(error instanceof CocoError ? error.message : 'it is not a COSE_Sign1');
  }
}

function readClaims(header: Header, payload: Uint8Array): Said {
  const claims = header.get(label.cwtClaims);
  if (!(claims instanceof Map)) throw unusable('its claims are not a map');
  if (header.get(label.preimageType) !== json) throw unusable(`its content type is not ${json}`);
  if (payload.length !== 48) throw unusable('its payload is not a measurement of 48 bytes');
  return said({ did: claims.get(1), feed: claims.get(2), svn: claims.get('svn') }, toHex(payload));
}

function readJson(header: Header, payload: Uint8Array): Said {
  if (header.get(label.contentType) !== json) throw unusable(`its content type is not ${json}`);
  const content = parseObject(payload);
  const svn = content['x-ms-sevsnpvm-guestsvn'];
  const number = typeof svn === 'string' && /^\d{1,9}$/.test(svn) ? Number(svn) : svn;
  const measurement = content['x-ms-sevsnpvm-launchmeasurement'];
  if (typeof measurement !== 'string') throw unusable('its payload has no measurement');
  return said({ did: header.get('iss'), feed: header.get('feed'), svn: number }, measurement);
}

function parseObject(payload: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(fromUtf8(payload) ?? '');
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Refused below.
  }
  throw unusable('its payload is not a JSON object');
}

function said(uvm: { did: unknown; feed: unknown; svn: unknown }, measurement: string): Said {
  const { did, feed, svn } = uvm;
  if (typeof did !== 'string' || typeof feed !== 'string') throw unusable('it names no issuer or no feed');
  if (typeof svn !== 'number' || !Number.isSafeInteger(svn) || svn < 0) {
    throw unusable('it names no security version');
  }
  return { did, feed, svn, measurement };
}

/** Leaf first (RFC 9360 section 2). */
function readChain(value: unknown): readonly X509[] {
  const chain = Array.isArray(value) ? (value as unknown[]) : [value];
  if (chain.length > chainCertificatesMax) throw unusable('its chain of certificates is too long');
  return chain.map((der) => {
    if (!(der instanceof Uint8Array) || der[0] !== 0x30)
      throw unusable('a certificate of its chain is not DER');
    return readCertificate(der, 'a certificate of the UVM signer');
  });
}

/** did:x509:0:sha256:<SHA-256 of an authority's certificate, base64url>::eku:<oid>, with one eku or more. */
function checkDid(did: string, chain: readonly X509[]): void {
  const [, fingerprint, policies] =
    /^did:x509:0:sha256:([\w-]{43})((?:::eku:[\d.]{3,64}){1,8})$/.exec(did) ?? [];
  if (fingerprint === undefined || policies === undefined) {
    throw unusable(`its issuer is not a did:x509 of a form that is understood: ${did.slice(0, 200)}`);
  }
  if (!chain.slice(1).some(({ der }) => base64Url(sha256(der)) === fingerprint)) {
    throw unusable('the authority that its did names is not in its chain of certificates');
  }
  const usages = extendedKeyUsages(chain[0] as X509);
  for (const usage of policies.split('::eku:').slice(1)) {
    if (!usages.includes(usage))
      throw unusable(`its signer may not be used for ${usage}, which its did demands`);
  }
}

/** ExtKeyUsageSyntax ::= SEQUENCE OF OBJECT IDENTIFIER (RFC 5280 4.2.1.12) */
function extendedKeyUsages(certificate: X509): readonly string[] {
  const what = "the UVM signer's certificate";
  const value = certificate.extensions.get(extendedKeyUsageId)?.value;
  if (value === undefined) return [];
  return sequence(readDer(value, what), what).map((usage) => objectId(usage, what));
}

function base64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function unusable(reason: string): Error {
  return refused('COCO_ATTESTATION_UVM', `the endorsement of the utility VM cannot be relied on: ${reason}`);
}
