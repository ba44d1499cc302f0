/**
 * The rule on code (GOV-1, code manifest): what runs must be listed, by its code id, or in CCF's own tables.
 */
import { type AppraisalSubject, refusal } from './appraisalRule.js';
import { codeIdentities } from './codeId.js';
import type { CodeManifest, Refusal, Verdict, VerifiedClaims } from './types.js';

/** Accepted with the code id that is listed, else refused. Where other tables admit the code, its id by all registers. */
export function admittedCode({ verified, manifests, entry }: AppraisalSubject): Verdict {
  const { platform, registers } = verified;
  const { codes, snp, virtual } = manifests.code;
  const endorsers = [...entry.uvm, ...snp.uvm];
  const identities = codeIdentities(verified);
  for (const { id, byUvm } of identities) {
    const listed = Object.hasOwn(codes, id) ? codes[id] : undefined;
    if (listed !== undefined && (!byUvm || isUvmAccepted(verified, endorsers))) {
      return { outcome: 'accepted', codeId: id, component: listed.component };
    }
  }
  const [{ id } = { id: '' }] = identities;
  const inTables =
    platform === 'sev-snp' &&
    snp.hostData.includes(registers['host_data'] ?? '') &&
    (snp.measurements.includes(registers['measurement'] ?? '') || isUvmAccepted(verified, endorsers));
  const inVirtual = platform === 'virtual' && virtual.measurements.includes(registers['tree'] ?? '');
  if (inTables || inVirtual) return { outcome: 'accepted', codeId: id, component: 'node' };
  if (platform === 'virtual' && entry.code === 'any') {
    return { outcome: 'accepted', codeId: id, component: 'any' };
  }
  return { outcome: 'refused', refusal: notListed(id, verified, endorsers, codes) };
}

type UvmEndorsers = CodeManifest['snp']['uvm'];

/** True when somebody whose word the members take endorsed the utility VM, and it is new enough. */
function isUvmAccepted({ uvm }: VerifiedClaims, endorsers: UvmEndorsers): boolean {
  const { minimumSvn } = floorOf(uvm, endorsers);
  return uvm !== undefined && minimumSvn !== undefined && uvm.svn >= minimumSvn;
}

/** The highest floor that the members set for whoever endorsed `uvm`, in whichever table; none when they do not take its word. */
function floorOf(uvm: VerifiedClaims['uvm'], endorsers: UvmEndorsers): { readonly minimumSvn?: number } {
  const floors = endorsers
    .filter(({ did, feed }) => did === uvm?.did && feed === uvm.feed)
    .map(({ minimumSvn }) => minimumSvn);
  return floors.length === 0 ? {} : { minimumSvn: Math.max(...floors) };
}

function notListed(
  codeId: string,
  { registers, uvm }: VerifiedClaims,
  endorsers: UvmEndorsers,
  codes: CodeManifest['codes'],
): Refusal {
  const measured = Object.entries(registers)
    .map(([register, value]) => `${register} ${value}`)
    .join(', ');
  const listed = Object.keys(codes).length;
  const { minimumSvn } = floorOf(uvm, endorsers);
  const old = uvm !== undefined && minimumSvn !== undefined && uvm.svn < minimumSvn;
  const aside = old
    ? `; the utility VM has security version ${uvm.svn}, at least ${minimumSvn} is demanded`
    : '';
  return refusal(
    'COCO_ATTESTATION_CODE',
    `the code that runs is none of the ${listed} in the code manifest: its code id is ${codeId} (${measured})${aside}`,
    { codeId, listed, ...registers, ...(old && { uvmSvn: uvm.svn, minimumSvn }) },
  );
}
