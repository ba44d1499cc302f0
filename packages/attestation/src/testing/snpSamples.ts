/**
 * Genuine evidence of SEV-SNP, where it lies beside the checkout (it is not part of the project): files, what they make
 * together, and the time as of which they are to be judged.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromHex, fromUtf8 } from '@coco/primitives';
import type { SnpFiles } from '../platforms/snp/snpEndorsements.js';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../../shared/data/tee');

/** What tests that need it skip with. */
export const snpSamplesMissing = existsSync(join(folder, 'snp'))
  ? false
  : `genuine SEV-SNP evidence is not at ${folder}: not checked`;

export interface SnpSample {
  readonly report: Uint8Array;
  readonly files: SnpFiles;
  /** A time at which all of it is valid. */
  readonly atMs: number;
}

const milan = ['amd-roots/milan/ask.pem', 'amd-roots/milan/ark.pem'];
const milanVlek = ['amd-roots/google/ask_ark_milan_vlek.pem'];

/** Report, certificates, day. */
const samples = {
  'ms-sidecar': [
    'snp/ms-sidecar/snp_report.bin',
    ['snp/ms-sidecar/uvm_host_amd_certificate.json'],
    '2024-01-01',
  ],
  'ms-tav-milan': tav('milan'),
  'ms-tav-genoa': tav('genoa'),
  'ms-tav-turin': tav('turin'),
  'go-sev-guest': [
    'snp/go-sev-guest/attestation.bin',
    ['snp/go-sev-guest/milan.testcer', 'snp/go-sev-guest/vcek.testcer'],
    '2023-06-01',
  ],
  virtee: [
    'snp/virtee/report_milan.hex',
    ['snp/virtee/vcek_milan.der', 'snp/virtee/cert_chain_milan'],
    '2024-01-01',
  ],
  trustee: ['snp/trustee/test-report.bin', ['snp/trustee/test-vcek.der', ...milan], '2024-01-01'],
  'trustee-bad-legacy': [
    'snp/trustee/test-report.bin',
    ['snp/trustee/test-vcek-invalid-legacy.der', ...milan],
    '2024-01-01',
  ],
  'trustee-bad-new': [
    'snp/trustee/test-report.bin',
    ['snp/trustee/test-vcek-invalid-new.der', ...milan],
    '2024-01-01',
  ],
  'trustee-vlek': [
    'snp/trustee/test-vlek-report.bin',
    ['snp/trustee/test-vlek.der', ...milanVlek],
    '2025-01-01',
  ],
  gcp: ['snp/teekit-gcp/sev-gcp.bin', gcp('sev-gcp'), '2026-01-01'],
  'gcp-report-data': ['snp/teekit-gcp/sev-gcp-reportdata.bin', gcp('sev-gcp'), '2026-01-01'],
  'gcp-x25519': ['snp/teekit-gcp/sev-gcp-x25519-bound.bin', gcp('sev-gcp-x25519'), '2026-01-01'],
} as const satisfies Record<string, readonly [string, readonly string[], string]>;

export type SnpSampleName = keyof typeof samples;

export function snpSample(name: SnpSampleName): SnpSample {
  const [report, certificates, day] = samples[name];
  const bytes = snpSampleFile(report);
  const uvm = {
    uvm: 'snp/ms-sidecar/body.uvm_reference_info.bin',
    policy: 'snp/ms-sidecar/uvm_security_policy.base64',
  };
  return {
    report: report.endsWith('.hex') ? (fromHex((fromUtf8(bytes) ?? '').trim()) ?? bytes) : bytes,
    files: {
      certificates: certificates.map(snpSampleFile),
      ...(name === 'ms-sidecar' ? { uvm: snpSampleFile(uvm.uvm), policy: snpSampleFile(uvm.policy) } : {}),
    },
    atMs: Date.parse(day),
  };
}

/** A file by its path below the folder of samples. */
export function snpSampleFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, path)));
}

function tav(family: 'milan' | 'genoa' | 'turin') {
  const at = (what: string) => `snp/ms-tav/${family}_${what}`;
  return [
    at('attestation_report.bin'),
    [at('ark.pem'), at('vcek.pem'), at('ask.pem')],
    '2026-03-01',
  ] as const;
}

function gcp(name: string): readonly string[] {
  return [`snp/teekit-gcp/${name}-vcek.pem`, `snp/teekit-gcp/${name}-cert-chain.pem`];
}
