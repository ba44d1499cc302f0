export { anchorsWith, builtInAnchors } from './anchors.js';
export { appraise } from './appraise.js';
export { networkAssurance } from './assurance.js';
export {
  decodeEvidence,
  encodeEvidence,
  evidenceExtension,
  evidenceExtensionOid,
  evidenceInExtension,
} from './carriage.js';
export { type CodeIdentity, codeId, codeIdentities } from './codeId.js';
export { evidenceLimits } from './evidenceLimits.js';
export { parseManifests, platforms } from './parseManifests.js';
export {
  examinePlatformEvidence,
  type PlatformEvidence,
  verifyPlatformEvidence,
} from './platformEvidence.js';
export { type DcapInput, examineDcap } from './platforms/dcap/examineDcap.js';
export { type PckExtensions, readPckExtensions } from './platforms/dcap/pckExtensions.js';
export { type Quote, readQuote } from './platforms/dcap/quote.js';
export { examineSnp, type SnpEvidence } from './platforms/snp/examineSnp.js';
export { readSnpReport, type SnpReport } from './platforms/snp/report.js';
export { type SnpFiles, snpEndorsements } from './platforms/snp/snpEndorsements.js';
export { tcbBytes, tcbParts } from './platforms/snp/tcb.js';
export {
  examineVirtual,
  type VirtualEvidenceInput,
  virtualEvidence,
} from './platforms/virtual/evidence.js';
export {
  decodeVtpmEvidence,
  encodeVtpmEvidence,
  type VtpmEvidence,
  type VtpmInput,
  vtpmPcrs,
} from './platforms/vtpm/evidence.js';
export { refused } from './refused.js';
export { decodeClaims, encodeClaims, reportDataOf } from './runtimeClaims.js';
export type * from './types.js';
export { examineEvidence, verifyEvidence, verifyEvidenceWith } from './verifyEvidence.js';
export { chainCertificatesMax, readCertificate, readCertificates, type X509 } from './x509/certificate.js';
export { checkChain, checkRoot, checkValid, issuedBy } from './x509/chain.js';
export { type Crl, checkCrl, isRevoked, readCrl } from './x509/crl.js';
