/**
 * Manifests for tests: the strictest that production would have, and the loosest.
 */
import { platforms } from '../parseManifests.js';
import type { CodeManifest, Manifests, Platform, TeeEntry } from '../types.js';

/** The entry that a row of the TEE manifest without fields stands for, with `fields` instead of what it says. */
export function teeEntry(fields: Partial<TeeEntry> = {}): TeeEntry {
  return {
    description: 'for tests',
    code: 'listed',
    roots: [],
    machines: [],
    minimumTcb: {},
    signers: ['vcek', 'vlek'],
    cspIds: [],
    minimumReportVersion: 3,
    vmplMax: 3,
    uvm: [],
    acceptedStatuses: ['UpToDate'],
    allowedAdvisories: [],
    minimumTcbEvaluation: 0,
    collateralDaysMax: 30,
    ...fields,
  };
}

/** A code manifest in which nothing is listed, with `fields` instead. */
export function codeManifest(fields: Partial<CodeManifest> = {}): CodeManifest {
  return {
    codes: {},
    snp: { measurements: [], hostData: [], uvm: [], tcb: {} },
    virtual: { measurements: [] },
    ...fields,
  };
}

/** Nothing is admitted but `platform`, by `entry`, running what `codeIds` list. */
export function manifestsFor(
  platform: Platform,
  codeIds: readonly string[],
  entry: Partial<TeeEntry> = {},
): Manifests {
  const listed = codeIds.map((id) => [id, { component: 'node', description: 'for tests' }] as const);
  return {
    tee: { [platform]: teeEntry(entry) },
    code: codeManifest({ codes: Object.fromEntries(listed) }),
  };
}

/** What the simplest network has: virtual nodes, whatever they run. */
export const anyVirtual: Manifests = { tee: { virtual: teeEntry({ code: 'any' }) }, code: codeManifest() };

/** Every platform with the same entry. */
export function manifestsForAll(codeIds: readonly string[], entry: Partial<TeeEntry> = {}): Manifests {
  const rows = platforms.map((platform) => [platform, teeEntry(entry)] as const);
  return { tee: Object.fromEntries(rows), code: manifestsFor('virtual', codeIds).code };
}
