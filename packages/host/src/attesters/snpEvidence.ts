/**
 * Finds what vouches for an SNP report: asks the configured sources in turn until the certificates of one fit the report.
 */
import {
  type Anchors,
  type Endorsements,
  type PlatformEvidence,
  readCertificate,
  readSnpReport,
  snpEndorsements,
  verifyPlatformEvidence,
} from '@coco/attestation';
import { CocoError } from '@coco/primitives';
import type { Log } from '../log.js';
import type { Clock } from './clock.js';
import type { EndorsementSource } from './endorsementSource.js';
import { askSnpSource, type SnpSourceName, type SnpSourceSettings } from './snpSources.js';

export interface SnpEndorsing {
  readonly sources: readonly SnpSourceName[];
  readonly settings: SnpSourceSettings;
  readonly source: EndorsementSource;
  readonly clock: Clock;
  readonly log: Log;
  /** What the report is for, when it is a part of other evidence; default: it is all of it. */
  readonly subject?: Omit<PlatformEvidence, 'endorsements'>;
}

/**
 * Endorsements for `report`. Those that nobody would accept are only given when there are no better ones, with a warning that
 * says what is wrong. COCO_ATTESTER_SOURCE when no source has any.
 */
export async function endorseSnp(
  report: Uint8Array,
  table: Uint8Array | undefined,
  by: SnpEndorsing,
): Promise<Endorsements> {
  const request = { report: readSnpReport(report), ...(table !== undefined && { table }) };
  const subject = by.subject ?? { platform: 'sev-snp', evidence: report };
  const failures: string[] = [];
  let unfit: Endorsements | undefined;
  for (const name of by.sources) {
    try {
      // A second time, when what was kept of the first turns out not to fit.
      for (let again = true; again; ) {
        const { files, urls } = await askSnpSource(name, request, by);
        const endorsements = snpEndorsements(files);
        const fault = faultOf({ ...subject, endorsements }, by.clock.nowMs());
        if (fault === undefined) return endorsements;
        again = await by.source.forget(urls);
        if (!again) failures.push(`${name}: ${fault}`);
        unfit = endorsements;
      }
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const reason = failures.join('; ');
  if (unfit === undefined) {
    throw new CocoError(
      'COCO_ATTESTER_SOURCE',
      `no source has certificates for this machine's report: ${reason}`,
      { reason },
    );
  }
  by.log.warn("no source has certificates that fit this machine's report: others will refuse it", { reason });
  return unfit;
}

/** What is wrong with them, taken for granted that their root is AMD's: that is for others to judge. */
function faultOf(evidence: PlatformEvidence, nowMs: number): string | undefined {
  try {
    const { publicKeyDigest } = readCertificate(evidence.endorsements['ark'] ?? new Uint8Array(0));
    const own = [publicKeyDigest];
    const anchors: Anchors = { amd: { milan: own, genoa: own, turin: own }, intel: [] };
    verifyPlatformEvidence(evidence, anchors, nowMs);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
