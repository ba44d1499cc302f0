/**
 * What the manifests demand of AMD SEV-SNP: of a guest of its own, and of the one under an Azure vTPM.
 */
import { type AppraisalRule, refusal } from './appraisalRule.js';
import type { Refusal, Tcb } from './types.js';

const isVersionEnough: AppraisalRule = ({ verified: { version }, entry }) => {
  const { minimumReportVersion: minimum } = entry;
  if (version >= minimum) return undefined;
  const sentence = `the report has version ${version}, at least ${minimum} is demanded`;
  return refusal('COCO_ATTESTATION_VERSION', sentence, { version, minimum });
};

const isSignerAdmitted: AppraisalRule = ({ verified, entry }) => {
  const { signer, cspId = 'no cloud' } = verified;
  const signers = entry.signers.join(', ') || 'none';
  if (!entry.signers.some((name) => name === signer)) {
    const sentence = `the report is signed by a ${signer.toUpperCase()}, and admitted are: ${signers}`;
    return refusal('COCO_ATTESTATION_SIGNER', sentence, { signer, admitted: signers });
  }
  if (signer !== 'vlek' || entry.cspIds.length === 0 || entry.cspIds.includes(cspId)) return undefined;
  const admitted = entry.cspIds.join(', ');
  const sentence = `the report is signed by a VLEK that AMD issued to ${cspId}, and admitted are: ${admitted}`;
  return refusal('COCO_ATTESTATION_SIGNER', sentence, { cspId, admitted });
};

const isPrivileged: AppraisalRule = ({ verified, entry }) => {
  const { vmpl } = verified;
  const { vmplMax } = entry;
  if (vmpl !== undefined && vmpl <= vmplMax) return undefined;
  const found = vmpl ?? 'unknown';
  const sentence = `the report was asked for at privilege level (VMPL) ${found}, ${vmplMax} is the highest admitted`;
  return refusal('COCO_ATTESTATION_VMPL', sentence, { vmpl: found, vmplMax });
};

/** The TEE manifest's floors by family: where there is any, a family without floors is refused. */
const isAboveFamilyFloor: AppraisalRule = ({ verified: { tcb }, entry: { minimumTcb } }) => {
  const families = Object.keys(minimumTcb).sort();
  if (families.length === 0) return undefined;
  const { family = 'unknown' } = tcb;
  const floors = family === 'unknown' ? undefined : minimumTcb[family];
  if (floors !== undefined) return belowFloor(tcb, floors, family);
  const admitted = families.join(', ');
  const sentence = `the TEE manifest has no TCB floors for the processor family ${family}, only for: ${admitted}`;
  return refusal('COCO_ATTESTATION_TCB_FLOOR', sentence, { family, admitted });
};

/** CCF's floors by processor (cpuid): where there is any, a processor without floors is refused. */
const isAboveCpuidFloor: AppraisalRule = ({ verified: { tcb }, manifests }) => {
  const { tcb: floorsOf } = manifests.code.snp;
  const cpuids = Object.keys(floorsOf).sort();
  if (cpuids.length === 0) return undefined;
  const { cpuid = 'unknown' } = tcb;
  const floors = Object.hasOwn(floorsOf, cpuid) ? floorsOf[cpuid] : undefined;
  if (floors !== undefined) return belowFloor(tcb, floors, `cpuid ${cpuid}`);
  const admitted = cpuids.join(', ');
  const sentence = `there are no minimum TCB versions for the processor with cpuid ${cpuid}, only for: ${admitted}`;
  return refusal('COCO_ATTESTATION_TCB_FLOOR', sentence, { cpuid, admitted });
};

export const snpRules: readonly AppraisalRule[] = [
  isVersionEnough,
  isSignerAdmitted,
  isPrivileged,
  isAboveFamilyFloor,
  isAboveCpuidFloor,
];

function belowFloor(tcb: Tcb, floors: Readonly<Record<string, number>>, whose: string): Refusal | undefined {
  for (const [part, minimum] of Object.entries(floors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const found = tcb.parts[part] ?? 'unknown';
    if (typeof found === 'number' && found >= minimum) continue;
    const sentence = `the processor's TCB is below the floor for ${whose}: ${part} is ${found}, at least ${minimum} is demanded`;
    return refusal('COCO_ATTESTATION_TCB_FLOOR', sentence, { part, found, minimum });
  }
  return undefined;
}
