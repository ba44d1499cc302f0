/**
 * Quotes of Intel TDX and SGX, judged with Intel's collateral in the order of Intel's own verifier: the chain of the key that
 * certifies (PCK) up to a pinned root, revocation, the quoting enclave's report, the attestation key, the quote, then what Intel
 * says of the quoting enclave, the TDX module and the level of the platform's TCB. The worst status counts.
 */
import type { SignatureScheme } from '@coco/crypto';
import { sha256 } from '@coco/crypto';
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '@coco/primitives';
import { refused } from '../../refused.js';
import type { Anchors, Examined, NamedSignature, PlatformClaims } from '../../types.js';
import { readCertificates, type X509 } from '../../x509/certificate.js';
import { checkChain, checkSigns } from '../../x509/chain.js';
import { checkCrl, isRevoked } from '../../x509/crl.js';
import { type EnclaveReport, readEnclaveReport, readTdReport, type TdReport } from './body.js';
import { type Collateral, readCollateral, type SignedDocument } from './collateral.js';
import { type PckExtensions, readPckExtensions } from './pckExtensions.js';
import { matchQeIdentity, type QeIdentity } from './qeIdentity.js';
import { type Quote, readQuote } from './quote.js';
import { unusable } from './signedJson.js';
import { matchTcbInfo, type TcbInfo } from './tcbInfo.js';
import { mergeStatuses } from './tcbStatus.js';

export interface DcapInput {
  /** SGX version 3, TDX version 4 or 5; see quote.ts. */
  readonly quote: Uint8Array;
  /** JSON, see collateral.ts. */
  readonly collateral: Uint8Array;
  /** Which of the two the quote must be of. */
  readonly platform: 'tdx' | 'sgx';
}

/** SubjectPublicKeyInfo of a key on P-256, up to its uncompressed point. */
const p256Prefix = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004') as Uint8Array;

const ecdsa: SignatureScheme = 'ecdsa-p256-sha256';

/**
 * What a quote says, and the signatures that must hold. Throws COCO_ATTESTATION_ MALFORMED, TOO_LARGE, CHAIN, EXPIRED, CRL, REVOKED,
 * DEBUG, COLLATERAL, QE, MODULE, TCB. `collateralIssuedMs` is the oldest of TCB info, QE identity and PCK CRL, all of which Intel
 * issues anew at any time (its root's CRL only once a year).
 */
export function examineDcap(
  { quote: quoteBytes, collateral: collateralBytes, platform }: DcapInput,
  anchors: Anchors,
  atMs: number,
): Examined<PlatformClaims> {
  const quote = readQuote(quoteBytes);
  if (quote.platform !== platform) {
    throw refused('COCO_ATTESTATION_MALFORMED', `the quote is of ${quote.platform}, not of ${platform}`);
  }
  const enclave = platform === 'sgx' ? readEnclaveReport(quote.body) : undefined;
  const td = platform === 'tdx' ? readTdReport(quote.body) : undefined;
  refuseDebug((enclave ?? (td as TdReport)).attributes, platform);
  const collateral = readCollateral(collateralBytes);
  const chain = checkPckChain(quote, collateral, anchors, atMs);
  const certified = readPckExtensions(chain.pck, 'the PCK certificate');
  const qeReport = checkAttestationKey(quote);
  const documents = checkDocuments(collateral, chain.root, atMs);
  const qe = matchQeIdentity(collateral.qeIdentity.text, qeReport, platform, atMs);
  const tcbInfo = matchTcbInfo(collateral.tcbInfo.text, certified, td, atMs);
  const { status, advisories } = mergeStatuses([...tcbInfo.levels, qe.level]);
  if (status === 'Revoked') {
    throw refused('COCO_ATTESTATION_TCB', "Intel has revoked the TCB level of the platform's firmware", {
      status,
    });
  }
  const said = enclave === undefined ? tdClaims(td as TdReport) : enclaveClaims(enclave);
  return {
    claims: {
      platform,
      ...said,
      version: quote.version,
      tcb: { parts: tcbParts(certified, td) },
      tcbStatus: status,
      advisories,
      tcbEvaluationNumber: Math.min(tcbInfo.tcbEvaluationNumber, qe.tcbEvaluationNumber),
      collateralIssuedMs: Math.min(tcbInfo.issuedMs, qe.issuedMs, collateral.pckCrl.thisUpdateMs),
      signer: 'pck',
      ...(certified.ppid === undefined ? {} : { machineId: certified.ppid }),
      root: chain.root.publicKeyDigest,
      validUntilMs: validUntil(collateral, chain.certificates, tcbInfo, qe),
    },
    signatures: [...chain.signatures, ...documents, ...quoteSignatures(quote, chain.pck)],
  };
}

/** A debugger can read and change what runs: bit 1 of an enclave's flags, the first byte of a trust domain's attributes. */
function refuseDebug(attributes: Uint8Array, platform: 'tdx' | 'sgx'): void {
  const mask = platform === 'sgx' ? 0x02 : 0xff;
  if (((attributes[0] as number) & mask) === 0) return;
  const subject = platform === 'sgx' ? 'the enclave' : 'the trust domain';
  throw refused('COCO_ATTESTATION_DEBUG', `${subject} may be debugged: it keeps nothing secret`, {
    attributes: toHex(attributes),
  });
}

interface PckChain {
  readonly pck: X509;
  readonly root: X509;
  readonly certificates: readonly X509[];
  readonly signatures: readonly NamedSignature[];
}

/** The chain of the PCK, from the quote; the CRLs of both its authorities; and that neither is it revoked nor its authority. */
function checkPckChain(quote: Quote, collateral: Collateral, anchors: Anchors, atMs: number): PckChain {
  const certificates = readCertificates(withoutEnd(quote.pckChain), 'the PCK chain', 3);
  const [pck, authority, root] = certificates as readonly [X509, X509, X509];
  const { pckIssuers, rootCrl, pckCrl } = collateral;
  expectNames(certificates, ['PCK Certificate', 'PCK (Processor|Platform) CA', 'Root CA'], 'the PCK chain');
  expectNames(pckIssuers, ['PCK (Processor|Platform) CA', 'Root CA'], 'the chain of the PCK CRL');
  checkSigns(pck, 'reports');
  const [listIssuer, listRoot] = pckIssuers as readonly [X509, X509];
  if (listIssuer.publicKeyDigest !== authority.publicKeyDigest) {
    throw refused(
      'COCO_ATTESTATION_CRL',
      `the PCK CRL is ${listIssuer.title}'s, which did not issue the PCK`,
    );
  }
  expectRoot(listRoot, root, 'the chain of the PCK CRL');
  const signatures = [
    ...checkChain(certificates, anchors.intel, atMs, 'the PCK certificate'),
    ...checkChain(pckIssuers, anchors.intel, atMs, 'the issuer of the PCK CRL'),
    checkCrl(rootCrl, root, atMs, 'the root CRL'),
    checkCrl(pckCrl, authority, atMs, 'the PCK CRL'),
  ];
  if (isRevoked(rootCrl, authority.serial)) throw revoked(authority);
  if (isRevoked(rootCrl, listIssuer.serial)) throw revoked(listIssuer);
  if (isRevoked(pckCrl, pck.serial)) throw revoked(pck);
  return { pck, root, certificates, signatures };
}

/** The QE's report vouches for the attestation key: its report data begin with SHA-256(key, QE data), then zeros. */
function checkAttestationKey({ attestationKey, qeData, qeReport }: Quote): EnclaveReport {
  const report = readEnclaveReport(qeReport);
  const expected = new Uint8Array(64);
  expected.set(sha256(concatBytes(attestationKey, qeData)));
  if (!equalBytes(report.reportData, expected)) {
    throw refused(
      'COCO_ATTESTATION_QE',
      'the quoting enclave vouches for another key than the one that signed',
    );
  }
  return report;
}

/** TCB info and QE identity: who signed them, and that neither signer is revoked. */
function checkDocuments(
  { tcbInfo, qeIdentity, rootCrl }: Collateral,
  root: X509,
  atMs: number,
): readonly NamedSignature[] {
  const sign = ({ chain, text, signature }: SignedDocument, what: string): readonly NamedSignature[] => {
    expectNames(chain, ['TCB Signing', 'Root CA'], `the chain of the signer of ${what}`);
    const [signer, chainRoot] = chain as readonly [X509, X509];
    expectRoot(chainRoot, root, `the chain of the signer of ${what}`);
    checkSigns(signer, what);
    if (signature.length !== 64) throw unusable(what, 'its signature has not 64 bytes');
    if (isRevoked(rootCrl, signer.serial)) throw revoked(signer);
    return [
      // The anchor is the root that the PCK has: a second trusted root vouches for nothing of the first.
      ...checkChain(chain, [root.publicKeyDigest], atMs, `the signer of ${what}`),
      {
        what: `the signature of ${signer.title} on ${what}`,
        scheme: ecdsa,
        publicKey: signer.publicKey,
        message: utf8(text),
        signature,
      },
    ];
  };
  return [...sign(tcbInfo, 'the TCB info'), ...sign(qeIdentity, 'the QE identity')];
}

function quoteSignatures(quote: Quote, pck: X509): readonly NamedSignature[] {
  return [
    {
      what: "the PCK's signature on the quoting enclave's report",
      scheme: ecdsa,
      publicKey: pck.publicKey,
      message: quote.qeReport,
      signature: quote.qeReportSignature,
    },
    {
      what: "the attestation key's signature on the quote",
      scheme: ecdsa,
      publicKey: concatBytes(p256Prefix, quote.attestationKey),
      message: quote.signed,
      signature: quote.signature,
    },
  ];
}

type Said = Pick<PlatformClaims, 'registers' | 'reportData' | 'attributes' | 'migratable'>;

function enclaveClaims({ registers, reportData, attributes }: EnclaveReport): Said {
  return { registers, reportData: reportData.slice(), attributes: toHex(attributes), migratable: false };
}

/** A trust domain can move when its attributes say so (bit 29), or when a service domain is bound to it. */
function tdClaims({ registers, reportData, attributes, xfam, mrServiceTd }: TdReport): Said {
  const mayMove = ((attributes[3] as number) & 0x20) !== 0 || /[^0]/.test(mrServiceTd ?? '');
  return {
    registers,
    reportData: reportData.slice(),
    attributes: toHex(concatBytes(attributes, xfam)),
    migratable: mayMove,
  };
}

function tcbParts(pck: PckExtensions, td: TdReport | undefined): Readonly<Record<string, number | string>> {
  return {
    fmspc: pck.fmspc,
    pce_id: pck.pceId,
    pce_svn: pck.pceSvn,
    components: pck.components.join('.'),
    ...(td === undefined ? {} : { tee_tcb_svn: toHex(td.teeTcbSvn) }),
  };
}

function validUntil(
  { pckIssuers, rootCrl, pckCrl, tcbInfo, qeIdentity }: Collateral,
  pckChain: readonly X509[],
  ...documents: readonly (TcbInfo | QeIdentity)[]
): number {
  const certificates = [...pckChain, ...pckIssuers, ...tcbInfo.chain, ...qeIdentity.chain];
  return Math.min(
    ...certificates.map(({ notAfterMs }) => notAfterMs),
    ...[rootCrl, pckCrl, ...documents].map(({ nextUpdateMs }) => nextUpdateMs),
  );
}

/** All of Intel's keys chain to one root: the common names say which key may do what. */
function expectNames(chain: readonly X509[], names: readonly string[], what: string): void {
  const fits = names.every((name, index) =>
    new RegExp(`^Intel SGX ${name}$`).test(chain[index]?.commonName ?? ''),
  );
  if (chain.length === names.length && fits) return;
  const found = chain.map(({ commonName }) => commonName ?? '?').join(', ');
  throw refused('COCO_ATTESTATION_CHAIN', `${what} is not made of ${names.join(', ')} but of ${found}`, {
    found,
  });
}

function expectRoot(found: X509, root: X509, what: string): void {
  if (found.publicKeyDigest === root.publicKeyDigest) return;
  throw refused('COCO_ATTESTATION_CHAIN', `${what} ends at another root than the PCK chain`, {
    found: found.publicKeyDigest,
    root: root.publicKeyDigest,
  });
}

function revoked(certificate: X509): Error {
  return refused('COCO_ATTESTATION_REVOKED', `the certificate of ${certificate.title} is revoked`, {
    serial: certificate.serial,
  });
}

/** Quotes end their PEM as C does, with zeros. */
function withoutEnd(pem: Uint8Array): Uint8Array {
  let end = pem.length;
  while (end > 0 && pem[end - 1] === 0) end--;
  return pem.subarray(0, end);
}
