/**
 * Manifests as JSON, the way a node shows them (`GET /node/manifests`) and people keep them in files: the
 * fields of `Manifests` as they are. What comes from outside is read strictly, once.
 */
import { refused } from './refused.js';
import type { CodeManifest, Manifests, Platform, TeeEntry, TeeManifest } from './types.js';

export const platforms: readonly Platform[] = [
  'sev-snp',
  'tdx',
  'sgx',
  'az-snp-vtpm',
  'az-tdx-vtpm',
  'virtual',
];

const rowsMax = 10_000;
const textMax = 4096;

/** COCO_ATTESTATION_MANIFEST when `value` is not manifests. */
export function parseManifests(value: unknown): Manifests {
  const fields = object(value, 'manifests');
  return { tee: teeOf(fields['tee']), code: codeOf(fields['code']) };
}

function teeOf(value: unknown): TeeManifest {
  const rows = object(value, 'tee');
  const entries: [Platform, TeeEntry][] = [];
  for (const [name, row] of Object.entries(rows)) {
    const platform = platforms.find((known) => known === name);
    // A platform that this version does not know cannot be accepted by it either.
    if (platform !== undefined) entries.push([platform, entryOf(row, `tee.${name}`)]);
  }
  return Object.fromEntries(entries);
}

function entryOf(value: unknown, at: string): TeeEntry {
  const row = object(value, at);
  const texts = (name: string): readonly string[] => list(row[name], `${at}.${name}`).map(text);
  const floors = Object.entries(object(row['minimumTcb'], `${at}.minimumTcb`)).map(
    ([family, parts]) => [family, numbers(parts, `${at}.minimumTcb.${family}`)] as const,
  );
  return {
    description: text(row['description']),
    code: row['code'] === 'any' ? 'any' : 'listed',
    roots: texts('roots'),
    machines: texts('machines'),
    minimumTcb: Object.fromEntries(floors),
    signers: texts('signers').filter((name) => name === 'vcek' || name === 'vlek'),
    cspIds: texts('cspIds'),
    minimumReportVersion: number(row['minimumReportVersion'], at),
    vmplMax: number(row['vmplMax'], at),
    uvm: endorsers(row['uvm'], at),
    acceptedStatuses: texts('acceptedStatuses'),
    allowedAdvisories: texts('allowedAdvisories'),
    minimumTcbEvaluation: number(row['minimumTcbEvaluation'], at),
    collateralDaysMax: number(row['collateralDaysMax'], at),
  };
}

function codeOf(value: unknown): CodeManifest {
  const fields = object(value, 'code');
  const snp = object(fields['snp'], 'code.snp');
  const virtual = object(fields['virtual'], 'code.virtual');
  const codes = Object.entries(object(fields['codes'], 'code.codes')).map(([id, row]) => {
    const { component, description } = object(row, `code.codes.${id}`);
    return [id, { component: text(component), description: text(description) }] as const;
  });
  const tcb = Object.entries(object(snp['tcb'], 'code.snp.tcb')).map(
    ([cpuid, parts]) => [cpuid, numbers(parts, `code.snp.tcb.${cpuid}`)] as const,
  );
  return {
    codes: Object.fromEntries(codes),
    snp: {
      measurements: list(snp['measurements'], 'code.snp.measurements').map(text),
      hostData: list(snp['hostData'], 'code.snp.hostData').map(text),
      uvm: endorsers(snp['uvm'], 'code.snp'),
      tcb: Object.fromEntries(tcb),
    },
    virtual: { measurements: list(virtual['measurements'], 'code.virtual.measurements').map(text) },
  };
}

function endorsers(value: unknown, at: string): TeeEntry['uvm'] {
  return list(value, `${at}.uvm`).map((one) => {
    const { did, feed, minimumSvn } = object(one, `${at}.uvm`);
    return { did: text(did), feed: text(feed), minimumSvn: number(minimumSvn, `${at}.uvm`) };
  });
}

function numbers(value: unknown, at: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(object(value, at)).map(([name, part]) => [name, number(part, at)]),
  );
}

function object(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(at);
  if (Object.keys(value).length > rowsMax) throw malformed(at);
  return value as Record<string, unknown>;
}

function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > rowsMax) throw malformed(at);
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > textMax) throw malformed('a text');
  return value;
}

function number(value: unknown, at: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed(at);
  return value as number;
}

function malformed(at: string): Error {
  return refused('COCO_ATTESTATION_MANIFEST', `the manifests are not understood: ${at}`, { at });
}
