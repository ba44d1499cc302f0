/**
 * Writes SNP reports as a processor would, in any version and with any field bent, and signs them.
 */
import { type KeyObject, sign } from 'node:crypto';
import { snpOffsets, snpReportBytes } from '../platforms/snp/report.js';

/** The fields of a report. */
export interface SyntheticReport {
  readonly version: number;
  readonly debug: boolean;
  readonly migratable: boolean;
  readonly vmpl: number;
  readonly signatureAlgorithm: number;
  /** Which key signs: 0 VCEK, 1 VLEK, 7 none. */
  readonly signingKey: number;
  readonly chipKeyMasked: boolean;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly hostData: Uint8Array;
  readonly reportId: Uint8Array;
  /** 8 bytes. */
  readonly reportedTcb: Uint8Array;
  /** Family, model, stepping; written from version 3 on. */
  readonly cpuid: readonly [number, number, number];
  /** 64 bytes. */
  readonly chipId: Uint8Array;
  /** P-384. */
  readonly key: KeyObject;
  /** Changes the report before it is signed. */
  readonly bend?: (report: Uint8Array) => void;
  /** Changes the report after it was signed. */
  readonly bendSigned?: (report: Uint8Array) => void;
}

/** 1184 bytes. */
export function syntheticReport(fields: SyntheticReport): Uint8Array {
  const report = new Uint8Array(snpReportBytes);
  const view = new DataView(report.buffer);
  view.setUint32(snpOffsets.version, fields.version, true);
  // ABI 0.31, SMT allowed, and a bit that is always one.
  const policy = 0x3001f | (fields.migratable ? 1 << 18 : 0) | (fields.debug ? 1 << 19 : 0);
  view.setUint32(snpOffsets.policy, policy, true);
  view.setUint32(snpOffsets.vmpl, fields.vmpl, true);
  view.setUint32(snpOffsets.signatureAlgorithm, fields.signatureAlgorithm, true);
  const keyInformation = (fields.signingKey << 2) | (fields.chipKeyMasked ? 2 : 0);
  view.setUint32(snpOffsets.keyInformation, keyInformation, true);
  report.set(fields.reportData, snpOffsets.reportData);
  report.set(fields.measurement, snpOffsets.measurement);
  report.set(fields.hostData, snpOffsets.hostData);
  report.set(fields.reportId, snpOffsets.reportId);
  report.fill(0xff, snpOffsets.reportId + 32, snpOffsets.reportId + 64);
  const { currentTcb, reportedTcb, committedTcb, launchTcb } = snpOffsets;
  for (const at of [currentTcb, reportedTcb, committedTcb, launchTcb]) report.set(fields.reportedTcb, at);
  if (fields.version >= 3) report.set(fields.cpuid, snpOffsets.cpuid);
  if (fields.version >= 5) report.fill(0x0b, snpOffsets.mitigations, snpOffsets.mitigations + 1);
  report.set(fields.chipId, snpOffsets.chipId);
  fields.bend?.(report);
  const unsigned = report.subarray(0, snpOffsets.signature);
  const numbers = sign('sha384', unsigned, { key: fields.key, dsaEncoding: 'ieee-p1363' });
  report.set(new Uint8Array(numbers.subarray(0, 48)).reverse(), snpOffsets.signature);
  report.set(new Uint8Array(numbers.subarray(48)).reverse(), snpOffsets.signature + 72);
  fields.bendSigned?.(report);
  return report;
}
