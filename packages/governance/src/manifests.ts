/**
 * The manifests (GOV-1): on which platforms nodes may run, and which code. They stand in Coco's own two tables and in those
 * where CCF keeps what its nodes may report. Rows may be anything that members voted for: one that is not well-formed
 * admits nobody, and takes away nothing that another one demands.
 */
import type { CodeManifest, Manifests, Platform, TeeEntry, TeeManifest } from '@coco/attestation';
import type { Reader } from '@coco/kv';
import { isJsonObject, objectRows, parseJson, textOf, textRows } from './rows.js';
import { governanceTables as tables } from './tables.js';
import { isPlatform, parseTeeRow, tcbFloors, tcbParts } from './teeRow.js';

/** The tables that say which evidence is accepted. */
export const manifestTables: readonly string[] = [
  tables.teeManifest,
  tables.codeManifest,
  tables.virtualMeasurements,
  tables.snpMeasurements,
  tables.snpHostData,
  tables.snpUvmEndorsements,
  tables.snpTcbVersions,
];

/** What the members have approved, as one version says. */
export function readManifests(reader: Reader): Manifests {
  return { tee: readTees(reader), code: readCodes(reader) };
}

function readTees(reader: Reader): TeeManifest {
  const entries: [Platform, TeeEntry][] = [];
  for (const [platform, bytes] of textRows(reader, tables.teeManifest)) {
    const read = parseTeeRow(platform, parseJson(bytes));
    if ('entry' in read && isPlatform(platform)) entries.push([platform, read.entry]);
  }
  return Object.fromEntries(entries);
}

function readCodes(reader: Reader): CodeManifest {
  const codes: [string, CodeManifest['codes'][string]][] = [];
  for (const [id, row] of objectRows(reader, tables.codeManifest)) {
    const code = parseCodeRow(id, row);
    if (code !== undefined) codes.push([id, code]);
  }
  return {
    codes: Object.fromEntries(codes),
    snp: {
      measurements: allowedIn(reader, tables.snpMeasurements),
      hostData: [...textRows(reader, tables.snpHostData)].map(([digest]) => digest),
      uvm: [...objectRows(reader, tables.snpUvmEndorsements)].flatMap(([did, feeds]) =>
        endorsers(did, feeds),
      ),
      tcb: Object.fromEntries(
        [...textRows(reader, tables.snpTcbVersions)].map(([cpuid, row]) => [cpuid, floors(parseJson(row))]),
      ),
    },
    virtual: { measurements: allowedIn(reader, tables.virtualMeasurements) },
  };
}

const codeIdPattern = /^[0-9a-f]{64}$/;

/** A row of `public:coco.code_manifest`: {component, description}, by code id. Undefined when it is not one. */
export function parseCodeRow(id: string, row: unknown): CodeManifest['codes'][string] | undefined {
  const component = isJsonObject(row) ? textOf(row['component']) : undefined;
  if (component === undefined || !codeIdPattern.test(id)) return undefined;
  return { component, description: textOf((row as { readonly description?: unknown }).description) ?? '' };
}

/** The keys of a table of CCF whose rows say that they may join. */
function allowedIn(reader: Reader, table: string): readonly string[] {
  return [...textRows(reader, table)]
    .filter(([, value]) => parseJson(value) === 'AllowedToJoin')
    .map(([key]) => key);
}

/** {feed: {svn: "100"}} of one issuer. */
function endorsers(did: string, feeds: { readonly [feed: string]: unknown }): CodeManifest['snp']['uvm'] {
  return Object.entries(feeds).flatMap(([feed, row]) => {
    const svn = isJsonObject(row) ? textOf(row['svn']) : undefined;
    return svn !== undefined && /^\d{1,9}$/.test(svn) ? [{ did, feed, minimumSvn: Number(svn) }] : [];
  });
}

/** No processor has that much: were a row left out that cannot be read, all processors might be let in. */
const unreachable = 256;

/** The floors of one cpuid; CCF notes beside them what they were written as. */
function floors(row: unknown): Readonly<Record<string, number>> {
  const { hexstring: _, ...parts } = isJsonObject(row) ? row : { hexstring: '' };
  const read = isJsonObject(row) ? tcbFloors(parts) : undefined;
  return read ?? Object.fromEntries(tcbParts.map((part) => [part, unreachable]));
}
