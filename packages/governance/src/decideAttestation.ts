/**
 * Whether a node's evidence lets it take part: by the manifests of one version, the identity of the service, and the time that
 * is stated. Nothing else counts, so that whoever reads the ledger decides as the primary did, years later.
 */
import {
  anchorsWith,
  appraise,
  type Binding,
  decodeEvidence,
  examineEvidence,
  type Manifests,
  type Refusal,
  type VerifiedClaims,
  verifyEvidence,
} from '@coco/attestation';
import { parseCertificate } from '@coco/crypto';
import type { Reader } from '@coco/kv';
import { CocoError, type NodeId } from '@coco/primitives';
import type { AttestationRecord } from './evidenceRow.js';
import { readManifests } from './manifests.js';
import { isSealingKey } from './networkKey/shareKey.js';
import { readObject, textOf } from './rows.js';
import { governanceTables } from './tables.js';
import type { NodeAttestation } from './types.js';

/** What is to be decided: evidence, and who hands it in for what. */
export interface AttestationCase extends NodeAttestation {
  readonly nodeId: NodeId;
  readonly purpose: 'join' | 'lease';
}

export type AttestationDecision =
  | {
      readonly outcome: 'accepted';
      readonly codeId: string;
      readonly component: string;
      readonly claims: VerifiedClaims;
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/**
 * Decides by what `reader` says. An auditor calls it with a row of `public:coco.nodes.evidence` (see `readAttestation`) and the
 * version that wrote it. Never throws for bad evidence: the refusal has a code COCO_ATTESTATION_*.
 */
export function decideAttestation(reader: Reader, asked: AttestationCase): AttestationDecision {
  return decideBy(readManifests(reader), networkDigest(reader), asked, verifyEvidence);
}

/**
 * Why evidence that was accepted and recorded is accepted no more by `manifests`; undefined while it is. Its signatures held
 * when it was recorded, as of the same time, and are not checked again: that makes it cheap enough for every node at once.
 */
export function recordRefusal(
  manifests: Manifests,
  network: string,
  record: AttestationRecord,
): Refusal | undefined {
  const examined: typeof verifyEvidence = (evidence, anchors, atMs) =>
    examineEvidence(evidence, anchors, atMs).claims;
  const decision = decideBy(manifests, network, record, examined);
  return decision.outcome === 'refused' ? decision.refusal : undefined;
}

/** SHA-256 of the service's certificate (DER), hex: the network to which evidence is bound. "" when there is none. */
export function networkDigest(reader: Reader): string {
  try {
    const pem = textOf(readObject(reader, governanceTables.serviceInfo)?.['cert']) ?? '';
    return parseCertificate(pem).fingerprint;
  } catch {
    return '';
  }
}

function decideBy(
  manifests: Manifests,
  network: string,
  { nodeId, purpose, evidence, nonce, exporter, atMs }: AttestationCase,
  claimsOf: typeof verifyEvidence,
): AttestationDecision {
  const binding: Binding = { purpose, network, nodeId, nonce, exporter };
  try {
    const claims = claimsOf(decodeEvidence(evidence), anchorsWith(manifests.tee), atMs);
    const verdict = appraise(claims, manifests, binding, atMs);
    if (verdict.outcome === 'refused') return verdict;
    const keyless = keyRefusal(claims);
    if (keyless !== undefined) return { outcome: 'refused', refusal: keyless };
    const { codeId, component } = verdict;
    return { outcome: 'accepted', codeId, component, claims };
  } catch (error) {
    if (!(error instanceof CocoError)) throw error;
    const { code, message, facts } = error;
    return { outcome: 'refused', refusal: { code, sentence: message, facts } };
  }
}

/**
 * A node that took part without keys to which secrets and shares can be sealed would be told nothing, and kept others from being
 * told: who left would go on reading (MIT-4).
 */
function keyRefusal({ claims: { epochKey, shareKey } }: VerifiedClaims): Refusal | undefined {
  const missing = [
    ...(isSealingKey(epochKey) ? [] : ['epoch']),
    ...(isSealingKey(shareKey) ? [] : ['share']),
  ];
  if (missing.length === 0) return undefined;
  const sentence = `the evidence names no ${missing.join(' key and no ')} key that something could be sealed to`;
  return { code: 'COCO_ATTESTATION_SEALING_KEY', sentence, facts: {} };
}
