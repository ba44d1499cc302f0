/**
 * Judges the evidence of an Azure confidential VM: the hardware vouches for the paravisor (its measurement) and for what
 * that says, namely which attestation key its vTPM has; that key vouches for the PCRs, into which everything above was
 * measured, and for the report data. Three links, each from a hash: report data of the hardware -> runtime data -> key ->
 * quote.
 */
import { sha256 } from '@coco/crypto';
import { concatBytes, equalBytes, toHex } from '@coco/primitives';
import { collateralIn } from '../../collateralIn.js';
import { refused } from '../../refused.js';
import type { Anchors, Endorsements, Examined, PlatformClaims } from '../../types.js';
import { examineDcap } from '../dcap/examineDcap.js';
import { examineSnp } from '../snp/examineSnp.js';
import { decodeVtpmEvidence, type VtpmEvidence, vtpmPcrs } from './evidence.js';
import { attestationKeyIn } from './hclReport.js';
import { readTpmQuote } from './tpmQuote.js';

export interface AzureVtpmEvidence {
  readonly platform: 'az-snp-vtpm' | 'az-tdx-vtpm';
  /** As `encodeVtpmEvidence` makes it. */
  readonly evidence: Uint8Array;
  /** Of the hardware beneath: see types.ts. */
  readonly endorsements: Endorsements;
}

/** Throws COCO_ATTESTATION_* for all that is wrong without any signature. */
export function examineAzureVtpm(
  { platform, evidence, endorsements }: AzureVtpmEvidence,
  anchors: Anchors,
  atMs: number,
): Examined<PlatformClaims> {
  const parts = decodeVtpmEvidence(evidence);
  const hardware = examineHardware({ platform, parts, endorsements }, anchors, atMs);
  checkRuntimeData(parts.runtimeData, hardware.claims.reportData);
  const quote = readTpmQuote(parts.quote);
  checkPcrs(parts.pcrs, quote.pcrs, quote.pcrDigest);
  const pcrs = vtpmPcrs.map((index) => [`pcr${index}`, toHex(parts.pcrs.get(index) as Uint8Array)]);
  const measured = platform === 'az-snp-vtpm' ? 'measurement' : 'mrtd';
  const { uvm: _, instanceId, ...claims } = hardware.claims;
  return {
    claims: {
      ...claims,
      platform,
      registers: { [measured]: hardware.claims.registers[measured] ?? '', ...Object.fromEntries(pcrs) },
      reportData: reportDataFrom(quote.qualifyingData),
      instanceId: `${instanceId ?? 'vtpm'}-${quote.resetCount}`,
    },
    signatures: [
      ...hardware.signatures,
      {
        what: "the signature of the vTPM's attestation key on its quote",
        scheme: 'rsa-pkcs1-sha256',
        publicKey: attestationKeyIn(parts.runtimeData),
        message: parts.quote,
        signature: parts.signature,
      },
    ],
  };
}

interface Hardware {
  readonly platform: AzureVtpmEvidence['platform'];
  readonly parts: VtpmEvidence;
  readonly endorsements: Endorsements;
}

function examineHardware(
  { platform, parts, endorsements }: Hardware,
  anchors: Anchors,
  atMs: number,
): Examined<PlatformClaims> {
  const { report, tdQuote } = parts;
  if (platform === 'az-tdx-vtpm') {
    if (tdQuote === undefined || report !== undefined)
      throw malformed('a TDX quote is missing, or not alone');
    return examineDcap(
      { platform: 'tdx', quote: tdQuote, collateral: collateralIn(endorsements) },
      anchors,
      atMs,
    );
  }
  if (report === undefined || tdQuote !== undefined)
    throw malformed('an SNP report is missing, or not alone');
  const examined = examineSnp({ report, endorsements }, anchors, atMs);
  const { vmpl } = examined.claims;
  // What runs above the paravisor can ask for reports too, with any report data: but never at its privilege level.
  if (vmpl === 0) return examined;
  throw refused(
    'COCO_ATTESTATION_VMPL',
    `the paravisor's report was asked for at privilege level (VMPL) ${vmpl}, and the paravisor has 0`,
    { vmpl: vmpl ?? 'unknown', expected: 0 },
  );
}

function checkRuntimeData(runtimeData: Uint8Array, reportData: Uint8Array): void {
  const expected = sha256(runtimeData);
  const found = reportData.subarray(0, 32);
  if (equalBytes(found, expected)) return;
  throw refused(
    'COCO_ATTESTATION_BINDING',
    "the hardware does not vouch for the vTPM's key: its report data are not the hash of the paravisor's runtime data",
    { reportData: toHex(found), expected: toHex(expected) },
  );
}

function checkPcrs(values: VtpmEvidence['pcrs'], quoted: readonly number[], digest: Uint8Array): void {
  if (quoted.join() !== vtpmPcrs.join()) {
    throw malformed(
      `the TPM's quote is over the PCRs ${quoted.join(', ') || 'none'}, not ${vtpmPcrs.join(', ')}`,
    );
  }
  const expected = sha256(concatBytes(...vtpmPcrs.map((index) => values.get(index) as Uint8Array)));
  if (equalBytes(digest, expected)) return;
  throw refused('COCO_ATTESTATION_BINDING', 'the values of the PCRs are not those that the TPM has quoted', {
    quoted: toHex(digest),
    values: toHex(expected),
  });
}

/** The qualifying data are the SHA-384 in the report data; 16 zeros follow it there. */
function reportDataFrom(qualifyingData: Uint8Array): Uint8Array {
  if (qualifyingData.length !== 48) {
    throw malformed(`the qualifying data of the TPM's quote have ${qualifyingData.length} bytes, not 48`);
  }
  return concatBytes(qualifyingData, new Uint8Array(16));
}

function malformed(reason: string) {
  return refused('COCO_ATTESTATION_MALFORMED', `the evidence of a vTPM cannot be judged: ${reason}`);
}
