/**
 * Genuine evidence of Intel TDX and SGX, where it lies beside the checkout (it is not part of the project): quotes, their
 * collateral, and the time as of which they are to be judged.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DcapInput } from '../platforms/dcap/examineDcap.js';

export const dcapSamplesFolder = resolve(
  dirname(fileURLToPath(import.meta.url)),
  '../../../../../shared/data/tee',
);

/** What tests that need it skip with. */
export const dcapSamplesMissing = existsSync(join(dcapSamplesFolder, 'tdx'))
  ? false
  : `genuine TDX and SGX evidence is not at ${dcapSamplesFolder}: not checked`;

/** Quote, collateral, a day on which that is current. */
const samples = {
  sgx: ['sgx/phala/sgx_quote', 'sgx/phala/sgx_quote_collateral.json', '2025-06-20'],
  'tdx-v4': ['tdx/phala/tdx_quote', 'tdx/phala/tdx_quote_collateral.json', '2025-06-20'],
  'tdx-v5': [
    'tdx/go-tdx-guest/quote_v5_sample.dat',
    'tdx/phala/tdx_quote_outdated_collateral.json',
    '2026-02-20',
  ],
  'tdx-no-level': [
    'tdx/phala/tdx_quote_outdated',
    'tdx/phala/tdx_quote_outdated_collateral.json',
    '2026-02-20',
  ],
  'tdx-no-level-2': [
    'tdx/trustee/tdx_quote_5.dat',
    'tdx/phala/tdx_quote_outdated_collateral.json',
    '2026-02-20',
  ],
  'tdx-debug': ['tdx/trustee/tdx_quote_4.dat', 'tdx/phala/tdx_quote_outdated_collateral.json', '2026-02-20'],
  'sgx-debug': ['sgx/trustee/occlum_quote.dat', 'sgx/phala/sgx_quote_collateral.json', '2025-06-20'],
  'tdx-other-family': [
    'tdx/trustee/tdx_quote_6.dat',
    'tdx/phala/tdx_quote_outdated_collateral.json',
    '2026-02-20',
  ],
} as const;

export type DcapSampleName = keyof typeof samples;

export function dcapSample(name: DcapSampleName): DcapInput & { readonly atMs: number } {
  const [quote, collateral, day] = samples[name];
  return {
    quote: dcapSampleFile(quote),
    collateral: dcapSampleFile(collateral),
    platform: name.startsWith('sgx') ? 'sgx' : 'tdx',
    atMs: Date.parse(day),
  };
}

export function dcapSampleFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(dcapSamplesFolder, path)));
}
