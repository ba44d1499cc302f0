/**
 * A row of `public:coco.tee_manifest`, by the name of the platform: what the members demand of evidence from there. All fields
 * may be left out, and then are as in brackets:
 *
 *     { description (""), code "listed" | "any", on virtual alone ("listed"), roots [hex SHA-256] ([]), machines [hex] ([]),
 *       minimum_tcb {family: {part: number}} ({}), signers ["vcek" | "vlek"] (["vcek"]), csp_ids [text] ([]),
 *       minimum_report_version (3), vmpl_max (3), uvm [{did, feed, minimum_svn}] ([]), accepted_statuses [text]
 *       (["UpToDate"]), allowed_advisories [text] ([]), minimum_tcb_evaluation (0), collateral_days_max (30) }
 *
 * Read strictly, field by field: one that is not understood may be a demand, and a row with such a field admits nobody.
 */
import { type Platform, platforms, type TeeEntry } from '@coco/attestation';
import { countOf, isJsonObject, textOf } from './rows.js';

export type TeeRow = { readonly entry: TeeEntry } | { readonly malformed: string };

/** The entry that `row` is for `platform`, or in words what is wrong with it. Never throws. */
export function parseTeeRow(platform: string, row: unknown): TeeRow {
  if (!isPlatform(platform)) return { malformed: `there is no platform "${platform}"` };
  if (!isJsonObject(row)) return { malformed: 'it is not a JSON object' };
  const known = new Set<string>();
  const wrong: string[] = [];
  const field = <Value>(
    name: string,
    parse: (value: unknown) => Value | undefined,
    otherwise: Value,
  ): Value => {
    known.add(name);
    if (row[name] === undefined) return otherwise;
    const value = parse(row[name]);
    if (value === undefined) wrong.push(name);
    return value ?? otherwise;
  };
  const entry: TeeEntry = {
    description: field('description', textOf, ''),
    code: field('code', oneOf('listed', 'any'), 'listed'),
    roots: field('roots', listOf(digest), []),
    machines: field('machines', listOf(hex), []),
    minimumTcb: field('minimum_tcb', floorsByFamily, {}),
    signers: field('signers', listOf(oneOf('vcek', 'vlek')), ['vcek']),
    cspIds: field('csp_ids', listOf(textOf), []),
    minimumReportVersion: field('minimum_report_version', countOf, 3),
    vmplMax: field('vmpl_max', upTo(3), 3),
    uvm: field('uvm', listOf(endorser), []),
    acceptedStatuses: field('accepted_statuses', listOf(textOf), ['UpToDate']),
    allowedAdvisories: field('allowed_advisories', listOf(textOf), []),
    minimumTcbEvaluation: field('minimum_tcb_evaluation', countOf, 0),
    collateralDaysMax: field('collateral_days_max', countOf, 30),
  };
  const unknown = Object.keys(row).find((name) => !known.has(name));
  if (unknown !== undefined) return { malformed: `it has an unknown field "${unknown}"` };
  if (wrong[0] !== undefined) return { malformed: `its field ${wrong[0]} cannot be read` };
  if (entry.code === 'any' && platform !== 'virtual') {
    return { malformed: 'any code is accepted of the platform "virtual" alone' };
  }
  return { entry };
}

/** Whether evidence can come from a platform of this name. */
export function isPlatform(name: string): name is Platform {
  return (platforms as readonly string[]).includes(name);
}

const hexPattern = /^([0-9a-f]{2})+$/;
const families: readonly string[] = ['milan', 'genoa', 'turin'];
const byteMax = 255;

/** The parts of a TCB of SEV-SNP. */
export const tcbParts: readonly string[] = ['boot_loader', 'tee', 'snp', 'microcode', 'fmc'];

const hex = (value: unknown): string | undefined => {
  const text = textOf(value);
  return text !== undefined && hexPattern.test(text) ? text : undefined;
};

const digest = (value: unknown): string | undefined => {
  const text = hex(value);
  return text?.length === 64 ? text : undefined;
};

const upTo =
  (max: number) =>
  (value: unknown): number | undefined => {
    const count = countOf(value);
    return count !== undefined && count <= max ? count : undefined;
  };

/** A list all of whose items are such. */
const listOf =
  <Item>(parse: (value: unknown) => Item | undefined) =>
  (value: unknown): readonly Item[] | undefined => {
    if (!Array.isArray(value)) return undefined;
    const items = value.map(parse).filter((item) => item !== undefined);
    return items.length === value.length ? items : undefined;
  };

const oneOf =
  <Value extends string>(...values: readonly Value[]) =>
  (value: unknown): Value | undefined =>
    values.find((one) => one === value);

function floorsByFamily(value: unknown): TeeEntry['minimumTcb'] | undefined {
  if (!isJsonObject(value)) return undefined;
  for (const [family, parts] of Object.entries(value)) {
    if (!families.includes(family) || tcbFloors(parts) === undefined) return undefined;
  }
  return value as TeeEntry['minimumTcb'];
}

/** Floors of the parts of a TCB, each a byte. */
export function tcbFloors(value: unknown): Readonly<Record<string, number>> | undefined {
  if (!isJsonObject(value)) return undefined;
  const good = Object.entries(value).every(
    ([part, floor]) => tcbParts.includes(part) && upTo(byteMax)(floor) !== undefined,
  );
  return good ? (value as Readonly<Record<string, number>>) : undefined;
}

function endorser(value: unknown): TeeEntry['uvm'][number] | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 3) return undefined;
  const did = textOf(value['did']);
  const feed = textOf(value['feed']);
  const minimumSvn = countOf(value['minimum_svn']);
  if (did === undefined || feed === undefined || minimumSvn === undefined) return undefined;
  return { did, feed, minimumSvn };
}
