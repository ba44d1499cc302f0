/**
 * `quote_info` of a row of `public:ccf.gov.nodes.info`: what CCF keeps of a node's evidence. All but the format in base64:
 *
 *     format "AMD_SEV_SNP_v1"   quote: the report; endorsements: VCEK, ASK and ARK in PEM; uvm_endorsements: COSE_Sign1, if any
 *     format "Insecure_Virtual" quote: a COSE_Sign1 that proves nothing ("" before the node has handed in any)
 *     not known to CCF: "Intel_TDX", "Intel_SGX", "Azure_SNP_vTPM", "Azure_TDX_vTPM"   quote: as in the evidence
 *
 * Everything that is needed to decide again is in `public:coco.nodes.evidence`.
 */
import { decodeEvidence, type Platform } from '@coco/attestation';
import { concatBytes, toBase64, utf8 } from '@coco/primitives';
import type { JsonObject } from './rows.js';

const formats: Readonly<Record<Platform, string>> = {
  'sev-snp': 'AMD_SEV_SNP_v1',
  tdx: 'Intel_TDX',
  sgx: 'Intel_SGX',
  'az-snp-vtpm': 'Azure_SNP_vTPM',
  'az-tdx-vtpm': 'Azure_TDX_vTPM',
  virtual: 'Insecure_Virtual',
};

/** Before a node has handed in evidence. */
export const noQuote: JsonObject = { format: formats.virtual, quote: '', endorsements: '' };

/** The `quote_info` of a node that handed in `cmw`, which is known to be good. */
export function quoteInfo(cmw: Uint8Array): JsonObject {
  const { platform, evidence, endorsements } = decodeEvidence(cmw);
  const chain = [endorsements['vcek'], endorsements['ask'], endorsements['ark']];
  const pems = chain.flatMap((der) => (der === undefined ? [] : [utf8(pemOf(der))]));
  const { uvm } = endorsements;
  return {
    format: formats[platform],
    quote: toBase64(evidence),
    endorsements: toBase64(concatBytes(...pems)),
    ...(uvm !== undefined && { uvm_endorsements: toBase64(uvm) }),
  };
}

function pemOf(der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
