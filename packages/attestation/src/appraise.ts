/**
 * Appraisal (RFC 9334): whether what was verified is what the members have approved, and bound to what it must be bound to
 * (GOV-1, SEC-1, MIT-4). Deterministic and total, so that whoever replays a ledger decides the same; refused is what any of
 * the rules below refuses, the first one speaks.
 */
import { equalBytes, toHex } from '@coco/primitives';
import { admittedCode } from './admittedCode.js';
import { isBuiltInRoot } from './anchors.js';
import { type AppraisalRule, refusal } from './appraisalRule.js';
import { intelRules } from './intelRules.js';
import { snpRules } from './snpRules.js';
import type { Binding, Manifests, Platform, Verdict, VerifiedClaims } from './types.js';

/**
 * The verdict on `verified` (from `verifyEvidence` with `anchorsWith(manifests.tee)`) by `manifests`; `binding` says to what
 * it must be bound; `atMs` is the time, in milliseconds since 1970, as of which it was verified.
 */
export function appraise(
  verified: VerifiedClaims,
  manifests: Manifests,
  binding: Binding,
  atMs: number,
): Verdict {
  const { platform } = verified;
  const entry = Object.hasOwn(manifests.tee, platform) ? manifests.tee[platform] : undefined;
  if (entry === undefined) {
    const admitted = Object.keys(manifests.tee).sort().join(', ') || 'none';
    const sentence = `the TEE manifest does not admit the platform ${platform}, only: ${admitted}`;
    return refuse(refusal('COCO_ATTESTATION_PLATFORM', sentence, { platform, admitted }));
  }
  const subject = { verified, manifests, entry, binding, atMs };
  for (const rule of [...bindingRules, ...platformRules[platform], isMachineAdmitted, isNotMigratable]) {
    const found = rule(subject);
    if (found !== undefined) return refuse(found);
  }
  return admittedCode(subject);
}

const refuse = (found: NonNullable<ReturnType<AppraisalRule>>): Verdict => ({
  outcome: 'refused',
  refusal: found,
});

const isForPurpose: AppraisalRule = ({ verified, binding }) => {
  const { purpose } = verified.claims;
  if (purpose === binding.purpose) return undefined;
  const sentence = `the evidence was made for the purpose "${purpose}", not "${binding.purpose}"`;
  return refusal('COCO_ATTESTATION_PURPOSE', sentence, { purpose, expected: binding.purpose });
};

const isOfNetwork: AppraisalRule = ({ verified, binding }) => {
  const { network: expected } = binding;
  const network = hexOr(verified.claims.network, 'no network');
  if (expected === undefined || network === expected) return undefined;
  const sentence = `the evidence was made for ${network}, not for the network ${expected}`;
  return refusal('COCO_ATTESTATION_NETWORK', sentence, { network, expected });
};

const isOfNode: AppraisalRule = ({ verified, binding }) => {
  const nodeKey = toHex(verified.claims.nodeKey);
  const { nodeId: expected } = binding;
  if (nodeKey === expected) return undefined;
  const sentence = `the evidence speaks of the node key ${nodeKey}, not of ${expected}`;
  return refusal('COCO_ATTESTATION_KEY', sentence, { nodeKey, expected });
};

const isFresh: AppraisalRule = ({ verified, binding }) => {
  const { nonce } = verified.claims;
  if (isBound(nonce, binding.nonce)) return undefined;
  const expected = hexOr(binding.nonce, '');
  const found = hexOr(nonce, 'none');
  const sentence = `the evidence is not fresh: it was made for the nonce ${found}, and ${expected} was asked for`;
  return refusal('COCO_ATTESTATION_NONCE', sentence, { nonce: found, expected });
};

const isOfSession: AppraisalRule = ({ verified, binding }) => {
  const { exporter } = verified.claims;
  if (isBound(exporter, binding.exporter)) return undefined;
  const expected = hexOr(binding.exporter, '');
  const found = hexOr(exporter, 'none');
  const sentence = `the evidence is of another connection: its TLS exporter is ${found}, that of this one ${expected}`;
  return refusal('COCO_ATTESTATION_SESSION', sentence, { exporter: found, expected });
};

/** Verification has trusted the roots of every entry; here only those of this entry count, and the vendor's own. */
const isRootTrusted: AppraisalRule = ({ verified, entry }) => {
  const { platform, root = 'unknown' } = verified;
  if (platform === 'virtual' || isBuiltInRoot(platform, root) || entry.roots.includes(root)) return undefined;
  const voted = entry.roots.join(', ') || 'none';
  const sentence = `the root ${root} is neither the vendor's nor one that was voted in for ${platform} (${voted})`;
  return refusal('COCO_ATTESTATION_CHAIN', sentence, { root, voted });
};

const isMachineAdmitted: AppraisalRule = ({ verified, entry }) => {
  const { machineId = 'unknown' } = verified;
  const { machines } = entry;
  if (machines.length === 0 || machines.includes(machineId)) return undefined;
  const sentence = `the machine ${machineId} is not one of the ${machines.length} on which nodes may run`;
  return refusal('COCO_ATTESTATION_MACHINE', sentence, { machineId, admitted: machines.join(', ') });
};

const isNotMigratable: AppraisalRule = ({ verified: { migratable } }) => {
  if (!migratable) return undefined;
  const sentence =
    'the guest may be moved to another machine by an agent outside of it, and nodes must not be';
  return refusal('COCO_ATTESTATION_MIGRATABLE', sentence, { migratable, expected: false });
};

const bindingRules: readonly AppraisalRule[] = [
  isForPurpose,
  isOfNetwork,
  isOfNode,
  isFresh,
  isOfSession,
  isRootTrusted,
];

const platformRules: Readonly<Record<Platform, readonly AppraisalRule[]>> = {
  'sev-snp': snpRules,
  'az-snp-vtpm': snpRules,
  tdx: intelRules,
  sgx: intelRules,
  'az-tdx-vtpm': intelRules,
  virtual: [],
};

function isBound(found: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  return expected === undefined || (found !== undefined && equalBytes(found, expected));
}

function hexOr(bytes: Uint8Array | undefined, otherwise: string): string {
  return bytes === undefined ? otherwise : toHex(bytes);
}
