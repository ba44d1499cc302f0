/**
 * A network is worth as much as its weakest entry (GOV-1): one node that proves nothing is enough to hand over what all
 * the others protect. Status, explorer and command line show this; it decides nothing.
 */
import type { Assurance, Platform, TeeEntry, TeeManifest } from './types.js';

/** What attestation in a network with this TEE manifest is worth. */
export function networkAssurance(tee: TeeManifest): Assurance {
  const judged = fromWeakest.flatMap((platform) => {
    const entry = tee[platform];
    return entry === undefined ? [] : [{ platform, ...judge(platform, entry) }];
  });
  if (judged.length === 0) {
    return { level: 'none', reasons: ['the TEE manifest admits no platform: no node can join or stay'] };
  }
  const weakest = judged.reduce((worst, next) => (rank[next.level] < rank[worst.level] ? next : worst));
  return {
    level: weakest.level,
    weakest: weakest.platform,
    reasons: judged.flatMap(({ platform, reasons }) => reasons.map((reason) => `${platform}: ${reason}`)),
  };
}

type Level = Assurance['level'];

const rank: Readonly<Record<Level, number>> = { none: 0, reduced: 1, full: 2 };

/** Among entries of the same level: a vTPM trusts its cloud's paravisor as well as the processor. */
const fromWeakest: readonly Platform[] = ['virtual', 'az-snp-vtpm', 'az-tdx-vtpm', 'sgx', 'sev-snp', 'tdx'];

function judge(platform: Platform, entry: TeeEntry): { level: Level; reasons: readonly string[] } {
  const reasons: string[] = [];
  if (platform === 'virtual') {
    reasons.push('its nodes prove nothing: whoever runs one can read and change all that it handles');
    if (entry.code === 'any') reasons.push('whatever code they say they run is admitted');
    return { level: 'none', reasons };
  }
  if (entry.roots.length > 0) {
    reasons.push(
      `${count(entry.roots.length, 'root')} voted in besides the vendor's own can vouch for anything`,
    );
  }
  if (platform === 'sev-snp' || platform === 'az-snp-vtpm') reasons.push(...judgeSnp(entry));
  else reasons.push(...judgeIntel(entry));
  return { level: reasons.length === 0 ? 'full' : 'reduced', reasons };
}

function judgeSnp({ minimumTcb, minimumReportVersion, signers, cspIds }: TeeEntry): string[] {
  const reasons: string[] = [];
  const floors = Object.values(minimumTcb);
  if (floors.length === 0 || floors.some((parts) => Object.keys(parts).length === 0)) {
    reasons.push('firmware with known flaws is admitted: there is no TCB floor');
  }
  if (minimumReportVersion < 3) {
    reasons.push(
      `reports of version ${Math.max(2, minimumReportVersion)} are admitted, which do not name the processor`,
    );
  }
  if (signers.includes('vlek') && cspIds.length === 0) {
    reasons.push('every cloud to which AMD has given a key of its own may sign: no cloud is named');
  }
  return reasons;
}

function judgeIntel({ acceptedStatuses, allowedAdvisories }: TeeEntry): string[] {
  const reasons: string[] = [];
  const others = acceptedStatuses.filter((status) => status !== 'UpToDate');
  if (others.length > 0) {
    reasons.push(`platforms are admitted of which Intel says that their TCB is ${others.join(', ')}`);
  }
  if (allowedAdvisories.length > 0) {
    reasons.push(
      `${count(allowedAdvisories.length, 'advisory', 'advisories')} of Intel may apply to its platforms`,
    );
  }
  return reasons;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
