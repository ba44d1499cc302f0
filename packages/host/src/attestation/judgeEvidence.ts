/**
 * Whether evidence is good: verified against the vendors' roots and those voted in, and appraised by what the members demand.
 * What was verified once can be judged again by other demands, without its signatures: they held, as of the same time.
 */
import {
  anchorsWith,
  appraise,
  type Binding,
  decodeEvidence,
  type Evidence,
  examineEvidence,
  type Manifests,
  type Refusal,
  type VerifiedClaims,
  verifyEvidence,
} from '@coco/attestation';
import { CocoError } from '@coco/primitives';

export type Judged =
  | {
      readonly outcome: 'accepted';
      readonly verified: VerifiedClaims;
      readonly codeId: string;
      readonly component: string;
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

export interface JudgeInput {
  /** A CMW. */
  readonly evidence: Uint8Array;
  readonly binding: Binding;
  /**
   * One of these must accept it. Of several the refusal is that by the last.
   */
  readonly manifests: readonly Manifests[];
  /** As of when, milliseconds since 1970. */
  readonly atMs: number;
}

/** Verifies and appraises. Never throws for what is wrong with the evidence. */
export function judgeEvidence(input: JudgeInput): Judged {
  return judge(input, verifyEvidence);
}

/** Judges again what `judgeEvidence` accepted, with the same `atMs`: what it does not look at again are signatures. */
export function judgeAgain(input: JudgeInput): Judged {
  return judge(input, (...examined) => examineEvidence(...examined).claims);
}

function judge({ evidence, binding, manifests, atMs }: JudgeInput, verify: typeof verifyEvidence): Judged {
  let last: Judged = { outcome: 'refused', refusal: nothingDemanded };
  try {
    const decoded = decodeEvidence(evidence);
    for (const one of manifests) {
      last = judgeBy(one, decoded, { binding, atMs }, verify);
      if (last.outcome === 'accepted') return last;
    }
  } catch (error) {
    return refusedBy(error);
  }
  return last;
}

function judgeBy(
  manifests: Manifests,
  evidence: Evidence,
  { binding, atMs }: Pick<JudgeInput, 'binding' | 'atMs'>,
  verify: typeof verifyEvidence,
): Judged {
  try {
    const verified = verify(evidence, anchorsWith(manifests.tee), atMs);
    const verdict = appraise(verified, manifests, binding, atMs);
    return verdict.outcome === 'accepted' ? { ...verdict, verified } : verdict;
  } catch (error) {
    return refusedBy(error);
  }
}

function refusedBy(error: unknown): Judged {
  if (!(error instanceof CocoError)) throw error;
  const { code, message: sentence, facts } = error;
  return { outcome: 'refused', refusal: { code, sentence, facts } };
}

const nothingDemanded: Refusal = {
  code: 'COCO_ATTESTATION_PLATFORM',
  sentence: 'nothing is known yet of what the members accept as evidence',
  facts: {},
};
