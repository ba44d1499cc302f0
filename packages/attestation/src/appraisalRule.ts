/**
 * The form of the rules of appraisal: each looks at everything that is known and refuses, or says nothing.
 */
import type { Binding, Manifests, Refusal, TeeEntry, VerifiedClaims } from './types.js';

/** Undefined: no objection. Never throws. */
export type AppraisalRule = (subject: AppraisalSubject) => Refusal | undefined;

export interface AppraisalSubject {
  readonly verified: VerifiedClaims;
  readonly manifests: Manifests;
  /** Of the platform of `verified`. */
  readonly entry: TeeEntry;
  readonly binding: Binding;
  readonly atMs: number;
}

export function refusal(
  code: `COCO_ATTESTATION_${string}`,
  sentence: string,
  facts: Refusal['facts'],
): Refusal {
  return { code, sentence, facts };
}
