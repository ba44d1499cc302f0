/**
 * What the tests of SEV-SNP ask about most.
 */
import assert from 'node:assert/strict';
import { CocoError } from '@coco/primitives';
import { examineSnp, type SnpEvidence } from '../platforms/snp/examineSnp.js';
import { checkSignatures } from '../signatures.js';
import type { Anchors, PlatformClaims } from '../types.js';

/** The claims of genuine evidence; throws what is wrong with it. */
export function snpVerified(evidence: SnpEvidence, anchors: Anchors, atMs: number): PlatformClaims {
  return checkSignatures(examineSnp(evidence, anchors, atMs));
}

/** `act` refuses, with this code and a sentence that `sentence` is found in. */
export function assertRefused(act: () => unknown, code: string, sentence: RegExp = /./): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof CocoError, `${error}`);
    assert.equal(error.code, `COCO_ATTESTATION_${code}`, error.message);
    assert.match(error.message, sentence);
    return true;
  });
}
