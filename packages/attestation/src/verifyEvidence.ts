/**
 * Verification (RFC 9334): whether the evidence is genuine as of a stated time, and speaks of the node that shows it. What it
 * is worth, appraisal decides (appraise.ts).
 */
import { type SignatureCheck, sha256 } from '@coco/crypto';
import { equalBytes, toHex } from '@coco/primitives';
import { examinePlatformEvidence, orRefused } from './platformEvidence.js';
import { refused } from './refused.js';
import { decodeClaims, reportDataOf } from './runtimeClaims.js';
import { checkSignatures, checkSignaturesWith } from './signatures.js';
import type { Anchors, Evidence, Examined, NamedSignature, VerifiedClaims } from './types.js';

/**
 * What `evidence` says, genuine as of `atMs` (milliseconds since 1970) by the roots in `anchors` (see `anchorsWith`).
 * Throws COCO_ATTESTATION_*: see the room's README.
 */
export function verifyEvidence(evidence: Evidence, anchors: Anchors, atMs: number): VerifiedClaims {
  return checkSignatures(examineEvidence(evidence, anchors, atMs));
}

/** The same where signatures are checked asynchronously: in a browser. Rejects with COCO_ATTESTATION_*. */
export async function verifyEvidenceWith(
  evidence: Evidence,
  anchors: Anchors,
  atMs: number,
  check: (signature: SignatureCheck) => Promise<boolean>,
): Promise<VerifiedClaims> {
  return checkSignaturesWith(examineEvidence(evidence, anchors, atMs), check);
}

/** The same up to the signatures, which are left to be checked. Throws COCO_ATTESTATION_*. */
export function examineEvidence(
  evidence: Evidence,
  anchors: Anchors,
  atMs: number,
): Examined<VerifiedClaims> {
  const runtimeClaims = orRefused(() => decodeClaims(evidence.claims));
  const { claims, signatures } = examinePlatformEvidence(evidence, anchors, atMs);
  const expected = reportDataOf(evidence.claims);
  if (!equalBytes(claims.reportData, expected)) {
    throw refused(
      'COCO_ATTESTATION_BINDING',
      'the evidence was not made for these runtime claims: its report data is not their hash',
      { reportData: toHex(claims.reportData), expected: toHex(expected) },
    );
  }
  const verified = { ...claims, claims: runtimeClaims };
  if (evidence.platform === 'virtual') checkVirtual(verified, signatures);
  return { claims: verified, signatures };
}

/** Nobody stands behind virtual evidence but the node's own key, and it says twice what it runs and as what instance. */
function checkVirtual(
  { claims, registers, instanceId }: VerifiedClaims,
  signatures: readonly NamedSignature[],
): void {
  const signer = signatures.map(({ publicKey }) => toHex(sha256(publicKey))).join();
  const pairs = [
    ['the key that signed it', signer, 'node key', toHex(claims.nodeKey)],
    ['the code tree that it measured', registers['tree'] ?? '', 'code', toHex(claims.code)],
    ['its instance', instanceId ?? '', 'instance', toHex(claims.instance)],
  ] as const;
  for (const [what, found, name, expected] of pairs) {
    if (found === expected) continue;
    throw refused(
      'COCO_ATTESTATION_BINDING',
      `the virtual evidence contradicts its runtime claims: ${what} is ${found}, their ${name} is ${expected}`,
      { found, expected },
    );
  }
}
