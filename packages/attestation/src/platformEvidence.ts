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
import type { Anchors, Evidence, Examined, Platform, PlatformClaims } from './types.js';

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
    checkNames(evidence);
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

/** Of AMD's platforms and of Intel's: see types.ts. */
const snpEndorsements = ['vcek', 'ask', 'ark', 'crl', 'uvm', 'policy'];
const dcapEndorsements = ['collateral'];

const endorsementsOf: Readonly<Record<Platform, readonly string[]>> = {
  'sev-snp': snpEndorsements,
  'az-snp-vtpm': snpEndorsements,
  tdx: dcapEndorsements,
  sgx: dcapEndorsements,
  'az-tdx-vtpm': dcapEndorsements,
  virtual: [],
};

/** What nobody looks at is covered by no signature, and would be kept on the ledger as evidence all the same. */
function checkNames({ platform, endorsements }: PlatformEvidence): void {
  for (const name of Object.keys(endorsements)) {
    if (endorsementsOf[platform].includes(name)) continue;
    throw refused(
      'COCO_ATTESTATION_MALFORMED',
      `the endorsement "${name.slice(0, 32)}" vouches for nothing on the platform ${platform}`,
      { platform },
    );
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
