/**
 * One synthetic Intel with a machine of each kind, and a judgement of evidence in which one thing is bent: what the tests of DCAP
 * ask about most.
 */
import { examineDcap } from '../platforms/dcap/examineDcap.js';
import { checkSignatures } from '../signatures.js';
import type { PlatformClaims } from '../types.js';
import {
  createDcapAuthority,
  type DcapCollateralOptions,
  type DcapMachine,
  type DcapQuoteOverrides,
  syntheticDcapAtMs,
} from './dcapAuthority.js';
import { assertRefused } from './snpVerified.js';

export const intel = createDcapAuthority();

export const machines = {
  sgx: intel.machine({ platform: 'sgx' }),
  tdx4: intel.machine({ platform: 'tdx', version: 4 }),
  tdx5: intel.machine({ platform: 'tdx', version: 5 }),
} as const;

export const reportData = new Uint8Array(64).fill(0x51);

export interface DcapBend {
  /** Default the one with TDX version 5. */
  readonly machine?: DcapMachine;
  readonly quote?: DcapQuoteOverrides;
  readonly collateral?: DcapCollateralOptions;
  /** What is asked for. Default the machine's. */
  readonly platform?: 'tdx' | 'sgx';
  readonly atMs?: number;
  /** That are trusted. Default the authority's. */
  readonly roots?: readonly string[];
}

/** The claims; throws what is wrong. */
export function judge(bend: DcapBend): PlatformClaims {
  const { machine = machines.tdx5, quote, collateral, platform, atMs, roots } = bend;
  const input = {
    quote: machine.quote(reportData, quote),
    collateral: machine.collateral(collateral),
    platform: platform ?? machine.platform,
  };
  const anchors = { ...intel.anchors, intel: roots ?? intel.anchors.intel };
  return checkSignatures(examineDcap(input, anchors, atMs ?? syntheticDcapAtMs));
}

/** It is refused with COCO_ATTESTATION_`code`. */
export function refuses(code: string, bend: DcapBend, sentence?: RegExp): void {
  assertRefused(() => judge(bend), code, sentence);
}

/** Replaces fields of a JSON object. */
export function withFields(fields: object) {
  return (document: Record<string, unknown>) => ({ ...document, ...fields });
}
