/**
 * What the manifests demand of Intel TDX and SGX: what Intel says of the platform's TCB, how old its word is, and what the
 * trust domain was allowed to do.
 */
import { fromHex } from '@coco/primitives';
import { type AppraisalRule, refusal } from './appraisalRule.js';

const isStatusAccepted: AppraisalRule = ({ verified, entry }) => {
  const { tcbStatus = 'unknown' } = verified;
  if (entry.acceptedStatuses.includes(tcbStatus)) return undefined;
  const accepted = entry.acceptedStatuses.join(', ') || 'none';
  const sentence = `Intel says that the platform's TCB is ${tcbStatus}, and accepted are: ${accepted}`;
  return refusal('COCO_ATTESTATION_TCB_STATUS', sentence, { tcbStatus, accepted });
};

const areAdvisoriesAllowed: AppraisalRule = ({ verified, entry }) => {
  const found = verified.advisories.filter((id) => !entry.allowedAdvisories.includes(id)).join(', ');
  if (found === '') return undefined;
  const allowed = entry.allowedAdvisories.join(', ') || 'none';
  const sentence = `Intel's advisories ${found} apply to the platform, and allowed are: ${allowed}`;
  return refusal('COCO_ATTESTATION_ADVISORY', sentence, { found, allowed });
};

const isEvaluationRecent: AppraisalRule = ({ verified, entry }) => {
  const { tcbEvaluationNumber: found = -1 } = verified;
  const { minimumTcbEvaluation: minimum } = entry;
  if (found >= minimum) return undefined;
  const sentence = `the collateral is of Intel's TCB evaluation ${found}, at least ${minimum} is demanded`;
  return refusal('COCO_ATTESTATION_COLLATERAL_AGE', sentence, { tcbEvaluationNumber: found, minimum });
};

const isCollateralRecent: AppraisalRule = ({ verified, entry, atMs }) => {
  const { collateralIssuedMs = 0 } = verified;
  const { collateralDaysMax } = entry;
  const days = Math.max(0, (atMs - collateralIssuedMs) / dayMs);
  if (days <= collateralDaysMax) return undefined;
  const whole = Math.floor(days);
  const sentence = `the collateral was issued ${whole} days before, at most ${collateralDaysMax} are allowed`;
  return refusal('COCO_ATTESTATION_COLLATERAL_AGE', sentence, { days: whole, collateralDaysMax });
};

/**
 * SEPT_VE_DISABLE (TDX module, TD attributes, bit 28): else the hypervisor can take pages from under the guest's kernel and
 * have it run its handler of #VE at any instruction. An Azure guest runs above a paravisor that is measured and that
 * handles those itself (its trust domains do not have the bit), so it is not demanded there.
 */
const isSeptVeDisabled: AppraisalRule = ({ verified: { platform, attributes = '' } }) => {
  if (platform !== 'tdx') return undefined;
  const fourth = fromHex(attributes.slice(0, 16))?.[3] ?? 0;
  if ((fourth & 0x10) !== 0) return undefined;
  const sentence = `the trust domain's attributes ${attributes} do not have SEPT_VE_DISABLE (bit 28) set`;
  return refusal('COCO_ATTESTATION_POLICY', sentence, { attributes, expected: '0000001000000000' });
};

export const intelRules: readonly AppraisalRule[] = [
  isSeptVeDisabled,
  isStatusAccepted,
  areAdvisoriesAllowed,
  isEvaluationRecent,
  isCollateralRecent,
];

const dayMs = 86_400_000;
