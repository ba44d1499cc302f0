/**
 * Evidence of any platform, without what a node says of itself: which platform's rules apply, and that nothing but a coded
 * refusal comes out, whatever goes in.
 */
import { CocoError } from '@coco/primitives';
import { collateralIn } from './collateralIn.js';
import { checkSizes } from './evidenceLimits.js';
import { examineDcap } from './platforms/dcap/examineDcap.js';
import { examineSnp } from './platforms/snp/examineSnp.js';
import { examineVirtual } from './platforms/virtual/evidence.js';
import { examineAzureVtpm } from './platforms/vtpm/examineAzureVtpm.js';
import { refused } from './refused.js';
import { checkSignatures } from './signatures.js';
import type { Anchors, Evidence, Examined, PlatformClaims } from './types.js';

/** What hardware said, with what is needed to judge it. */
export type PlatformEvidence = Omit<Evidence, 'claims'>;

/**
 * Reads and compares `evidence` as of `atMs` (milliseconds since 1970); its signatures are left to be checked. Throws
 * COCO_ATTESTATION_*: see the room's README.
 */
export function examinePlatformEvidence(
  evidence: PlatformEvidence,
  anchors: Anchors,
  atMs: number,
): Examined<PlatformClaims> {
  return orRefused(() => {
    checkSizes({ ...evidence, claims: noClaims });
    return examineOn(evidence, anchors, atMs);
  });
}

/** The same, and every signature holds. Throws COCO_ATTESTATION_*. */
export function verifyPlatformEvidence(
  evidence: PlatformEvidence,
  anchors: Anchors,
  atMs: number,
): PlatformClaims {
  return checkSignatures(examinePlatformEvidence(evidence, anchors, atMs));
}

/** Does `read`; what lower rooms refuse (CBOR, DER, COSE, fields past the end) is malformed evidence. */
export function orRefused<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CocoError) || error.code.startsWith('COCO_ATTESTATION_')) throw error;
    const { message, code, facts } = error;
    throw refused('COCO_ATTESTATION_MALFORMED', `the evidence cannot be read: ${message}`, {
      ...facts,
      code,
    });
  }
}

const noClaims = new Uint8Array(0);

function examineOn(
  { platform, evidence, endorsements }: PlatformEvidence,
  anchors: Anchors,
  atMs: number,
): Examined<PlatformClaims> {
  switch (platform) {
    case 'virtual':
      return examineVirtual(evidence);
    case 'sev-snp':
      return examineSnp({ report: evidence, endorsements }, anchors, atMs);
    case 'az-snp-vtpm':
    case 'az-tdx-vtpm':
      return examineAzureVtpm({ platform, evidence, endorsements }, anchors, atMs);
    case 'tdx':
    case 'sgx':
      return examineDcap(
        { platform, quote: evidence, collateral: collateralIn(endorsements) },
        anchors,
        atMs,
      );
  }
}
