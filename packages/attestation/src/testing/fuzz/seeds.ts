/**
 * Good evidence to begin with: synthetic of every platform, and genuine where it lies beside the checkout.
 */
import { builtInAnchors } from '../../anchors.js';
import type { PlatformEvidence } from '../../platformEvidence.js';
import { snpEndorsements } from '../../platforms/snp/snpEndorsements.js';
import { encodeClaims } from '../../runtimeClaims.js';
import type { Anchors, Evidence } from '../../types.js';
import { createDcapAuthority, syntheticDcapAtMs } from '../dcapAuthority.js';
import { dcapSample, dcapSamplesMissing } from '../dcapSamples.js';
import { createSnpAuthority } from '../snpAuthority.js';
import { snpSample, snpSamplesMissing } from '../snpSamples.js';
import { createVirtualNode, testClaims } from '../virtualNode.js';
import { azureSnpEvidence, azureTdxEvidence, createVtpm } from '../vtpm.js';

/** Evidence that is accepted as it is. */
export interface FuzzSeed {
  readonly name: string;
  readonly evidence: PlatformEvidence & Partial<Pick<Evidence, 'claims'>>;
  readonly anchors: Anchors;
  readonly atMs: number;
}

export function fuzzSeeds(): readonly FuzzSeed[] {
  return [...syntheticSeeds(), ...genuineSeeds()];
}

function syntheticSeeds(): readonly FuzzSeed[] {
  const amd = createSnpAuthority();
  const intel = createDcapAuthority();
  const tpm = createVtpm();
  const anchors = { amd: amd.anchors.amd, intel: intel.anchors.intel };
  const claims = encodeClaims(testClaims('ab'.repeat(32)));
  const all: readonly (readonly [string, Evidence])[] = [
    ['synthetic sev-snp', amd.machine().evidence(claims)],
    ['synthetic tdx', intel.machine({ platform: 'tdx' }).evidence(claims)],
    ['synthetic sgx', intel.machine({ platform: 'sgx' }).evidence(claims)],
    ['synthetic az-snp-vtpm', azureSnpEvidence(tpm, amd.machine(), claims)],
    ['synthetic az-tdx-vtpm', azureTdxEvidence(tpm, intel.machine({ platform: 'tdx' }), claims)],
    ['virtual', createVirtualNode().evidence()],
  ];
  return all.map(([name, evidence]) => ({ name, evidence, anchors, atMs: syntheticDcapAtMs }));
}

function genuineSeeds(): readonly FuzzSeed[] {
  const anchors = builtInAnchors;
  const seeds: FuzzSeed[] = [];
  if (snpSamplesMissing === false) {
    for (const name of ['ms-sidecar', 'ms-tav-genoa', 'ms-tav-turin', 'trustee-vlek'] as const) {
      const { report, files, atMs } = snpSample(name);
      const evidence = {
        platform: 'sev-snp',
        evidence: report,
        endorsements: snpEndorsements(files),
      } as const;
      seeds.push({ name, evidence, anchors, atMs });
    }
  }
  if (dcapSamplesMissing === false) {
    for (const name of ['sgx', 'tdx-v4', 'tdx-v5'] as const) {
      const { quote, collateral, platform, atMs } = dcapSample(name);
      seeds.push({
        name,
        evidence: { platform, evidence: quote, endorsements: { collateral } },
        anchors,
        atMs,
      });
    }
  }
  return seeds;
}
